# SPDX-License-Identifier: Apache-2.0
"""What models answer, as Arrow columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError
from penstock.inference.columns import holds_lists
from penstock.inference.flow import make_batch
from penstock.models import TensorSpec


def to_batch(answers: Mapping[str, Any], rows: int, specs: Sequence[TensorSpec] = ()) -> pa.RecordBatch:
    """Returns outputs as columns.

    Args:
        answers: A NumPy or Arrow array by output.
        rows: Rows that each must have.
        specs: What is declared of the outputs.

    Raises:
        DataError: An output has another number of rows, or cannot be a column.
    """
    columns = []
    declared = {spec.name: spec for spec in specs}
    for name, values in answers.items():
        column = to_column(name, values, declared.get(name))
        if len(column) != rows:
            raise DataError(
                f"output {name!r} of the model does not have a row for each row",
                input=name,
                expected=f"{rows} rows",
                got=f"{len(column)}",
                hint="the model's outputs must have the rows first",
            )
        columns.append(column)
    return make_batch(list(answers), columns, rows)


def to_column(name: str, values: Any, spec: TensorSpec | None = None) -> pa.Array:
    """Returns one output as a column: of one dimension plain values, of more nested lists; text as strings.

    A matrix of one column has plain values too, unless it is declared as one of any width: then this batch may have
    one column and the next one three, and all are lists.

    Args:
        name: Its name.
        values: A NumPy or Arrow array; an Arrow array is a column already.
        spec: What is declared of it.

    Raises:
        DataError: No column can hold it.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return values
    array = np.asarray(values)
    if array.ndim == 0:
        raise DataError(
            f"output {name!r} of the model is a single value", input=name, expected="a value for each row"
        )
    if array.dtype.kind == "O" and array.ndim == 1:
        return _objects(name, array)
    column = _plain(name, array.reshape(-1))
    if array.shape[1:] == (1,) and not (spec and holds_lists(spec)):
        return column
    for size in reversed(array.shape[1:]):
        column = _lists(column, size)
    return column


def empty_batch(specs: Sequence[TensorSpec]) -> pa.RecordBatch:
    """Returns the columns, without a row, that outputs of these types become."""
    columns = []
    for spec in specs:
        dtype = np.dtype("U1" if spec.dtype == "string" else spec.dtype)
        sizes = (size or 1 for size in (spec.shape or ())[1:])
        columns.append(to_column(spec.name, np.zeros((0, *sizes), dtype), spec))
    return make_batch([spec.name for spec in specs], columns, 0)


def _plain(name: str, array: np.ndarray[Any, Any]) -> pa.Array:
    if array.dtype.kind == "O":
        return _objects(name, array)
    if array.dtype.kind == "S":
        return _text(pa.array(array.tolist(), pa.binary()))
    try:
        return pa.array(np.ascontiguousarray(array))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise _no_column(name, array.dtype, error) from error


def _objects(name: str, array: np.ndarray[Any, Any]) -> pa.Array:
    values = [value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value for value in array]
    try:
        return _text(pa.array(values))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise _no_column(name, array.dtype, error) from error


def _text(column: pa.Array) -> pa.Array:
    """Returns bytes that are UTF-8 as strings."""
    if not pa.types.is_binary(column.type):
        return column
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowInvalid:
        return column


def _lists(values: pa.Array, size: int) -> pa.Array:
    if size == 0:
        raise DataError("an output of the model has a dimension of size 0")
    offsets = np.arange(0, len(values) + 1, size, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _no_column(name: str, dtype: np.dtype[Any], error: Exception) -> DataError:
    return DataError(
        f"output {name!r} of the model cannot be a column",
        input=name,
        expected="numbers, text, or lists of these, alike in every row",
        got=f"{dtype}: {error}",
    )
