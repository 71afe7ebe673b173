# SPDX-License-Identifier: Apache-2.0
"""Predicts batches with a session of ONNX Runtime."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.errors import DataError, ParameterError
from penstock.models.columns import Array, ColumnStack, dense_column, text_column
from penstock.models.of_one_signature import OneSignature
from penstock.models.onnx.description import OnnxGraph
from penstock.models.refusal import refused
from penstock.models.signature import Signature, TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger(__name__)


class OnnxPredictor(OneSignature):
    """A graph behind its signature; its outputs keep their names.

    Inputs are fed with the columns that they are named after; one array may be fed with several columns side by side.
    A graph that takes a fixed number of rows is called as often as needed, the last time with rows that are then
    dropped.

    Args:
        session: The session of ONNX Runtime.
        graph: What the graph takes and gives.
        signature: What is taken of the batch, and which of the graph's outputs are given.
        device: Where it runs.
        size_bytes: Bytes of its files.

    Raises:
        ParameterError: The graph takes or gives what no batch holds.
    """

    def __init__(
        self, session: Any, graph: OnnxGraph, signature: Signature, device: str, size_bytes: int
    ) -> None:
        super().__init__(signature, device, size_bytes)
        self._session = session
        self._graph = graph
        self._outputs = [spec.name for spec in signature.outputs] or [spec.name for spec in graph.outputs]
        self._stack = None
        if len(signature.inputs) != len(graph.inputs):
            self._stack = ColumnStack(signature.inputs, graph.inputs[0].dtype)
        self._rows = _fixed_rows(graph)
        _check(graph, self._outputs)

    def predict(self, batch: pa.RecordBatch) -> Mapping[str, Array]:
        """Returns an array per output, rows first; see ``penstock.models.Predictor``."""
        feeds = self._feeds(batch)
        try:
            if self._rows is None:
                values = self._session.run(self._outputs, feeds)
            else:
                values = self._run_in_parts(feeds, batch.num_rows, self._rows)
        except MemoryError:
            raise
        except Exception as error:  # ONNX Runtime's errors have no common class of their own
            raise refused("the ONNX model", error, batch, self._signature.inputs) from error
        return {
            name: self._array(name, value, batch.num_rows)
            for name, value in zip(self._outputs, values, strict=True)
        }

    def _feeds(self, batch: pa.RecordBatch) -> dict[str, Array]:
        if self._stack is not None:
            return {self._graph.inputs[0].name: self._stack(batch)}
        pairs = zip(self._graph.inputs, self._signature.inputs, strict=True)
        return {graph_input.name: _column(batch, spec) for graph_input, spec in pairs}

    def _run_in_parts(self, feeds: Mapping[str, Array], rows: int, size: int) -> list[Any]:
        """Calls a graph that takes a fixed number of rows."""
        parts = []
        for start in range(0, max(rows, 1), size):
            part = {name: _padded(values[start : start + size], size) for name, values in feeds.items()}
            parts.append(self._session.run(self._outputs, part))
        joined: list[Any] = []
        for values in zip(*parts, strict=True):
            if isinstance(values[0], list):
                joined.append([row for part in values for row in part][:rows])
            else:
                joined.append(np.concatenate(values)[:rows])
        return joined

    def _array(self, name: str, value: Any, rows: int) -> Array:
        if name in self._graph.mappings:
            value = _values(value, self._graph.classes)
        array = np.asarray(value)
        if array.ndim == 0 or len(array) != rows:
            raise DataError(
                f"output {name!r} of the model does not have one row per row",
                input=name,
                expected=f"{rows} rows",
                got=f"an array of shape {array.shape}",
                hint="export it with a dimension for rows in front, or save it with the outputs=[...] that have one",
            )
        return array


def _column(batch: pa.RecordBatch, spec: TensorSpec) -> Array:
    if spec.dtype == "string" and (spec.shape is None or all(size in (1, None) for size in spec.shape[1:])):
        texts = text_column(batch, spec)
        return texts.reshape((-1, *(1 for _ in (spec.shape or (None,))[1:])))
    return dense_column(batch, spec)


def _values(mappings: list[dict[Any, float]], classes: Sequence[str | int]) -> Array:
    """Returns the values of mappings in the order of the classes, which are their keys."""
    keys: Sequence[Any] = classes or (list(mappings[0]) if mappings else [])
    flat = (row[key] for row in mappings for key in keys)
    return np.fromiter(flat, np.float32, len(mappings) * len(keys)).reshape((len(mappings), len(keys)))


def _padded(values: Array, size: int) -> Array:
    if len(values) == size:
        return values
    last = values[-1:] if len(values) else np.zeros((1, *values.shape[1:]), values.dtype)
    return np.concatenate([values, np.repeat(last, size - len(values), axis=0)])


def _fixed_rows(graph: OnnxGraph) -> int | None:
    sizes = {spec.shape[0] for spec in graph.inputs if spec.shape}
    fixed = next((size for size in sizes if size is not None), None)
    if fixed is not None:
        _LOG.warning(
            "the ONNX model takes exactly %d row(s) a call, which is slow: export it with a dynamic first dimension",
            fixed,
        )
    return fixed


def _check(graph: OnnxGraph, outputs: list[str]) -> None:
    known = [spec.name for spec in graph.outputs]
    for spec in graph.inputs:
        if spec.shape == ():
            raise ParameterError(
                f"the graph takes {spec}, one value for all rows, which no column is", input=spec.name
            )
        try:
            np.dtype(object if spec.dtype == "string" else spec.dtype)
        except TypeError as error:
            raise ParameterError(
                f"the graph takes {spec}, which NumPy does not have", input=spec.name
            ) from error
    for name in outputs:
        if name not in known:
            raise ParameterError(
                f"the graph has no output {name!r}", input="outputs", expected=f"some of {', '.join(known)}"
            )
