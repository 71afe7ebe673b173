# SPDX-License-Identifier: Apache-2.0
"""Reads what a Keras file says of its model, without Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock import files
from penstock.errors import DataError
from penstock.models.location import local_copy, model_file
from penstock.models.outputs import DEFAULT_OUTPUT
from penstock.models.signature import DEFAULT_SIGNATURE, ModelInfo, Signature, TensorSpec

FILES = ("*.keras", "*.h5", "*.hdf5")
"""Patterns of the files that Keras saves a model in, the preferred ones first."""


@dataclass(frozen=True, slots=True)
class KerasArchive:
    """What is written beside the weights.

    Attributes:
        version: Version of the Keras that wrote it; empty where the file does not say.
        config: Description of the model.
    """

    version: str
    config: Mapping[str, Any]

    @property
    def is_keras_3(self) -> bool:
        """Whether Keras 3 or later wrote it."""
        major = self.version.partition(".")[0]
        return not major.isdigit() or int(major) >= 3

    @property
    def holds_code(self) -> bool:
        """Whether a layer is a Python lambda, which is kept as bytecode and runs when it is loaded."""
        return any(part.get("class_name") in ("Lambda", "__lambda__") for part in _parts(self.config))


def describe(uri: str) -> ModelInfo:
    """Returns the inputs and outputs that a ``.keras`` file names; shapes of outputs stand in none.

    An ``.h5`` file is known by its flavor alone: reading it takes a library.

    Raises:
        DataError: The file is damaged.
    """
    file = model_file(uri, FILES)
    if not file.endswith(".keras"):
        return ModelInfo("keras")
    with local_copy(file) as path:
        archive = read_archive(path, uri)
    signature = signature_of(archive.config)
    return ModelInfo("keras", () if signature is None else (signature,), archive.version)


def read_archive(path: str, uri: str) -> KerasArchive:
    """Reads a ``.keras`` file.

    Args:
        path: The file, on a local disk.
        uri: What it is called in an error.

    Raises:
        DataError: It is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"{uri} cannot be read",
            input=uri,
            expected="a model as model.save('….keras') writes it",
            got=f"{files.size(path)} bytes: {error}",
            hint="it is damaged or half-written: save or copy the model again",
        ) from error
    return KerasArchive(str(metadata.get("keras_version", "")), config)


def signature_of(config: Mapping[str, Any]) -> Signature | None:
    """Returns what a functional or sequential model takes and gives; ``None`` for a class of the user's.

    Args:
        config: Its ``class_name`` and ``config``, from its file or from itself.
    """
    inner = config.get("config", {})
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    if not layers:
        return None
    inputs = {_name(layer): _input(layer) for layer in layers if layer["class_name"] == "InputLayer"}
    if config.get("class_name") == "Sequential":
        outputs: dict[str, str] = {DEFAULT_OUTPUT: ""}
        taken = {name: name for name in list(inputs)[:1]}
    else:
        taken = _ends(inner.get("input_layers", []))
        outputs = _ends(inner.get("output_layers", []))
        if len(outputs) == 1 and not isinstance(inner.get("output_layers"), Mapping):
            outputs = {DEFAULT_OUTPUT: ""}
    if not taken or any(layer not in inputs for layer in taken.values()):
        return None
    return Signature(
        DEFAULT_SIGNATURE,
        tuple(TensorSpec(name, *inputs[layer]) for name, layer in taken.items()),
        tuple(TensorSpec(name, "float32") for name in outputs),
    )


def _name(layer: Mapping[str, Any]) -> str:
    return str(layer.get("name") or layer["config"]["name"])


def _input(layer: Mapping[str, Any]) -> tuple[str, tuple[int | None, ...] | None]:
    config = layer["config"]
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    return str(config.get("dtype") or "float32"), None if shape is None else (None, *shape[1:])


def _ends(ends: Any) -> dict[str, str]:
    """Returns layers by the names that the model's caller uses: keys where there are some, else the layers' own."""
    if isinstance(ends, Mapping):
        return {str(key): str(end[0]) for key, end in ends.items()}
    if ends and isinstance(ends[0], str):  # one alone: [layer, node, tensor]
        ends = [ends]
    return {str(end[0]): str(end[0]) for end in ends}


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part)
