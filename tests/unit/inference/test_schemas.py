# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.inference.schemas import common_schema, concat_arrays, conform, stored_schema


def _schema(type_: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field("c", type_)])


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (pa.null(), pa.int64(), pa.int64()),
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.int64(), pa.uint8(), pa.int64()),
        (pa.int64(), pa.float32(), pa.float32()),
        (pa.float32(), pa.float64(), pa.float64()),
        (pa.bool_(), pa.int64(), pa.int64()),
        (pa.string(), pa.large_string(), pa.large_string()),
        (pa.string(), pa.binary(), pa.binary()),
        (pa.dictionary(pa.int32(), pa.string()), pa.string(), pa.string()),
        (pa.float32(), pa.list_(pa.float32()), pa.list_(pa.float32())),
        (pa.list_(pa.null()), pa.list_(pa.int64()), pa.list_(pa.int64())),
    ],
)
def test_the_wider_of_two_types(one: pa.DataType, other: pa.DataType, common: pa.DataType) -> None:
    assert common_schema([_schema(one), _schema(other)]).field("c").type == common
    assert common_schema([_schema(other), _schema(one)]).field("c").type == common


@pytest.mark.parametrize("other", [pa.string(), pa.timestamp("s"), pa.list_(pa.string())])
def test_types_without_a_common_one_are_refused(other: pa.DataType) -> None:
    with pytest.raises(DataError, match="column 'c' changes its type"):
        common_schema([_schema(pa.int64()), _schema(other)])


def test_columns_stand_in_the_order_in_which_they_came() -> None:
    first = pa.schema([("b", pa.int64()), ("a", pa.int64())])
    second = pa.schema([("a", pa.int64()), ("c", pa.int64()), ("b", pa.int64())])

    assert common_schema([first, second]).names == ["b", "a", "c"]


def test_a_batch_is_brought_into_a_schema() -> None:
    batch = pa.RecordBatch.from_pydict({"a": [1, None], "n": pa.nulls(2)})
    schema = pa.schema([("n", pa.string()), ("a", pa.list_(pa.float64())), ("missing", pa.int64())])

    assert conform(batch, schema).to_pydict() == {
        "n": [None, None],
        "a": [[1.0], None],
        "missing": [None, None],
    }


def test_a_value_that_does_not_fit_is_told() -> None:
    with pytest.raises(DataError, match="column 'a' has values that do not fit"):
        conform(pa.RecordBatch.from_pydict({"a": [300]}), pa.schema([("a", pa.int8())]))


def test_what_never_had_a_value_is_stored_as_text() -> None:
    schema = pa.schema([("a", pa.null()), ("b", pa.list_(pa.null())), ("c", pa.int8())])

    assert stored_schema(schema).types == [pa.string(), pa.list_(pa.string()), pa.int8()]


def test_arrays_of_several_types_become_one() -> None:
    parts = [pa.nulls(1), pa.array([1], pa.int32()), pa.array([2.5], pa.float64())]

    assert concat_arrays(parts).to_pylist() == [None, 1.0, 2.5]
