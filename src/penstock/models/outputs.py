# SPDX-License-Identifier: Apache-2.0
"""What models give, as columns: arrays, tensors of any framework, or a value of whatever kind per row."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.errors import DataError

DEFAULT_OUTPUT = "output"
"""Name of an output that the model does not name."""

Column = Any  # a NumPy array with a row per row, or an Arrow array where values are no tensors


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """Returns a tensor of any framework as a NumPy array on the CPU; ``None`` for what is no tensor."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.generic):
        return np.asarray(value)
    if hasattr(value, "detach"):  # PyTorch's
        value = value.detach().cpu()
        return np.asarray(value.float().numpy() if str(value.dtype) == "torch.bfloat16" else value.numpy())
    if hasattr(value, "dtype") and callable(getattr(value, "numpy", None)):  # TensorFlow's
        return np.asarray(value.numpy())
    return None


def columns_of_rows(values: Iterable[Any]) -> dict[str, Column]:
    """Returns a value per row as columns.

    Rows that are mappings (or data classes, named tuples, pydantic's models) make a column per key, null where a row
    lacks it; rows that are lists of as many tensors make a column per place, ``output_0`` and so on; all other values
    make one column, ``output``. Numbers and tensors of one shape become a NumPy array; text,
    lists of differing lengths and nested values become an Arrow array. So do a mapping's tensors of one value each: a
    picture in which one thing is found gives a list of one, as others give lists of three.

    Raises:
        DataError: Some rows have named values and others have not, or values have no common type.
    """
    rows = [_with_names(value) for value in values]
    named = [row for row in rows if isinstance(row, Mapping)]
    if not named:
        return _unnamed(rows)
    if len(named) < sum(row is not None for row in rows):
        raise DataError(
            "the model names the values of some rows and not of others",
            expected="a mapping for every row, or for none",
            got=", ".join(sorted({type(row).__name__ for row in rows})),
        )
    names = list(dict.fromkeys(str(name) for row in named for name in row))
    columns = {
        name: _column(name, [None if row is None else row.get(name) for row in rows]) for name in names
    }
    return {name: _as_lists(column) for name, column in columns.items()}


def numbered(count: int) -> list[str]:
    """Returns names for as many outputs that have none."""
    return [DEFAULT_OUTPUT] if count == 1 else [f"{DEFAULT_OUTPUT}_{index}" for index in range(count)]


def _unnamed(rows: Sequence[Any]) -> dict[str, Column]:
    counts = {len(row) if isinstance(row, (list, tuple)) else 0 for row in rows}
    if len(counts) == 1 and counts != {0} and all(as_array(part) is not None for row in rows for part in row):
        names = numbered(counts.pop())
        return {name: _column(name, [row[index] for row in rows]) for index, name in enumerate(names)}
    return {DEFAULT_OUTPUT: _column(DEFAULT_OUTPUT, rows)}


def _with_names(value: Any) -> Any:
    """Returns whatever has named fields as a mapping, and all else as it is."""
    if isinstance(value, Mapping):
        return {str(name): part for name, part in value.items()}
    if hasattr(value, "_asdict"):
        return value._asdict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: getattr(value, part.name) for part in dataclasses.fields(value)}
    if callable(getattr(value, "model_dump", None)):
        return value.model_dump()
    return value


def _column(name: str, values: Sequence[Any]) -> Column:
    arrays = [as_array(value) for value in values]
    found = [array for array in arrays if array is not None]
    if values and len(found) == len(values) and len({array.shape for array in found}) == 1:
        stacked = np.stack(found)
        if stacked.dtype.kind in "biuf":
            return stacked
    plain = [_plain(value) for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"the values of output {name!r} have no common type",
            input=name,
            expected="numbers, text, lists or mappings of one kind in all rows",
            got=str(error).splitlines()[0][:300],
        ) from error


def _as_lists(column: Column) -> Column:
    """Returns a matrix of one column as lists, which no one takes for a plain column."""
    if not isinstance(column, np.ndarray) or column.shape[1:] != (1,):
        return column
    offsets = pa.array(range(len(column) + 1), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(column.reshape(-1)))


def _plain(value: Any) -> Any:
    """Returns a value made of Python's own types, tensors inside it as lists."""
    if value is None or isinstance(value, (str, bytes, bool, int, float)):
        return value
    array = as_array(value)
    if array is not None:
        return array.tolist()
    value = _with_names(value)
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part) for part in value]
    return value
