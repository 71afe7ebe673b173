# SPDX-License-Identifier: Apache-2.0
"""Columns of results as TensorFlow's ``TensorProto``, one message a row, without TensorFlow.

A row's tensor has one more dimension than its value, of size 1: the batch that the row would be if it were sent alone.
Single numbers stand in the typed fields and several in ``tensor_content``, where ``tf.make_tensor_proto`` puts them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError
from penstock.inference.wire_format import bytes_field, field_head, integer_field, varint

Array = npt.NDArray[Any]

_DTYPE, _SHAPE, _CONTENT, _STRINGS = 1, 2, 4, 8
_STRING_CODE, _BOOL_CODE = 7, 10
_CODES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "int64": 9, "bool": _BOOL_CODE,
    "uint16": 17, "float16": 19, "uint32": 22, "uint64": 23,
}  # fmt: skip
_FLOAT_NAMES = {"halffloat": "float16", "float": "float32", "double": "float64"}
_FLOAT_FIELDS = {"float32": 5, "float64": 6}
_INTEGER_FIELDS = {
    "int32": 7, "uint8": 7, "int16": 7, "int8": 7, "uint16": 7, "int64": 10, "bool": 11, "float16": 13,
    "uint32": 16, "uint64": 17,
}  # fmt: skip


def row_tensors(column: pa.Array, row_shape: Sequence[int | None] | None = None) -> list[bytes | None]:
    """Returns the serialized ``TensorProto`` of each row of a column, ``None`` where the row has no value.

    Args:
        column: Numbers, truth values, text or bytes, or lists of these to any depth.
        row_shape: Dimensions of one row as the model declares them; they say whether a single value is one alone or
            the only one of a list. ``None`` means those of the column.

    Raises:
        DataError: The column is of a type that tensors do not have.
    """
    dtype = _dtype(_leaf(column.type), column.type)
    dense = _dense(column, dtype)
    if dense is None:
        return [None if row is None else _one(row, dtype) for row in column.to_pylist()]
    if dense.ndim == 1 and row_shape and all(size in (1, None) for size in row_shape):
        dense = dense.reshape((len(dense), *(1 for _ in row_shape)))
    return list(_tensors(dense, dtype))


def uniform_tensors(values: Array) -> list[bytes]:
    """Returns the serialized ``TensorProto`` of each row of an array, whose first dimension are the rows."""
    dtype = "string" if values.dtype.kind in "OSU" else values.dtype.name
    if dtype not in _CODES and dtype != "string":
        raise _unknown(values.dtype)
    return list(_tensors(values, dtype))


def _is_list(type_: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_))


def _leaf(type_: pa.DataType) -> pa.DataType:
    return _leaf(type_.value_type) if _is_list(type_) else type_


def _dtype(leaf: pa.DataType, whole: pa.DataType) -> str:
    types = pa.types
    if types.is_string(leaf) or types.is_large_string(leaf):
        return "string"
    if types.is_binary(leaf) or types.is_large_binary(leaf):
        return "string"
    if types.is_boolean(leaf):
        return "bool"
    if not (types.is_integer(leaf) or types.is_floating(leaf)):
        raise _unknown(whole)
    # Arrow's own names but for floats; its way to NumPy's imports pandas in newer versions.
    return _FLOAT_NAMES.get(str(leaf), str(leaf))


def _unknown(type_: object) -> DataError:
    return DataError(
        f"values of type {type_} cannot be a tensor",
        expected="numbers, truth values, text or bytes, or lists of these",
        hint="leave the column out with inference_config.outputs, or choose result_format='parquet'",
    )


def _dense(column: pa.Array, dtype: str) -> Array | None:
    """Returns a column as one array, ``None`` where rows are missing or of several shapes."""
    if column.null_count:
        return None
    if not _is_list(column.type):
        if dtype == "string":
            return np.array(column.to_pylist(), dtype=object)
        values: Array = column.to_numpy(zero_copy_only=False)
        return values
    if pa.types.is_fixed_size_list(column.type):
        lengths = np.full(len(column), column.type.list_size)
    else:
        lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    if not len(lengths) or (lengths != lengths[0]).any():
        return None
    inner = _dense(column.flatten(), dtype)
    return None if inner is None else inner.reshape((len(column), int(lengths[0]), *inner.shape[1:]))


def _one(row: Any, dtype: str) -> bytes:
    values = np.array(row, dtype=object if dtype == "string" else dtype)
    return next(_tensors(values[np.newaxis], dtype))


def _tensors(values: Array, dtype: str) -> Iterator[bytes]:
    """Returns the messages of the rows; what all of them share is made once."""
    code = _STRING_CODE if dtype == "string" else _CODES[dtype]
    dimensions = b"".join(
        bytes_field(2, integer_field(1, size) if size else b"") for size in (1, *values.shape[1:])
    )
    head = integer_field(_DTYPE, code) + bytes_field(_SHAPE, dimensions)
    rows = values.reshape((len(values), math.prod(values.shape[1:])))
    count = rows.shape[1]
    if dtype == "string":
        texts = (b"".join(bytes_field(_STRINGS, _as_bytes(value)) for value in row) for row in rows.tolist())
        return (head + text for text in texts)
    if count and dtype != "bool" and (count > 1 or dtype in _FLOAT_FIELDS):
        size = rows.itemsize * count
        prefix = head + field_head(_CONTENT if count > 1 else _FLOAT_FIELDS[dtype], size)
        content = rows.tobytes()
        return (prefix + content[start : start + size] for start in range(0, len(content), size))
    if dtype == "float16":
        rows = rows.view(np.uint16)
    return (head + _integers(_INTEGER_FIELDS.get(dtype, 0), row) for row in rows.tolist())


def _integers(number: int, row: Sequence[int]) -> bytes:
    return bytes_field(number, b"".join(map(varint, row))) if row else b""


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
