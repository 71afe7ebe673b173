# SPDX-License-Identifier: Apache-2.0
"""The rows that a user gives as an example of what a model takes, and what they say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.errors import DataError, ParameterError, did_you_mean
from penstock.examples.layout import is_list
from penstock.models.signature import TensorSpec

_MAX_ROWS = 100


def example_batch(example: Any, names: Sequence[str] = ()) -> pa.RecordBatch:
    """Returns an example as a record batch of at most 100 rows, with the columns in the model's order.

    Args:
        example: A record batch, Arrow table, pandas DataFrame, arrays by name, or one array of rows.
        names: The columns that the model takes, in its order; all where none is given. They name the columns of an
            array, which has no names; with one name, the array is one column of lists.

    Raises:
        DataError: It holds no rows, or values that are no features.
        ParameterError: It is something else, or lacks one of the names.
    """
    batch = _as_batch(example, names).slice(0, _MAX_ROWS)
    if not batch.num_rows or not batch.num_columns:
        raise DataError(
            "the example has no rows", input="example", expected="a few rows that the model takes"
        )
    for name in names:
        if name not in batch.schema.names:
            raise ParameterError(
                f"the example has no column {name!r}",
                input="inputs",
                hint=did_you_mean(name, batch.schema.names),
            )
    wanted = names or batch.schema.names
    columns = [batch.column(batch.schema.get_field_index(name)) for name in wanted]
    return pa.RecordBatch.from_arrays(columns, list(wanted))


def input_specs(batch: pa.RecordBatch) -> tuple[TensorSpec, ...]:
    """Returns an input for each column of an example.

    Raises:
        DataError: A column holds what no feature is.
    """
    return tuple(_spec(name, batch.column(index)) for index, name in enumerate(batch.schema.names))


def output_specs(outputs: Mapping[str, np.ndarray[Any, Any]]) -> tuple[TensorSpec, ...]:
    """Returns what a model gives, from what it has given once."""
    return tuple(
        TensorSpec(
            name, "string" if values.dtype.kind in "OUS" else values.dtype.name, (None, *values.shape[1:])
        )
        for name, values in outputs.items()
    )


def _as_batch(example: Any, names: Sequence[str]) -> pa.RecordBatch:
    if isinstance(example, pa.RecordBatch):
        return example
    if isinstance(example, pa.Table):
        return _one_batch(example)
    if type(example).__module__.partition(".")[0] == "pandas" and hasattr(example, "columns"):
        return _one_batch(pa.Table.from_pandas(example, preserve_index=False))
    if isinstance(example, Mapping):
        return _of_arrays({str(name): np.asarray(values) for name, values in example.items()})
    if isinstance(example, (np.ndarray, Sequence)) and not isinstance(example, (str, bytes)):
        return _of_array(np.asarray(example), names)
    raise ParameterError(
        f"a {type(example).__name__} is no example of rows",
        input="example",
        expected="a record batch, Arrow table, DataFrame, arrays by name, or an array of rows",
    )


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    few = table.slice(0, _MAX_ROWS).combine_chunks()
    columns = [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in few.columns]
    return pa.RecordBatch.from_arrays(columns, few.column_names)


def _of_array(rows: np.ndarray[Any, Any], names: Sequence[str]) -> pa.RecordBatch:
    if not names:
        raise ParameterError(
            "an array has no names for what the model takes",
            input="example",
            expected="inputs=[...] beside it, or a DataFrame or record batch instead",
        )
    if len(names) == 1:
        return _of_arrays({names[0]: rows})
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ParameterError(
            "the example and the names of the inputs do not go together",
            input="inputs",
            expected=f"rows of {len(names)} values ({', '.join(names[:5])} …)",
            got=f"an array of shape {rows.shape}",
        )
    return _of_arrays({name: rows[:, index] for index, name in enumerate(names)})


def _of_arrays(arrays: Mapping[str, np.ndarray[Any, Any]]) -> pa.RecordBatch:
    columns = [_column(name, values[:_MAX_ROWS]) for name, values in arrays.items()]
    if len({len(column) for column in columns}) > 1:
        raise ParameterError(
            "the arrays of the example have different numbers of rows",
            input="example",
            got=", ".join(f"{name}: {len(values)}" for name, values in arrays.items()),
        )
    return pa.RecordBatch.from_arrays(columns, list(arrays))


def _column(name: str, values: np.ndarray[Any, Any]) -> pa.Array:
    try:
        if values.ndim <= 1:
            return pa.array(np.atleast_1d(values), from_pandas=True)
        flat = pa.array(values.reshape(-1))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"column {name!r} of the example holds what no feature is",
            input="example",
            expected="numbers or text",
            got=str(error),
        ) from error
    size = int(np.prod(values.shape[1:]))
    offsets = np.arange(len(values) + 1, dtype=np.int64) * size
    return pa.LargeListArray.from_arrays(pa.array(offsets), flat)


def _spec(name: str, column: pa.Array) -> TensorSpec:
    if not is_list(column.type):
        return TensorSpec(name, _dtype(name, column.type), (None,))
    sizes = {len(row) for row in column if row.is_valid}
    size = sizes.pop() if len(sizes) == 1 else None
    return TensorSpec(name, _dtype(name, column.type.value_type), (None, size))


def _dtype(name: str, type_: pa.DataType) -> str:
    types = pa.types
    if types.is_dictionary(type_):
        return _dtype(name, type_.value_type)
    if any(
        check(type_)
        for check in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    ):
        return "string"
    if types.is_null(type_):
        return "float64"
    if types.is_integer(type_) or types.is_floating(type_) or types.is_boolean(type_):
        return str(np.dtype(type_.to_pandas_dtype()))
    raise DataError(
        f"column {name!r} of the example holds what no feature is",
        input="example",
        expected="numbers or text",
        got=str(type_),
    )
