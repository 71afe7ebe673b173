# SPDX-License-Identifier: Apache-2.0
"""tf.Examples without TensorFlow, read back by a parser of the wire format that knows nothing of how they are made."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pyarrow as pa
import pytest
from result_files import every_type

from penstock.errors import DataError
from penstock.inference.sinks.folder.examples import check_examples, examples

Fields = Iterator[tuple[int, bytes]]


def varint(data: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[start]
        value, shift, start = value | (byte & 0x7F) << shift, shift + 7, start + 1
        if byte < 0x80:
            return value, start


def fields(data: bytes) -> Fields:
    place = 0
    while place < len(data):
        tag, place = varint(data, place)
        assert tag & 7 == 2
        size, place = varint(data, place)
        assert place + size <= len(data)
        yield tag >> 3, data[place : place + size]
        place += size


def parsed(example: bytes) -> dict[str, list[int] | list[float] | list[bytes]]:
    ((number, features),) = fields(example)
    assert number == 1
    found: dict[str, list[int] | list[float] | list[bytes]] = {}
    for _, entry in fields(features):
        parts = dict(fields(entry))
        ((kind, values),) = fields(parts[2])
        content = [value for _, value in fields(values)]
        if kind == 1:
            found[parts[1].decode()] = content
        elif kind == 2:
            found[parts[1].decode()] = [
                number for data in content for (number,) in struct.iter_unpack("<f", data)
            ]
        else:
            found[parts[1].decode()] = [number for data in content for number in integers(data)]
    return found


def integers(data: bytes) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = varint(data, place)
        yield value - (1 << 64) if value >= 1 << 63 else value


def test_every_type_comes_back() -> None:
    (batch,) = every_type().combine_chunks().to_batches()
    first, second, third = (parsed(example) for example in examples(batch))
    assert first["whole"] == [1]
    assert second["whole"] == [-(2**53) - 1]
    assert first["single"] == [pytest.approx(0.1)]
    assert first["truth"] == [1]
    assert second["truth"] == [0]
    assert first["bytes"] == [b"\x00\xff"]
    assert second["bytes"] == [b""]
    assert first["day"] == [b"2024-01-31"]
    assert first["instant"] == [b"2024-01-31T11:00:00.000000Z"]
    assert first["price"] == [b"1.50"]
    assert first["numbers"] == pytest.approx([0.1, 0.2])
    assert second["numbers"] == []
    assert first["found"] == [b'[{"label":"cat","score":0.9,"box":[0.0,1.5]}]']
    assert first["kind"] == [b"x"]
    assert third == {"key": [b"c"]}


def test_equal_rows_give_equal_bytes_whatever_the_order_of_columns() -> None:
    one = pa.RecordBatch.from_arrays([pa.array([1]), pa.array(["x"])], ["a", "b"])
    other = pa.RecordBatch.from_arrays([pa.array(["x"]), pa.array([1])], ["b", "a"])
    assert examples(one) == examples(other)


def test_long_values_have_long_lengths() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([b"x" * 70_000]), pa.array([list(range(500))])], ["b", "n"])
    (found,) = (parsed(example) for example in examples(batch))
    assert found == {"b": [b"x" * 70_000], "n": list(range(500))}


def test_a_slice_has_its_own_rows() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([[1], [2, 3], None, [4]])], ["n"]).slice(1, 3)
    assert [parsed(example) for example in examples(batch)] == [{"n": [2, 3]}, {}, {"n": [4]}]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (pa.array([2**63], pa.uint64()), "'n' has a number that int64 cannot hold"),
        (pa.array([[1, None]]), "'n' has a list with a missing value"),
    ],
)
def test_what_no_example_can_hold(array: pa.Array, message: str) -> None:
    with pytest.raises(DataError, match=message):
        examples(pa.RecordBatch.from_arrays([array], ["n"]))


def test_a_name_stands_once() -> None:
    with pytest.raises(DataError, match="several columns a"):
        check_examples(pa.schema([("a", pa.int64()), ("a", pa.string())]))
