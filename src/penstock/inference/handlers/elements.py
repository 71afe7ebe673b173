# SPDX-License-Identifier: Apache-2.0
"""The rows of a batch as the elements that handlers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.errors import DataError
from penstock.examples.layout import is_list
from penstock.inference.failures import UnfitInputError
from penstock.inference.spec import ElementKind
from penstock.models import TensorSpec
from penstock.models.columns import dense_column, text_column


def elements_of(batch: pa.RecordBatch, kind: ElementKind) -> Sequence[Any]:
    """Returns an element per row; for ``batch``, one element for all rows.

    Args:
        batch: The columns that the handler is to have, in order.
        kind: What it takes, see ``ModelSettings.elements``.

    Raises:
        DataError: Rows have no value, or lists of differing lengths, where an array is to be made of them.
        UnfitInputError: A column is of a kind that no such element can have.
    """
    if kind == "batch":
        return [batch]
    if kind == "dict":
        return list(batch.to_pylist())
    if kind == "text":
        return list(text_column(batch, TensorSpec(_only_text(batch), "string", (None,))))
    if kind == "pandas":
        frame = batch.to_pandas()
        return [frame.iloc[[row]] for row in range(batch.num_rows)]
    if kind == "numpy":
        return list(_matrix(batch))
    return _tensors(batch, kind)


def _matrix(batch: pa.RecordBatch) -> np.ndarray[Any, Any]:
    arrays = [_numbers(batch, name) for name in batch.schema.names]
    if len(arrays) == 1:
        return arrays[0].reshape(batch.num_rows, -1)
    if not arrays:
        raise UnfitInputError("the rows have no column to make arrays of", expected="features")
    dtype = np.result_type(*(array.dtype for array in arrays))
    stacked: np.ndarray[Any, Any] = np.concatenate(
        [array.reshape(batch.num_rows, -1) for array in arrays], axis=1, dtype=dtype
    )
    return stacked


def _tensors(batch: pa.RecordBatch, kind: ElementKind) -> Sequence[Any]:
    import torch

    if kind == "tensor":  # of the type of a module's weights, which integers are not
        return list(torch.from_numpy(np.ascontiguousarray(_matrix(batch), dtype=np.float32)).unbind())
    columns = {name: torch.from_numpy(_owned(_numbers(batch, name))).unbind() for name in batch.schema.names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _owned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    kept = array.astype(np.float32, copy=False) if array.dtype == np.float64 else array
    return kept if kept.flags.writeable else kept.copy()


def _numbers(batch: pa.RecordBatch, name: str) -> np.ndarray[Any, Any]:
    type_ = batch.schema.field(name).type
    value = type_.value_type if is_list(type_) else type_
    types = pa.types
    if not (types.is_integer(value) or types.is_floating(value) or types.is_boolean(value)):
        raise UnfitInputError(
            f"column {name!r} is no number, and the handler takes arrays of numbers",
            input=name,
            expected="columns of numbers",
            got=str(type_),
            hint="name the columns that it takes as the model's features, or say other elements",
        )
    return dense_column(batch, TensorSpec(name, np.dtype(value.to_pandas_dtype()).name))


def _only_text(batch: pa.RecordBatch) -> str:
    names = [field.name for field in batch.schema if _is_text(field.type)]
    if len(names) == 1:
        return str(names[0])
    raise UnfitInputError(
        "the handler takes a text a row, and the rows have "
        + (f"{len(names)} columns of text" if names else "no column of text"),
        input="features",
        expected="one column",
        got=", ".join(names or batch.schema.names),
        hint="name the column as the model's one feature",
    )


def _is_text(type_: pa.DataType) -> bool:
    value = type_.value_type if is_list(type_) else type_
    types = pa.types
    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(check(value) for check in checks)


def keys_of(batch: pa.RecordBatch, column: str | None) -> Sequence[Any]:
    """Returns the key of each row: the values of a column, or numbers.

    Raises:
        DataError: A row has no key.
        UnfitInputError: There is no such column.
    """
    if column is None:
        return range(batch.num_rows)
    index = batch.schema.get_field_index(column)
    if index < 0:
        raise UnfitInputError(
            f"the rows have no column {column!r}, whose values are to be the handler's keys",
            input="element_key",
        )
    keys: list[Any] = batch.column(index).to_pylist()
    keys = [key[0] if isinstance(key, list) and len(key) == 1 else key for key in keys]
    if any(key is None for key in keys):
        raise DataError(
            f"column {column!r} has no value, which is the row's key for the handler", input=column
        )
    return keys
