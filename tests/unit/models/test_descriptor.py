# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.errors import DataError, ParameterError
from penstock.models import ModelInfo, Signature, TensorSpec, describe, recognise
from penstock.models.descriptor import FILE_NAME, Descriptor, read_descriptor, write_descriptor

SIGNATURE = Signature(
    "serving_default",
    (TensorSpec("b", "float32", (None,)), TensorSpec("a", "string", (None, 2))),
    (TensorSpec("any", "float64"),),
)
DESCRIPTOR = Descriptor("sklearn", (SIGNATURE,), "1.2", "m.joblib", ("no", 1, 2.5, True), {"frame": True})


def test_a_descriptor_survives_its_file(tmp_path: Path) -> None:
    write_descriptor(str(tmp_path), DESCRIPTOR)
    assert read_descriptor(str(tmp_path)) == DESCRIPTOR


def test_the_order_of_the_inputs_is_kept(tmp_path: Path) -> None:
    write_descriptor(str(tmp_path), DESCRIPTOR)
    found = read_descriptor(str(tmp_path))
    assert found is not None
    assert [spec.name for spec in found.signatures[0].inputs] == ["b", "a"]


def test_a_model_is_described_by_its_descriptor_alone(tmp_path: Path) -> None:
    write_descriptor(str(tmp_path), DESCRIPTOR)
    (tmp_path / "something.onnx").touch()
    assert describe(str(tmp_path)) == ModelInfo("sklearn", (SIGNATURE,), "1.2", ("no", 1, 2.5, True))


def test_nothing_and_a_file_have_no_descriptor(tmp_path: Path) -> None:
    assert read_descriptor(str(tmp_path)) is None
    assert read_descriptor(str(tmp_path / "missing")) is None
    (tmp_path / "model.onnx").touch()
    assert read_descriptor(str(tmp_path / "model.onnx")) is None


@pytest.mark.parametrize(
    ("change", "got"),
    [
        (lambda text: text[:40], "JSONDecodeError"),
        (lambda text: text.replace('"format": 1', '"format": 7'), "format 7"),
        (lambda text: text.replace('"signatures"', '"other"'), "KeyError: 'signatures'"),
        (lambda text: "[]", "TypeError"),
        (lambda text: "\udcff", "Unicode"),
    ],
)
def test_a_damaged_descriptor_is_one_error(tmp_path: Path, change: object, got: str) -> None:
    write_descriptor(str(tmp_path), DESCRIPTOR)
    path = tmp_path / FILE_NAME
    changed = change(path.read_text(encoding="utf-8"))  # type: ignore[operator]
    path.write_bytes(changed.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="cannot be understood") as caught:
        describe(str(tmp_path))
    assert caught.value.got is not None
    assert got in caught.value.got


def test_a_flavor_of_a_later_version_is_named(tmp_path: Path) -> None:
    write_descriptor(str(tmp_path), DESCRIPTOR)
    path = tmp_path / FILE_NAME
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "flavor": "jax"}), encoding="utf-8")
    with pytest.raises(ParameterError, match="no model flavor 'jax'"):
        recognise(str(tmp_path))
