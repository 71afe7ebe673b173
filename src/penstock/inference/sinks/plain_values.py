# SPDX-License-Identifier: Apache-2.0
"""Columns as plain Python values and as JSON text: how bytes, dates, missing and infinite numbers are written.

Bytes are base64, dates and times ISO 8601 (moments with a time zone in UTC, ending in ``Z``), decimals text; what is no
finite number is null. A float32 has the digits that tell it from its neighbours, and no more.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ESCAPED = r'["\\\x00-\x1f]'
"""What JSON does not have inside text as it is."""


def values_of(column: pa.Array) -> list[Any]:
    """Returns a column as Python values, ``None`` for what is missing; numbers faster than Arrow itself does."""
    column = decoded(column)
    type_ = column.type
    if not (pa.types.is_integer(type_) or pa.types.is_floating(type_)) or pa.types.is_float16(type_):
        plain: list[Any] = column.to_pylist()
        return plain
    missing = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else ()
    filled = pc.fill_null(column, 0) if column.null_count else column
    values: list[Any] = filled.to_numpy(zero_copy_only=False).tolist()
    for index in np.flatnonzero(missing):
        values[index] = None
    return values


def finite_values(column: pa.Array) -> list[Any]:
    """Returns :func:`values_of` a column, with ``None`` for what is no finite number."""
    return values_of(finite_doubles(column) if pa.types.is_floating(column.type) else column)


def finite_doubles(column: pa.Array) -> pa.Array:
    """Returns a column of numbers as float64 with null for what is no finite number.

    A float32 becomes the number that its shortest digits say, 0.1 and not 0.10000000149011612, which is the same
    float32 when it is read back.
    """
    column = without_infinite(column)
    if pa.types.is_float32(column.type):
        column = pc.cast(column, pa.string())
    return pc.cast(column, pa.float64())


def without_infinite(column: pa.Array) -> pa.Array:
    """Returns a column of numbers with null for what is no finite number; float16 as float32."""
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    finite = pc.is_finite(column)
    if pc.all(finite).as_py() is not False:
        return column
    return pc.if_else(finite, column, pa.scalar(None, column.type))


def decoded(column: pa.Array) -> pa.Array:
    """Returns a column without the dictionary that it may have."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def moment_texts(column: pa.Array) -> pa.Array:
    """Returns moments as ``2024-01-31 12:00:00.000000``, those with a time zone in UTC; nanoseconds are cut."""
    unit = "us" if column.type.unit == "ns" else column.type.unit
    if column.type.tz:
        column = pc.cast(column, pa.timestamp(column.type.unit, "UTC"))
    return pc.cast(pc.cast(column, pa.timestamp(unit), safe=False), pa.string())


def iso_texts(column: pa.Array) -> pa.Array:
    """Returns dates, times and moments as ISO 8601."""
    if not pa.types.is_timestamp(column.type):
        return pc.cast(column, pa.string())
    texts = pc.replace_substring(moment_texts(column), " ", "T", max_replacements=1)
    return pc.binary_join_element_wise(texts, "Z", "") if column.type.tz else texts


def base64_texts(column: pa.Array) -> pa.Array:
    """Returns bytes as base64."""
    values = column.to_pylist()
    texts = [None if value is None else base64.b64encode(value).decode("ascii") for value in values]
    return pa.array(texts, pa.string())


def nested_texts(column: pa.Array) -> pa.Array:
    """Returns lists, structs and maps as JSON texts; null where a value is missing."""
    return pc.if_else(column.is_valid(), json_texts(column), pa.scalar(None, pa.string()))


def plain_texts(column: pa.Array) -> pa.Array:
    """Returns a column as text: JSON for nested values, base64 for bytes, ISO 8601 for times, digits for numbers."""
    column, types = decoded(column), pa.types
    if is_nested(column.type):
        return nested_texts(column)
    if is_bytes(column.type):
        return base64_texts(column)
    if types.is_decimal(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return iso_texts(column) if types.is_temporal(column.type) else pc.cast(column, pa.string())


def json_values(column: pa.Array) -> list[Any]:
    """Returns a column as values that JSON has."""
    return [json.loads(text) for text in json_texts(column).to_pylist()]


def json_texts(column: pa.Array) -> pa.Array:
    """Returns a column as one JSON text a row; ``null`` where a value is missing."""
    column = decoded(column)
    types, type_ = pa.types, column.type
    if types.is_null(type_):
        return pa.array(["null"] * len(column), pa.string())
    if types.is_map(type_):
        texts = _map_texts(column)
    elif types.is_struct(type_):
        names = [type_[index].name for index in range(type_.num_fields)]
        texts = object_texts(names, column.flatten(), len(column))
    elif is_nested(type_):
        texts = _list_texts(column)
    elif types.is_floating(type_):
        column = without_infinite(column)
        texts = pc.cast(column, pa.string())
        # 100.0 and not 100, so that whoever reads it takes it for what it is in all rows.
        whole = pc.match_substring_regex(texts, r"^-?[0-9]+$")
        texts = pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    elif types.is_integer(type_) or types.is_boolean(type_):
        texts = pc.cast(column, pa.string())
    else:
        texts = _quoted(plain_texts(column))
    return texts if not column.null_count else pc.if_else(column.is_valid(), texts, "null")


def object_texts(names: Sequence[str], columns: Sequence[pa.Array], rows: int) -> pa.Array:
    """Returns JSON objects, one a row, with the values of columns under their names."""
    if not names:
        return pa.array(["{}"] * rows, pa.string())
    parts: list[Any] = []
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        parts += [("," if index else "{") + json.dumps(name, ensure_ascii=False) + ":", json_texts(column)]
    return pc.binary_join_element_wise(*parts, "}", "")


def is_nested(type_: pa.DataType) -> bool:
    """Says whether a column holds lists, structs or maps; Arrow's own test knows not all lists in all versions."""
    types = pa.types
    lists = types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)
    return bool(lists or types.is_struct(type_) or types.is_map(type_))


def is_bytes(type_: pa.DataType) -> bool:
    """Says whether a column holds bytes."""
    types = pa.types
    return bool(types.is_binary(type_) or types.is_large_binary(type_) or types.is_fixed_size_binary(type_))


def _quoted(texts: pa.Array) -> pa.Array:
    texts = pc.cast(texts, pa.string())
    if pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        values = texts.to_pylist()
        return pa.array([json.dumps(value or "", ensure_ascii=False) for value in values], pa.string())
    return pc.binary_join_element_wise('"', texts, '"', "")


def _list_texts(column: pa.Array) -> pa.Array:
    if pa.types.is_fixed_size_list(column.type):
        # What a missing one holds is flattened by some versions of Arrow only.
        column = pa.array(column.to_pylist(), pa.list_(column.type.value_type))
    joined = _joined(column, json_texts(column.flatten()))
    return pc.binary_join_element_wise("[", joined, "]", "")


def _map_texts(column: pa.Array) -> pa.Array:
    entries = column.cast(pa.list_(pa.struct([("k", column.type.key_type), ("v", column.type.item_type)])))
    keys, values = entries.flatten().flatten()
    pairs = pc.binary_join_element_wise(_quoted(plain_texts(keys)), json_texts(values), ":")
    return pc.binary_join_element_wise("{", _joined(entries, pairs), "}", "")


def _joined(lists: pa.Array, texts: pa.Array) -> pa.Array:
    """Joins the texts of the values of each list with commas; no text where there is no list."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), ",")
