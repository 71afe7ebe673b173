# SPDX-License-Identifier: Apache-2.0
"""How the columns of a batch become the tensors that a network is called with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.models.columns import dense_column, stacked_columns
from penstock.models.signature import TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa

STACKED = "stacked"
"""``model(tensor)``: the columns side by side in one tensor, a row per row."""

NAMED = "named"
"""``model(**tensors)``: a tensor per column, by the names of its arguments."""

IN_ORDER = "in_order"
"""A tensor per column, in the model's order."""

Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]
"""The one array that is stacked, or an array by name."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """What a network is called with.

    Attributes:
        inputs: The columns, in the model's order.
        way: :data:`STACKED`, :data:`NAMED` or :data:`IN_ORDER`.
    """

    inputs: tuple[TensorSpec, ...]
    way: str

    def arrays(self, batch: pa.RecordBatch) -> Arrays:
        """Returns the one array that is stacked, or an array by name.

        Raises:
            DataError: A column is missing, or of another type or length.
        """
        if self.way != STACKED:
            return {spec.name: dense_column(batch, spec) for spec in self.inputs}
        if len(self.inputs) == 1:  # of any rank: an image stays one
            return _rows(dense_column(batch, self.inputs[0]))
        return stacked_columns(batch, self.inputs, self._common_dtype())

    def zeros(self, rows: int) -> Arrays:
        """Returns as many rows as the model takes, all zeros (empty text); open dimensions have the size 1."""
        arrays = {spec.name: _zeros(spec, rows) for spec in self.inputs}
        if self.way != STACKED:
            return arrays
        if len(arrays) == 1:
            return _rows(next(iter(arrays.values())))
        columns = [array.reshape(rows, -1) for array in arrays.values()]
        stacked: np.ndarray[Any, Any] = np.concatenate(columns, axis=1, dtype=self._common_dtype())
        return stacked

    def _common_dtype(self) -> np.dtype[Any]:
        types = {spec.dtype for spec in self.inputs}
        return np.dtype(types.pop() if len(types) == 1 else np.float32)


def _rows(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array.reshape(len(array), 1) if array.ndim == 1 else array


def _zeros(spec: TensorSpec, rows: int) -> np.ndarray[Any, Any]:
    sizes = (1 if size is None else size for size in (spec.shape or ())[1:])
    if spec.dtype == "string":
        return np.full((rows, *sizes), "", dtype=object)
    return np.zeros((rows, *sizes), spec.dtype)
