# SPDX-License-Identifier: Apache-2.0
"""Describes a SavedModel from ``saved_model.pb``, without TensorFlow.

Field numbers are those of TensorFlow's ``saved_model.proto`` and ``meta_graph.proto``, ``tensor_shape.proto`` and
``types.proto``, which its compatibility promise freezes.
"""

from __future__ import annotations

from collections.abc import Iterator

from penstock import files
from penstock.errors import DataError
from penstock.models import wire
from penstock.models.signature import ModelInfo, Signature, TensorSpec

SERVE_TAG = "serve"

_SAVED_MODEL_META_GRAPHS = 2
_META_GRAPH_INFO, _META_GRAPH_SIGNATURES = 1, 5
_INFO_TAGS, _INFO_TENSORFLOW_VERSION = 4, 5
_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS = 1, 2
_TENSOR_DTYPE, _TENSOR_SHAPE = 2, 3
_SHAPE_DIMENSIONS, _SHAPE_UNKNOWN_RANK = 2, 3
_DIMENSION_SIZE = 1

_DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64",
    9: "int64", 10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip


def describe(uri: str) -> ModelInfo:
    """Returns the signatures of a SavedModel's serving graph, and the TensorFlow version that saved it.

    A SavedModel in text form (``saved_model.pbtxt``, which only tests write) is known by its flavor alone.

    Raises:
        DataError: The file is damaged.
    """
    path = files.join(uri, "saved_model.pb")
    if not files.exists(path):
        return ModelInfo("tensorflow")
    with files.storage_errors("read", path), files.open(path) as file:
        content = memoryview(file.read())
    try:
        graph = _serving_graph(content)
        versions = [text for info in _infos(graph) for text in wire.texts(info, _INFO_TENSORFLOW_VERSION)]
        return ModelInfo("tensorflow", _signatures(graph), versions[-1] if versions else "")
    except ValueError as error:
        raise DataError(
            f"{path} cannot be read",
            input=path,
            expected="a SavedModel as tf.saved_model.save writes it",
            got=f"{len(content)} bytes: {error}",
            hint="it is damaged or half-written: train or copy the model again",
        ) from error


def _serving_graph(content: memoryview) -> memoryview:
    graphs = list(wire.submessages(content, _SAVED_MODEL_META_GRAPHS))
    if not graphs:
        raise ValueError("no graph")
    for graph in graphs:
        if any(SERVE_TAG in wire.texts(info, _INFO_TAGS) for info in _infos(graph)):
            return graph
    return graphs[0]


def _infos(graph: memoryview) -> Iterator[memoryview]:
    return wire.submessages(graph, _META_GRAPH_INFO)


def _signatures(graph: memoryview) -> tuple[Signature, ...]:
    found = [
        Signature(name, _tensors(value, _SIGNATURE_INPUTS), _tensors(value, _SIGNATURE_OUTPUTS))
        for name, value in wire.entries(graph, _META_GRAPH_SIGNATURES)
        if not name.startswith("__saved_model_")  # TensorFlow's own initialisation and training operations
    ]
    return tuple(sorted(found, key=lambda signature: signature.name))


def _tensors(signature: memoryview, number: int) -> tuple[TensorSpec, ...]:
    specs = [
        TensorSpec(name, _dtype(tensor), _shape(tensor)) for name, tensor in wire.entries(signature, number)
    ]
    return tuple(sorted(specs, key=lambda spec: spec.name))


def _dtype(tensor: memoryview) -> str:
    codes = wire.integers(tensor, _TENSOR_DTYPE)
    code = codes[-1] if codes else 0
    return _DTYPES.get(code, f"type {code}")


def _shape(tensor: memoryview) -> tuple[int | None, ...] | None:
    shapes = list(wire.submessages(tensor, _TENSOR_SHAPE))
    if not shapes or any(wire.integers(shapes[-1], _SHAPE_UNKNOWN_RANK)):
        return None
    return tuple(_size(dimension) for dimension in wire.submessages(shapes[-1], _SHAPE_DIMENSIONS))


def _size(dimension: memoryview) -> int | None:
    sizes = wire.integers(dimension, _DIMENSION_SIZE)
    size = sizes[-1] if sizes else 0  # protobuf leaves out a zero
    return None if size < 0 else size
