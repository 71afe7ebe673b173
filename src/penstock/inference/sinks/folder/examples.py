# SPDX-License-Identifier: Apache-2.0
"""Rows as serialized tf.Examples, without TensorFlow; equal rows give equal bytes.

Field numbers are those of ``tensorflow/core/example/{example,feature}.proto``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError
from penstock.inference.sinks.plain_values import decoded, is_bytes, is_nested, plain_texts
from penstock.inference.wire_format import bytes_field, varint

_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
_VALUE = 1
_FEATURES, _FEATURE, _NAME, _FEATURE_VALUE = 1, 1, 1, 2
_LENGTH_DELIMITED = 2
_INT64_MAX = (1 << 63) - 1


def examples(batch: pa.RecordBatch) -> list[bytes]:
    """Returns the rows of a batch as tf.Examples.

    Whole numbers and truth values are int64, other numbers float, all else bytes: text in UTF-8, times in ISO 8601,
    nested values other than plain lists as JSON. What is missing is left out.

    Raises:
        DataError: A whole number is too large.
    """
    names = sorted(batch.schema.names)
    columns = [_entries(name, decoded(batch.column(batch.schema.get_field_index(name)))) for name in names]
    rows: Sequence[tuple[bytes, ...]] = list(zip(*columns, strict=True)) if columns else [()] * batch.num_rows
    return [bytes_field(_FEATURES, b"".join(row)) for row in rows]


def check_examples(schema: pa.Schema) -> None:
    """Refuses columns that no tf.Example can hold.

    Raises:
        DataError: Two columns have the same name.
    """
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise DataError("a tf.Example holds a feature once", got=f"several columns {', '.join(twice)}")


def _entries(name: str, column: pa.Array) -> list[bytes]:
    """Returns the entry of a feature for each row; nothing where the row has none."""
    lists, kind = _as_lists(column), _kind(column.type)
    values = lists.flatten()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    if values.null_count:
        raise DataError(
            f"column {name!r} has a list with a missing value", input=name, expected="a value in each place"
        )
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    key, present = name.encode(), lists.is_valid().to_pylist()
    return [
        _head(key, kind, len(content)) + content if there else b""
        for content, there in zip(_contents(values, kind, bounds, name), present, strict=True)
    ]


@lru_cache(maxsize=4096)
def _head(name: bytes, kind: int, size: int) -> bytes:
    """Returns what stands before the content of a feature's list: everything else of its entry."""
    # The content is the last of what each message holds, so only its size matters to what is before it.
    head, total = b"", size
    if kind != _BYTES_LIST:
        head, total = _opening(_VALUE, total)
    for number, before in ((kind, b""), (_FEATURE_VALUE, bytes_field(_NAME, name)), (_FEATURE, b"")):
        opening = varint(number << 3 | _LENGTH_DELIMITED) + varint(total)
        head = before + opening + head
        total = len(head) + size
    return head


def _opening(number: int, size: int) -> tuple[bytes, int]:
    opening = varint(number << 3 | _LENGTH_DELIMITED) + varint(size)
    return opening, len(opening) + size


def _contents(values: pa.Array, kind: int, bounds: np.ndarray, name: str) -> Iterator[bytes]:  # type: ignore[type-arg]  # int64
    if kind == _FLOAT_LIST:
        data = (
            pc.cast(values, pa.float32(), safe=False).to_numpy(zero_copy_only=False).astype("<f4").tobytes()
        )
        places = (4 * bounds).tolist()
        yield from (data[start:end] for start, end in pairwise(places))
        return
    places = bounds.tolist()
    fields = _integers(values, name) if kind == _INT64_LIST else _texts(values)
    for start, end in pairwise(places):
        yield fields[start] if end == start + 1 else b"".join(fields[start:end])


def _integers(values: pa.Array, name: str) -> list[bytes]:
    if pa.types.is_uint64(values.type) and len(values) and pc.max(values).as_py() > _INT64_MAX:
        raise DataError(f"column {name!r} has a number that int64 cannot hold", input=name)
    numbers = pc.cast(values, pa.int64()).to_numpy(zero_copy_only=False).tolist()
    known = {number: varint(number) for number in set(numbers)}
    return [known[number] for number in numbers]


def _texts(values: pa.Array) -> list[bytes]:
    texts = values if is_bytes(values.type) else plain_texts(values).cast(pa.binary())
    return [bytes_field(_VALUE, text) for text in texts.to_pylist()]


def _kind(type_: pa.DataType) -> int:
    value = type_.value_type if _is_plain_list(type_) else type_
    if pa.types.is_integer(value) or pa.types.is_boolean(value):
        return _INT64_LIST
    return _FLOAT_LIST if pa.types.is_floating(value) else _BYTES_LIST


def _as_lists(column: pa.Array) -> pa.Array:
    """Returns a column as lists: a single value as a list of one."""
    if _is_plain_list(column.type):
        if not pa.types.is_fixed_size_list(column.type):
            return column
        return pa.array(column.to_pylist(), pa.list_(column.type.value_type))
    if is_nested(column.type) or pa.types.is_null(column.type):
        column = plain_texts(column)
    valid = column.is_valid()
    offsets = np.concatenate([[0], np.cumsum(valid.to_numpy(zero_copy_only=False))]).astype(np.int32)
    missing = np.append(~valid.to_numpy(zero_copy_only=False), False)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=missing), column.drop_null())


def _is_plain_list(type_: pa.DataType) -> bool:
    types = pa.types
    lists = types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)
    return bool(lists and not is_nested(type_.value_type))
