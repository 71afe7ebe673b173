# SPDX-License-Identifier: Apache-2.0
"""How the columns of a batch become what a module's ``forward`` takes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penstock.models.columns import dense_column, stacked_columns
from penstock.models.signature import TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa

STACKED = "stacked"
"""``forward(tensor)``: the columns side by side in one tensor, a row per row."""

NAMED = "named"
"""``forward(**tensors)``: a tensor per column, by the names of its arguments."""

IN_ORDER = "in_order"
"""``forward(*tensors)``: a tensor per column, in order; what a program takes that was exported so."""

Arrays = np.ndarray[Any, Any] | dict[str, np.ndarray[Any, Any]]
"""The one array that is stacked, or an array by name."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """What a module is called with.

    Attributes:
        inputs: The columns, in the module's order.
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
        """Returns as many rows as the module takes, all zeros; open dimensions have the size 1."""
        arrays = {spec.name: np.zeros((rows, *_sizes(spec)), spec.dtype) for spec in self.inputs}
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


def way_of(forward: Any, inputs: Sequence[TensorSpec]) -> str:
    """Returns how columns of these names go into a ``forward``: by name where all of them are arguments of it."""
    return way_into(argument_names(forward), inputs)


def way_into(arguments: Sequence[str], inputs: Sequence[TensorSpec]) -> str:
    """Returns how columns of these names go into arguments of these names."""
    return NAMED if inputs and all(spec.name in arguments for spec in inputs) else STACKED


def way_of_program(program: Any, inputs: Sequence[TensorSpec]) -> str:
    """Returns how an exported program is called: as ``torch.export.export`` was told to call it."""
    spec = program.call_spec.in_spec  # of (positional arguments, arguments by name)
    by_name = spec.child(1) if hasattr(spec, "child") else spec.children_specs[1]
    if by_name.num_children:
        return NAMED
    return STACKED if len(inputs) > len(program.graph_signature.user_inputs) else IN_ORDER


def argument_names(forward: Any, *, required: bool = False) -> tuple[str, ...]:
    """Returns the names of a function's arguments; with ``required``, of those that have no default."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return ()
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(
        parameter.name
        for parameter in parameters
        if parameter.kind in plain and (parameter.default is parameter.empty or not required)
    )


def _rows(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array.reshape(len(array), 1) if array.ndim == 1 else array


def _sizes(spec: TensorSpec) -> tuple[int, ...]:
    return tuple(1 if size is None else size for size in (spec.shape or ())[1:])
