# SPDX-License-Identifier: Apache-2.0
"""Columns as CSV has them: numbers, truth values and dates as they are, all else as text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from penstock.inference.sinks.plain_values import plain_texts


def csv_type(type_: pa.DataType) -> pa.DataType:
    """Returns the Arrow type that stands for a column while it is written."""
    types = pa.types
    if types.is_float16(type_):
        return pa.float32()
    as_it_is = (types.is_integer, types.is_floating, types.is_boolean, types.is_null, types.is_date)
    return type_ if any(test(type_) for test in as_it_is) else pa.string()


def csv_column(column: pa.Array) -> pa.Array:
    """Returns a column as it is written: JSON for nested values, base64 for bytes, ISO 8601 for times."""
    wanted = csv_type(column.type)
    if column.type == wanted:
        return column
    return pc.cast(column, wanted) if pa.types.is_float16(column.type) else plain_texts(column)
