# SPDX-License-Identifier: Apache-2.0
"""``penstock-mix64`` against a second implementation, in plain Python, and against frozen numbers."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.examples import hashing
from penstock.examples.hashing import hash_feature, hash_rows
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.examples.writer import ExamplesWriter

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    x &= MASK
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & MASK
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def fold(numbers: Iterable[int]) -> int:
    return sum(mix(number + (index + 1) * GOLDEN) for index, number in enumerate(numbers)) & MASK


def number(value: object) -> int:
    if isinstance(value, int):
        return value & MASK
    if isinstance(value, float):
        return 0x7FC00000 if math.isnan(value) else int.from_bytes(struct.pack("<f", value + 0.0), "little")
    data = value.encode() if isinstance(value, str) else value
    assert isinstance(data, bytes)
    return mix(len(data) + fold(int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)))


def values_of(cell: object) -> list[object]:
    return cell if isinstance(cell, list) else [cell]


def hash_row(row: dict[str, object]) -> int:
    present = {name: values_of(cell) for name, cell in row.items() if cell is not None}
    return mix(sum(mix(number(name) + len(v) + fold(map(number, v))) for name, v in present.items()))


CELLS = {
    "i": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "f": (st.floats(width=32), pa.float32()),
    "s": (st.text(max_size=20), pa.string()),
    "b": (st.binary(max_size=20), pa.binary()),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.integers(1, 6))
    arrays, names = [], []
    for name, (values, type_) in CELLS.items():
        arrays.append(pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), type_))
        lists = st.lists(st.none() | st.lists(values, max_size=3), min_size=rows, max_size=rows)
        arrays.append(pa.array(draw(lists), draw(st.sampled_from([pa.list_, pa.large_list]))(type_)))
        names += [name, f"list of {name}"]
    return pa.RecordBatch.from_arrays(arrays, names)


@given(tables())
def test_hashes_are_as_the_docstring_defines_them(table: pa.RecordBatch) -> None:
    assert hash_rows(table).tolist() == [hash_row(row) for row in table.to_pylist()]


@given(tables(), st.data())
def test_order_of_rows_and_columns_and_slices_do_not_matter(
    table: pa.RecordBatch, data: st.DataObject
) -> None:
    hashes = hash_rows(table)
    columns = data.draw(st.permutations(table.schema.names))
    shuffled = pa.RecordBatch.from_arrays(
        [table.column(table.schema.get_field_index(n)) for n in columns], columns
    )
    assert hash_rows(shuffled).tolist() == hashes.tolist()
    order = data.draw(st.permutations(range(table.num_rows)))
    assert hash_rows(table.take(pa.array(order))).tolist() == hashes[list(order)].tolist()
    start = data.draw(st.integers(0, table.num_rows))
    assert hash_rows(table.slice(start)).tolist() == hashes[start:].tolist()


@given(tables(), st.integers(1, 40))
def test_how_much_is_hashed_at_once_does_not_matter(table: pa.RecordBatch, size: int) -> None:
    hashes = hash_rows(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashing, "_BYTES_AT_ONCE", size)
        assert hash_rows(table).tolist() == hashes.tolist()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_file_formats_do_not_matter(table: pa.RecordBatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    expected = hash_rows(table).tolist()
    formats: tuple[ExamplesFormat, ...] = ("parquet", "tfrecord")
    for format_, layout in itertools.product(formats, ("table", "examples")):
        folder = tmp_path_factory.mktemp("examples")
        with ExamplesWriter(str(folder), format=format_) as writer:
            writer.write("all", table)
        (batch,) = ExamplesReader(str(folder / "Split-all")).batches(layout=layout)  # type: ignore[arg-type]
        assert hash_rows(batch).tolist() == expected


def test_missing_columns_hash_as_missing_values_and_empty_lists_do_not() -> None:
    def one(**columns: pa.Array) -> int:
        return int(hash_rows(pa.RecordBatch.from_arrays(list(columns.values()), list(columns)))[0])

    x = pa.array([1])
    assert one(x=x) == one(x=x, y=pa.nulls(1)) == one(x=x, y=pa.array([None], pa.string()))
    assert one(x=x) == one(x=pa.array([[1]]))
    assert one(x=x) != one(x=x, y=pa.array([[]], pa.list_(pa.int64())))
    assert one(x=x) != one(y=x)
    assert one(x=pa.array([0.0])) == one(x=pa.array([-0.0])) == one(x=pa.array([0.0], pa.float32()))


def test_frozen_hashes() -> None:
    table = pa.record_batch(
        [
            pa.array([0, -1, None]),
            pa.array([0.5, float("nan"), None], pa.float32()),
            pa.array(["", "Flash Cab", "Zürich, 8 bytes and more"]),
            pa.array([[1, 2], [], None]),
        ],
        ["n", "f", "s", "l"],
    )
    assert hash_rows(table).tolist() == FROZEN_ROWS
    assert hash_feature(table.column(2)).tolist() == FROZEN_TEXTS
    assert [hash_row(row) for row in table.to_pylist()] == FROZEN_ROWS


FROZEN_ROWS = [8728496594717695198, 10399112069058196661, 6671280655995431405]
FROZEN_TEXTS = [16899028431761561291, 1079884422799298001, 1184198295643453123]


def test_buckets_are_filled_evenly() -> None:
    table = pa.record_batch([pa.array(np.arange(100_000)), pa.array(["same"] * 100_000)], ["n", "s"])
    for buckets in (2, 3, 10):
        counts = np.bincount((hash_rows(table) % np.uint64(buckets)).astype(int))
        assert len(counts) == buckets
        assert abs(counts - 100_000 / buckets).max() < 5 * math.sqrt(100_000 / buckets)


def test_every_word_and_position_counts() -> None:
    texts = [
        "",
        "a",
        "b",
        "ab",
        "ba",
        "a\0",
        "\0a",
        "\0",
        "\0\0",
        "abcdefgh",
        "abcdefghi",
        "ibcdefgha",
        "hgfedcba",
    ]
    texts += ["x" * 8 + "y" * 8, "y" * 8 + "x" * 8]
    assert len(set(hash_feature(pa.array(texts)).tolist())) == len(texts)
    lists = [[], [1], [2], [1, 2], [2, 1], [0], [0, 0], [1, 2, 0]]
    assert len(set(hash_feature(pa.array(lists)).tolist())) == len(lists)
