# SPDX-License-Identifier: Apache-2.0
"""Describes an ONNX model from its file, without a library.

Field numbers are those of ``onnx.proto`` of the Open Neural Network Exchange, which keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from penstock import files
from penstock.errors import DataError
from penstock.models import wire
from penstock.models.location import model_file
from penstock.models.signature import DEFAULT_SIGNATURE, ModelInfo, Signature, TensorSpec

PATTERNS = ("model.onnx", "*.onnx")

_MODEL_PRODUCER, _MODEL_PRODUCER_VERSION, _MODEL_GRAPH = 2, 3, 7
_GRAPH_INITIALIZERS, _GRAPH_INPUTS, _GRAPH_OUTPUTS, _GRAPH_SPARSE_INITIALIZERS = 5, 11, 12, 15
_TENSOR_NAME, _SPARSE_VALUES = 8, 1
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR, _TYPE_SEQUENCE = 1, 4
_TENSOR_ELEMENT, _TENSOR_SHAPE = 1, 2
_SEQUENCE_ELEMENT, _TYPE_MAP = 1, 5
_GRAPH_NODES, _NODE_ATTRIBUTES = 1, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INTEGERS, _ATTRIBUTE_TEXTS = 1, 8, 9
_CLASS_LABELS = ("classlabels_int64s", "classlabels_ints", "classlabels_strings")
_SHAPE_DIMENSION, _DIMENSION_SIZE = 1, 1

_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """What a graph takes and gives, in its order.

    Attributes:
        inputs: Its inputs without those that have values of their own in the file.
        outputs: Its outputs that are tensors, or mappings for each row, of which it is the values.
        mappings: Names of the outputs that give a mapping for each row, as classifiers with a ZipMap do.
        classes: What its classifier tells apart, where it has one.
        producer: Who wrote it, with the version.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    mappings: frozenset[str] = frozenset()
    classes: tuple[str | int, ...] = ()
    producer: str = ""

    @property
    def signature(self) -> Signature:
        """The graph's one signature."""
        return Signature(DEFAULT_SIGNATURE, self.inputs, self.outputs)


def describe(uri: str) -> ModelInfo:
    """Returns what the graph takes and gives, and who wrote it.

    Raises:
        DataError: The file is damaged.
    """
    graph = read_graph(model_file(uri, PATTERNS))
    return ModelInfo("onnx", (graph.signature,), graph.producer, graph.classes)


def read_graph(path: str) -> OnnxGraph:
    """Reads what a file's graph takes and gives.

    Raises:
        DataError: It is damaged, or no ONNX model.
    """
    with files.storage_errors("read", path), files.open(path) as file:
        content = memoryview(file.read())
    try:
        return _graph(content)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read",
            input=path,
            expected="an ONNX model",
            got=f"{len(content)} bytes: {error}",
            hint="it is damaged or half-written: export or copy the model again",
        ) from error


def _graph(content: memoryview) -> OnnxGraph:
    graphs = list(wire.submessages(content, _MODEL_GRAPH))
    if not graphs:
        raise ValueError("no graph")
    graph = graphs[-1]
    with_values = set(_initialized(graph))
    inputs = [value for value in wire.submessages(graph, _GRAPH_INPUTS) if _name(value) not in with_values]
    outputs = list(wire.submessages(graph, _GRAPH_OUTPUTS))
    if not outputs:
        raise ValueError("a graph without outputs")
    classes = next(_class_labels(graph), ())
    given = [_spec(value, len(classes) or None) for value in outputs]
    producer = (wire.texts(content, field)[-1:] for field in (_MODEL_PRODUCER, _MODEL_PRODUCER_VERSION))
    return OnnxGraph(
        tuple(spec for value in inputs if (spec := _spec(value, None)) is not None),
        tuple(spec for spec in given if spec is not None),
        frozenset(_name(value) for value in outputs if _gives_mappings(value)),
        classes,
        " ".join(text for texts in producer for text in texts),
    )


def _class_labels(graph: memoryview) -> Iterator[tuple[str | int, ...]]:
    for node in wire.submessages(graph, _GRAPH_NODES):
        for attribute in wire.submessages(node, _NODE_ATTRIBUTES):
            if set(wire.texts(attribute, _ATTRIBUTE_NAME)).isdisjoint(_CLASS_LABELS):
                continue
            numbers = wire.integers(attribute, _ATTRIBUTE_INTEGERS)
            labels: tuple[str | int, ...] = (*numbers, *wire.texts(attribute, _ATTRIBUTE_TEXTS))
            if labels:
                yield labels


def _initialized(graph: memoryview) -> Iterator[str]:
    """Yields the names of inputs that have values in the file, which older files list as inputs too."""
    for tensor in wire.submessages(graph, _GRAPH_INITIALIZERS):
        yield from wire.texts(tensor, _TENSOR_NAME)
    for sparse in wire.submessages(graph, _GRAPH_SPARSE_INITIALIZERS):
        for tensor in wire.submessages(sparse, _SPARSE_VALUES):
            yield from wire.texts(tensor, _TENSOR_NAME)


def _name(value: memoryview) -> str:
    return wire.texts(value, _VALUE_NAME)[-1]


def _gives_mappings(value: memoryview) -> bool:
    """Says whether an output is a sequence of mappings."""
    elements = (
        element
        for type_ in wire.submessages(value, _VALUE_TYPE)
        for sequence in wire.submessages(type_, _TYPE_SEQUENCE)
        for element in wire.submessages(sequence, _SEQUENCE_ELEMENT)
    )
    return any(True for element in elements for _ in wire.submessages(element, _TYPE_MAP))


def _spec(value: memoryview, class_count: int | None) -> TensorSpec | None:
    """Returns an input or output, ``None`` where it is neither a tensor nor a sequence of mappings."""
    for type_ in wire.submessages(value, _VALUE_TYPE):
        for tensor in wire.submessages(type_, _TYPE_TENSOR):
            return TensorSpec(_name(value), _dtype(tensor), _shape(tensor))
    return TensorSpec(_name(value), "float32", (None, class_count)) if _gives_mappings(value) else None


def _dtype(tensor: memoryview) -> str:
    codes = wire.integers(tensor, _TENSOR_ELEMENT)
    code = codes[-1] if codes else 0
    return _DTYPES.get(code, f"type {code}")


def _shape(tensor: memoryview) -> tuple[int | None, ...] | None:
    shapes = list(wire.submessages(tensor, _TENSOR_SHAPE))
    if not shapes:
        return None
    return tuple(_size(dimension) for dimension in wire.submessages(shapes[-1], _SHAPE_DIMENSION))


def _size(dimension: memoryview) -> int | None:
    """Returns a dimension, ``None`` where it has a name or nothing instead of a size."""
    sizes = wire.integers(dimension, _DIMENSION_SIZE)
    return sizes[-1] if sizes and sizes[-1] > 0 else None
