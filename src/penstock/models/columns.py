# SPDX-License-Identifier: Apache-2.0
"""Columns of a batch as the dense arrays that models take; nothing loops over rows.

A column has one value in each row (the table layout) or a list of values (both layouts). Integers and booleans may
become any number that they fit into, and numbers any float.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError, did_you_mean
from penstock.examples.layout import is_list, list_parts
from penstock.models.signature import TensorSpec

if TYPE_CHECKING:
    import numpy.typing as npt

Array = np.ndarray[Any, Any]

Missing = Literal["refuse", "nan"]
"""What a row without a value becomes: an error, or NaN (``None`` where the input is text)."""


def dense_column(batch: pa.RecordBatch, spec: TensorSpec, missing: Missing = "refuse") -> Array:
    """Returns the column that an input is named after, as one array with a row per row of the batch.

    Text comes as ``str`` or ``bytes``, as the column holds it.

    Args:
        batch: Rows in the table layout or the example layout.
        spec: The input. Beyond the rows, at most one of its dimensions may be of any size.
        missing: What rows without a value become, where the input takes one value a row.

    Raises:
        DataError: The column is missing, has rows without a value or of another length, or is of a type that
            cannot become the input's without loss.
    """
    column = _column(batch, spec)
    if spec.shape == ():
        raise DataError(
            f"the model takes {spec}, one value for all rows, which no feature is", input=spec.name
        )
    single = takes_one_value(spec)
    if is_list(column.type):
        if single and missing == "nan":
            values = _singles_of_lists(column, spec)
        else:
            return _from_lists(column, spec)
    else:
        if not single and spec.shape is not None:
            _check_width(spec)
        values = _typed(_present(column, spec, missing), spec)
    return values.reshape((batch.num_rows, *(1 for _ in (spec.shape or (None,))[1:])))


class ColumnStack:
    """Puts several numeric inputs side by side: one array with a row per row and a column per value.

    Args:
        specs: The inputs, in the order of the columns; one that takes a list gives as many columns.
        dtype: Type of the array.
        missing: What rows without a value become.

    Raises:
        DataError: An input takes any number of values.
    """

    def __init__(
        self, specs: Sequence[TensorSpec], dtype: npt.DTypeLike, missing: Missing = "refuse"
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._missing = missing
        self._inputs = [(spec, values_of(spec), spec.dtype in _FLOATS) for spec in specs]
        self._width = sum(size for _, size, _ in self._inputs)

    def __call__(self, batch: pa.RecordBatch) -> Array:
        """Returns the array for a batch in the table layout or the example layout.

        Raises:
            DataError: As of :func:`dense_column`.
        """
        rows = batch.num_rows
        stacked = np.empty((rows, self._width), self._dtype)
        start = 0
        for spec, size, takes_floats in self._inputs:
            values = _quick_floats(_column(batch, spec), size) if takes_floats else None
            if values is None:
                values = dense_column(batch, spec, self._missing)
            if size == 1:
                stacked[:, start] = values.reshape(rows)
            else:
                stacked[:, start : start + size] = values.reshape((rows, size))
            start += size
        return stacked


def stacked_columns(
    batch: pa.RecordBatch, specs: Sequence[TensorSpec], dtype: npt.DTypeLike, missing: Missing = "refuse"
) -> Array:
    """Returns several numeric inputs side by side; see :class:`ColumnStack`, which prepares that for many batches."""
    return ColumnStack(specs, dtype, missing)(batch)


def text_column(batch: pa.RecordBatch, spec: TensorSpec, missing: Missing = "refuse") -> Array:
    """Returns a column of one text a row as an array of ``str`` (``None`` where it is missing and may be).

    Raises:
        DataError: It is no text, not UTF-8, or has rows without a value.
    """
    column = _column(batch, spec)
    if is_list(column.type):
        values: Any = dense_column(batch, spec, missing)
        column = pa.array(values.reshape(batch.num_rows), from_pandas=True)
    present = _present(column, spec, missing)
    if not (pa.types.is_string(present.type) or pa.types.is_large_string(present.type)):
        present = _as_text(present, spec)
    array: Array = present.to_numpy(zero_copy_only=False)
    return array


def takes_one_value(spec: TensorSpec) -> bool:
    """Says whether an input takes one value a row: its shape is ``[rows]``, ``[rows, 1]`` and so on."""
    return spec.shape is not None and all(size == 1 for size in spec.shape[1:])


def values_of(spec: TensorSpec) -> int:
    """Returns how many values a row has in an input.

    Raises:
        DataError: That may be any number.
    """
    sizes = (spec.shape or (None,))[1:]
    known = [size for size in sizes if size is not None]
    if len(known) != len(sizes) or spec.shape is None:
        raise DataError(
            f"the model takes {spec}: how many values that is in a row is not said", input=spec.name
        )
    return math.prod(known)


_FLOATS = ("float32", "float64")
_FLOAT_TYPES = (pa.float32(), pa.float64())


def _quick_floats(column: pa.Array, size: int) -> Array | None:
    """Returns the values of floats that are this many in every row, without copying; ``None`` where they are not."""
    if column.null_count:
        return None
    if size == 1 and column.type in _FLOAT_TYPES:
        single: Array = column.to_numpy()
        return single
    if not is_list(column.type) or column.type.value_type not in _FLOAT_TYPES:
        return None
    offsets = column.offsets.to_numpy()
    if offsets[-1] - offsets[0] != size * len(column) or (np.diff(offsets) != size).any():
        return None
    values = column.flatten()
    several: Array | None = None if values.null_count else values.to_numpy()
    return several


def _column(batch: pa.RecordBatch, spec: TensorSpec) -> pa.Array:
    index = batch.schema.get_field_index(spec.name)
    if index >= 0:
        column = batch.column(index)
        return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    raise DataError(
        f"the model takes {spec}, and the examples have no such feature",
        input=spec.name,
        hint=did_you_mean(spec.name, batch.schema.names),
    )


def _present(column: pa.Array, spec: TensorSpec, missing: Missing) -> pa.Array:
    """Returns a column of single values whose nulls may stay."""
    if not column.null_count:
        return column
    if missing == "refuse":
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise _wrong_length(spec, 1, 0, row)
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string() if spec.dtype == "string" else pa.float32())
    # NumPy has no booleans with holes, but floats that stand for integers with holes.
    return pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column


def _check_width(spec: TensorSpec) -> None:
    """Refuses single values where the input takes several a row."""
    declared = (spec.shape or (None,))[1:]
    wanted = math.prod(size for size in declared if size is not None)
    if wanted != 1:
        raise _wrong_length(spec, wanted, 1, 0)


def _singles_of_lists(column: pa.Array, spec: TensorSpec) -> Array:
    """Returns the value of each list, NaN or ``None`` where it is empty or missing."""
    offsets, values, _ = list_parts(column)
    lengths = np.diff(offsets)
    several = np.flatnonzero(lengths > 1)
    if len(several):
        raise _wrong_length(spec, 1, int(lengths[several[0]]), int(several[0]))
    typed = _typed(values, spec)
    if len(typed) == len(column):
        return typed
    kind = object if spec.dtype == "string" else np.result_type(typed.dtype, np.float32)
    filled = np.full(len(column), None if kind is object else np.nan, dtype=kind)
    filled[lengths == 1] = typed
    return filled


def _from_lists(column: pa.Array, spec: TensorSpec) -> Array:
    offsets, values, _ = list_parts(column)
    row_shape = _row_shape(spec, offsets)
    if values.null_count:
        empty = int(np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))[0])
        row = int(np.searchsorted(offsets, empty, side="right")) - 1
        raise DataError(
            f"feature {spec.name!r} has a list with an empty place",
            input=spec.name,
            expected=f"{spec}: a value in every place",
            got=f"none in row {row} of the batch",
        )
    return _typed(values, spec).reshape((len(column), *row_shape))


def _row_shape(spec: TensorSpec, offsets: Array) -> tuple[int, ...]:
    lengths = np.diff(offsets)
    declared = spec.shape[1:] if spec.shape else ()
    known = math.prod(size for size in declared if size is not None)
    open_sizes = [size for size in declared if size is None]
    if spec.shape is None:
        wanted = int(lengths[0]) if len(lengths) else 1
        declared = () if wanted == 1 else (wanted,)
    elif len(open_sizes) == 1:
        wanted = int(lengths[0]) if len(lengths) else known
    elif not open_sizes:
        wanted = known
    else:
        raise DataError(
            f"the model takes {spec}: rows of that shape cannot come from one list", input=spec.name
        )
    wrong = np.flatnonzero(lengths != wanted)
    if len(wrong) or (open_sizes and wanted % known):
        row = int(wrong[0]) if len(wrong) else 0
        raise _wrong_length(spec, wanted, int(lengths[row]), row)
    return tuple(wanted // known if size is None else size for size in declared)


def _wrong_length(spec: TensorSpec, wanted: int, found: int, row: int) -> DataError:
    expected, got = f"{spec}: {wanted} value(s) in every row", f"{found} in row {row} of the batch"
    if not found:
        return DataError(
            f"feature {spec.name!r} is missing",
            input=spec.name,
            expected=expected,
            got=got,
            hint="fill in missing values before the model, or serve it behind a signature that takes them",
        )
    return DataError(
        f"feature {spec.name!r} does not have the shape that the model takes",
        input=spec.name,
        expected=expected,
        got=got,
        hint="give every row as many values as the model was trained with",
    )


def _typed(values: pa.Array, spec: TensorSpec) -> Array:
    found: Array = values.to_numpy(zero_copy_only=False)
    wanted = np.dtype(object if spec.dtype == "string" else spec.dtype)
    if found.dtype == wanted:
        return found
    if values.null_count and wanted.kind in "iub" and found.dtype.kind == "f" and _is_whole(values.type):
        return found  # integers with holes, which NumPy holds as floats
    if _fits(found, wanted):
        return found.astype(wanted)
    raise DataError(
        f"feature {spec.name!r} is of another type than the model takes",
        input=spec.name,
        expected=str(spec),
        got=str(values.type),
    )


def _is_whole(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_boolean(type_) or pa.types.is_null(type_))


def _fits(found: Array, wanted: np.dtype[Any]) -> bool:
    """Says whether values keep their meaning: numbers that are integers may become any number they fit into."""
    if found.dtype.kind not in "iub" and wanted.kind != found.dtype.kind:
        return False
    if wanted.kind in "fc":
        return True
    if wanted.kind == "b":
        return bool(np.isin(found, (0, 1)).all())
    if wanted.kind not in "iu" or not len(found):
        return wanted.kind in "iu"
    limits = np.iinfo(wanted)
    return bool(limits.min <= found.min() and found.max() <= limits.max)


def _as_text(column: pa.Array, spec: TensorSpec) -> pa.Array:
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        raise DataError(
            f"feature {spec.name!r} is of another type than the model takes",
            input=spec.name,
            expected=str(spec),
            got=str(column.type),
        )
    try:
        return pc.cast(column, pa.large_string())
    except pa.ArrowInvalid as error:
        raise DataError(
            f"feature {spec.name!r} has bytes that are no text",
            input=spec.name,
            expected=f"{spec}: UTF-8",
            got=f"row {_first_undecodable(column)} of the batch",
        ) from error


def _first_undecodable(column: pa.Array) -> int:
    """Returns the first row that is not UTF-8, by halving; to be called where there is one."""
    start, end = 0, len(column)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            pc.cast(column.slice(start, middle - start), pa.large_string())
            start = middle
        except pa.ArrowInvalid:
            end = middle
    return start
