# SPDX-License-Identifier: Apache-2.0
"""SavedModels described without TensorFlow, from files made here byte by byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from penstock.errors import DataError, ParameterError
from penstock.models import ModelInfo, Signature, TensorSpec, describe


def varint(value: int) -> bytes:
    value %= 1 << 64
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def entry(number: int, key: str, value: bytes) -> bytes:
    return field(number, field(1, key) + field(2, value))


def tensor(dtype: int, *sizes: int) -> bytes:
    shape = b"".join(field(2, field(1, size) if size else b"") for size in sizes)
    return field(1, "name:0") + field(2, dtype) + field(3, shape)


def graph(tag: str, signatures: bytes, version: str = "2.16.2") -> bytes:
    info = field(4, tag) + field(5, version)
    return field(2, field(1, info) + field(2, b"\x00" * 1000) + signatures)


def save(folder: Path, content: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.pb").write_bytes(content)
    return str(folder)


SERVING = entry(
    5,
    "serving_default",
    entry(1, "examples", tensor(7, -1))
    + entry(2, "score", tensor(1, -1, 1))
    + entry(2, "class", tensor(9, -1)),
)


def test_signatures_names_types_and_shapes(tmp_path: Path) -> None:
    uri = save(tmp_path, field(1, 1) + graph("serve", SERVING))
    info = describe(uri)
    assert info == ModelInfo(
        "tensorflow",
        (
            Signature(
                "serving_default",
                (TensorSpec("examples", "string", (None,)),),
                (TensorSpec("class", "int64", (None,)), TensorSpec("score", "float32", (None, 1))),
            ),
        ),
        "2.16.2",
    )
    assert info.signature is info.signatures[0]
    assert str(info.signature) == (
        "serving_default(examples: string[?]) -> (class: int64[?], score: float32[?, 1])"
    )


def test_the_serving_graph_is_taken_where_there_are_several(tmp_path: Path) -> None:
    training = graph("train", entry(5, "other", b""), version="1.15")
    info = describe(save(tmp_path, training + graph("serve", SERVING)))
    assert [signature.name for signature in info.signatures] == ["serving_default"]


def test_shapes_that_are_unknown_scalar_or_empty(tmp_path: Path) -> None:
    unknown_rank = field(2, 3) + field(3, field(3, 1))
    inputs = (
        entry(1, "a", unknown_rank)
        + entry(1, "b", tensor(10))
        + entry(1, "c", tensor(99, 0))
        + entry(1, "d", field(2, 2))
    )
    (signature,) = describe(save(tmp_path, graph("serve", entry(5, "s", inputs)))).signatures
    assert signature.inputs == (
        TensorSpec("a", "int32", None),
        TensorSpec("b", "bool", ()),
        TensorSpec("c", "type 99", (0,)),
        TensorSpec("d", "float64", None),
    )
    assert str(signature.inputs[0]) == "a: int32[...]"


def test_tensorflows_own_operations_are_no_signatures(tmp_path: Path) -> None:
    info = describe(save(tmp_path, graph("serve", entry(5, "__saved_model_init_op", b"") + SERVING)))
    assert [signature.name for signature in info.signatures] == ["serving_default"]


@pytest.mark.parametrize(
    "content", [b"", b"\x0a\xff", b"not a model at all", field(1, 1), graph("serve", SERVING)[:-3]]
)
def test_a_damaged_file_is_one_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=r"saved_model\.pb cannot be read.*train or copy the model again"):
        describe(save(tmp_path, content))


def test_a_model_in_text_form_is_known_by_its_flavor(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pbtxt").write_text("saved_model_schema_version: 1")
    assert describe(str(tmp_path)) == ModelInfo("tensorflow")


def test_a_signature_that_does_not_exist_is_named(tmp_path: Path) -> None:
    info = describe(save(tmp_path, graph("serve", SERVING)))
    with pytest.raises(
        ParameterError, match=r"no signature 'serving_defalt'.*did you mean 'serving_default'"
    ):
        info.named("serving_defalt")


def test_describing_imports_no_framework(tmp_path: Path) -> None:
    uri = save(tmp_path, graph("serve", SERVING))
    code = (
        "import sys; from penstock.models import describe; assert describe(sys.argv[1]).signature;"
        "loaded = {'tensorflow', 'numpy', 'pyarrow', 'google.protobuf', 'fsspec'} & set(sys.modules);"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code, uri], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_signature_survives_json(tmp_path: Path) -> None:
    for signature in describe(save(tmp_path, graph("serve", SERVING))).signatures:
        assert Signature.from_json_dict(signature.to_json_dict()) == signature
