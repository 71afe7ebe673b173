# SPDX-License-Identifier: Apache-2.0
"""Hashes rows by their values: ``penstock-mix64``.

The hash of a row depends on the names and values of its features alone: not on the order of rows or columns, on
files, shards, or the format they are stored in. It never changes; what would change it gets another name. All
arithmetic is on 64 bits without sign, modulo 2**64.

* ``mix(x)``: ``x ^= x >> 30; x *= 0xBF58476D1CE4E5B9; x ^= x >> 27; x *= 0x94D049BB133111EB; x ^= x >> 31``.
* ``fold(v[0], v[1], …) = sum of mix(v[i] + (i + 1) * 0x9E3779B97F4A7C15)``.
* A value becomes a number: an int its two's complement; a float the bits of its float32, with one zero (positive)
  and one NaN (0x7FC00000); bytes ``mix(length + fold(words))``, where the words are the bytes eight at a time,
  little-endian, the last filled up with zeros.
* A feature with ``n`` values: ``mix(number of its name in UTF-8 + n + fold(values))``. One that is missing: 0.
* A row: ``mix(sum of its features)``. By one feature: ``mix(n + fold(values))``.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from penstock.examples.layout import is_list, kind_of, list_parts

Hashes = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_NAN_BITS = np.uint32(0x7FC00000)
_BYTES_AT_ONCE = 8 << 20


def hash_rows(batch: pa.RecordBatch) -> Hashes:
    """Returns one hash for each row of a batch of either layout."""
    total = np.zeros(batch.num_rows, dtype=np.uint64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count == len(column):
            continue
        sums, valid = _fold_rows(column)
        sums += _name_number(name)
        hashes = _mix(sums)
        if not valid.all():
            hashes[~valid] = 0
        total += hashes
    return _mix(total)


def hash_feature(column: pa.Array) -> Hashes:
    """Returns one hash for each row of a column, by its values alone. Rows without a value get one too."""
    return _mix(_fold_rows(column)[0])


def _fold_rows(column: pa.Array) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Returns the number of values plus their fold for each row, and which rows are present."""
    if not is_list(column.type):
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        return _mix(_numbers(column) + _GOLDEN) + np.uint64(1), valid
    offsets, values, valid = list_parts(column)
    return _fold(_numbers(values), offsets) + np.diff(offsets).astype(np.uint64), valid


def _numbers(values: pa.Array) -> Hashes:
    """Returns each value as a number; what a null becomes does not matter."""
    kind = kind_of(values.type)
    if kind is None:
        return np.zeros(len(values), dtype=np.uint64)
    if kind == "bytes":
        return _bytes_numbers(values)
    filled = pc.fill_null(pc.cast(values, pa.int64() if kind == "int" else pa.float32()), 0)
    array = filled.to_numpy(zero_copy_only=False)
    if kind == "int":
        return np.asarray(array.view(np.uint64))
    bits = (array + np.float32(0)).view(np.uint32)  # -0.0 + 0.0 is 0.0
    return np.where(np.isnan(array), _NAN_BITS, bits).astype(np.uint64)


def _bytes_numbers(values: pa.Array) -> Hashes:
    """Hashes text or bytes, some megabytes at a time."""
    offsets, data = _bytes_parts(values)
    numbers = np.empty(len(values), dtype=np.uint64)
    start = 0
    while start < len(values):
        end = int(np.searchsorted(offsets, offsets[start] + _BYTES_AT_ONCE, side="right")) - 1
        end = min(max(end, start + 1), len(values))
        numbers[start:end] = _hash_bytes(offsets[start : end + 1], data)
        start = end
    return numbers


def _bytes_parts(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Returns the offsets of the values (one more than there are values) and the bytes that they point into."""
    large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    _, offset_buffer, data_buffer = values.buffers()
    width = np.dtype(np.int64 if large else np.int32)
    if offset_buffer is None or not len(values):
        return np.zeros(len(values) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(offset_buffer, width, len(values) + 1, values.offset * width.itemsize)
    data = np.zeros(0, np.uint8) if data_buffer is None else np.frombuffer(data_buffer, np.uint8)
    return offsets.astype(np.int64), data


def _hash_bytes(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> Hashes:
    lengths = np.diff(offsets)
    counts = (lengths + 7) // 8
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    within = np.arange(ends[-1], dtype=np.int64) - np.repeat(ends[:-1], counts)
    first = int(offsets[0])
    padded = np.concatenate([data[first : int(offsets[-1])], np.zeros(8, dtype=np.uint8)])
    at_each_byte: Hashes = np.ndarray((len(padded) - 7,), dtype="<u8", buffer=padded.data, strides=(1,))
    words = at_each_byte[np.repeat(offsets[:-1] - first, counts) + 8 * within]
    left = np.repeat(lengths, counts) - 8 * within
    unused_bits = (8 * (8 - np.minimum(left, 8))).astype(np.uint64)
    words = (words << unused_bits) >> unused_bits
    return _mix(lengths.astype(np.uint64) + _fold_words(words, within, ends))


def _fold(numbers: Hashes, offsets: npt.NDArray[np.int64]) -> Hashes:
    within = np.arange(offsets[-1], dtype=np.int64) - np.repeat(offsets[:-1], np.diff(offsets))
    return _fold_words(numbers, within, offsets)


def _fold_words(numbers: Hashes, within: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Hashes:
    """Folds runs of numbers; ``within`` is each one's index in its run, ``ends`` where the runs begin and end."""
    mixed = _mix(numbers + (within + 1).astype(np.uint64) * _GOLDEN)
    sums = np.zeros(len(mixed) + 1, dtype=np.uint64)
    np.cumsum(mixed, out=sums[1:])
    return np.asarray(sums[ends[1:]] - sums[ends[:-1]])


def _mix(numbers: Hashes) -> Hashes:
    """Spreads every bit of each number over all bits; works in place on arrays that nobody else has."""
    numbers ^= numbers >> np.uint64(30)
    numbers *= _FIRST
    numbers ^= numbers >> np.uint64(27)
    numbers *= _SECOND
    numbers ^= numbers >> np.uint64(31)
    return numbers


@lru_cache(maxsize=4096)
def _name_number(name: str) -> np.uint64:
    return np.uint64(_bytes_numbers(pa.array([name]))[0])
