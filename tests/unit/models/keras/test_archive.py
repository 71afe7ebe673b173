# SPDX-License-Identifier: Apache-2.0
"""What a ``.keras`` file says of its model is read without Keras."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import DataError
from penstock.models import describe
from penstock.models.keras.archive import read_archive, signature_of


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}, "name": name}


def functional(inputs: Any, outputs: Any) -> dict[str, Any]:
    layers = [
        layer("InputLayer", "size", batch_shape=[None, 1], dtype="float32"),
        layer("InputLayer", "word", batch_input_shape=[None, 4], dtype="int32"),
        layer("Dense", "price"),
        layer("Dense", "kind"),
    ]
    return {
        "class_name": "Functional",
        "config": {"layers": layers, "input_layers": inputs, "output_layers": outputs},
    }


def write(path: Path, config: Any, version: str = "3.15.1") -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": version}))
        file.writestr("config.json", json.dumps(config))
    return path


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        (
            [["word", 0, 0], ["size", 0, 0]],
            [["price", 0, 0], ["kind", 0, 0]],
            "(word: int32[?, 4], size: float32[?, 1]) -> (price: float32[...], kind: float32[...])",
        ),
        ({"w": ["word", 0, 0]}, {"p": ["price", 0, 0]}, "(w: int32[?, 4]) -> (p: float32[...])"),
        (["size", 0, 0], ["price", 0, 0], "(size: float32[?, 1]) -> (output: float32[...])"),
    ],
)
def test_functional_models(inputs: Any, outputs: Any, expected: str) -> None:
    assert str(signature_of(functional(inputs, outputs))) == f"serving_default{expected}"


def test_sequential_models_and_others() -> None:
    layers = [layer("InputLayer", "x", batch_shape=[32, 3]), layer("Dense", "dense_7")]
    found = signature_of({"class_name": "Sequential", "config": {"layers": layers}})
    assert str(found) == "serving_default(x: float32[?, 3]) -> (output: float32[...])"
    assert signature_of({"class_name": "Sequential", "config": {"layers": layers[1:]}}) is None
    assert signature_of({"class_name": "Mine", "config": {"hidden": 3}}) is None


def test_a_file_is_described_without_a_framework(tmp_path: Path) -> None:
    write(tmp_path / "model.keras", functional(["size", 0, 0], ["price", 0, 0]), "2.16.0")
    before = set(sys.modules)
    info = describe(str(tmp_path))
    assert (info.flavor, info.library_version) == ("keras", "2.16.0")
    assert info.signature is not None
    assert not {"keras", "tf_keras", "tensorflow", "h5py"} & (set(sys.modules) - before)


def test_generation_and_code(tmp_path: Path) -> None:
    lambdas = {"class_name": "Sequential", "config": {"layers": [layer("Lambda", "l")]}}
    old = read_archive(str(write(tmp_path / "old.keras", lambdas, "2.16.0")), "uri")
    assert (old.is_keras_3, old.holds_code) == (False, True)
    new = read_archive(str(write(tmp_path / "new.keras", functional([], []), "3.0.0")), "uri")
    assert (new.is_keras_3, new.holds_code) == (True, False)


def test_a_damaged_file(tmp_path: Path) -> None:
    path = write(tmp_path / "model.keras", {})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cannot be read.*half-written"):
        read_archive(str(path), "model.keras")
