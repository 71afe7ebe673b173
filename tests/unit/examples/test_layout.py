# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sys

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import DataError, DependencyError
from penstock.examples import layout
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import METADATA_KEY, FeatureSet, FeatureSpec
from penstock.examples.layout import (
    decode_examples,
    encode_examples,
    example_schema,
    table_schema,
    to_example_layout,
    to_table_layout,
)

INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32, allow_nan=False)


def rows_of(values: st.SearchStrategy[object]) -> st.SearchStrategy[list[list[object] | None]]:
    """Rows of a feature: missing, empty, one value, several."""
    return st.lists(st.none() | st.lists(values, max_size=3), min_size=5, max_size=5)


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [
            pa.array(draw(rows_of(INTS)), pa.large_list(pa.int64())),
            pa.array(draw(rows_of(FLOATS)), pa.large_list(pa.float32())),
            pa.array(draw(rows_of(st.binary(max_size=4))), pa.large_list(pa.large_binary())),
            pa.array(draw(rows_of(st.text(max_size=3).map(str.encode))), pa.large_list(pa.large_binary())),
        ],
        ["i", "f", "b", "t"],
    )


def discovered(batch: pa.RecordBatch) -> FeatureSet:
    discovery = FeatureDiscovery()
    discovery.observe(batch)
    return discovery.features()


@given(batches())
def test_layouts_and_tf_examples_keep_every_value(batch: pa.RecordBatch) -> None:
    features = discovered(batch)
    table = to_table_layout(batch, features)
    assert table.schema.equals(table_schema(features), check_metadata=True)
    again = to_example_layout(table, features)
    assert again.schema == example_schema(features)
    assert again.to_pydict() == batch.to_pydict()
    parsed = decode_examples(encode_examples(table), features)
    assert parsed.schema == example_schema(features)
    assert parsed.to_pydict() == batch.to_pydict()


@given(batches(), st.integers(0, 4), st.integers(0, 5))
def test_slices_are_as_good_as_copies(batch: pa.RecordBatch, start: int, length: int) -> None:
    features = discovered(batch)
    part = batch.slice(start, length)
    table = to_table_layout(batch, features).slice(start, length)
    assert to_example_layout(table, features).to_pydict() == part.to_pydict()
    assert to_table_layout(part, features).to_pydict() == table.to_pydict()
    assert decode_examples(encode_examples(part), features).to_pydict() == part.to_pydict()


def test_a_feature_with_one_value_at_most_is_a_plain_nullable_column() -> None:
    batch = pa.record_batch([pa.array([[1], None, [3]]), pa.array([[b"a"], [b"b"], None])], ["n", "t"])
    table = to_table_layout(batch, discovered(batch))
    assert table.schema.types == [pa.int64(), pa.string()]
    assert table.to_pydict() == {"n": [1, None, 3], "t": ["a", "b", None]}
    assert METADATA_KEY in table.schema.metadata


def test_bytes_that_are_not_utf8_are_binary_and_lists_are_lists() -> None:
    batch = pa.record_batch([pa.array([[b"\xff"], [b"b"]]), pa.array([[1.5], [1.5, 2.5]])], ["b", "l"])
    assert to_table_layout(batch, discovered(batch)).schema.types == [pa.binary(), pa.list_(pa.float32())]


def test_a_column_without_values_keeps_its_empty_lists() -> None:
    batch = pa.record_batch([pa.array([[], None], pa.list_(pa.null())), pa.nulls(2)], ["e", "n"])
    features = discovered(batch)
    table = to_table_layout(batch, features)
    assert table.to_pydict() == {"e": [[], None], "n": [None, None]}
    assert to_example_layout(table, features).to_pydict() == {"e": [[], None], "n": [None, None]}


def test_missing_columns_are_missing_in_every_row() -> None:
    features = FeatureSet((FeatureSpec("x", "int"), FeatureSpec("y", "float", is_list=True)))
    batch = pa.record_batch([pa.array([1, 2])], ["x"])
    assert to_table_layout(batch, features).to_pydict() == {"x": [1, 2], "y": [None, None]}
    assert to_example_layout(batch, features).to_pydict() == {"x": [[1], [2]], "y": [None, None]}
    assert decode_examples([b"", b""], features).to_pydict() == {"x": [None, None], "y": [None, None]}


@pytest.mark.parametrize(
    ("column", "feature", "said"),
    [
        (pa.array([1.5]), FeatureSpec("x", "int"), "changes its kind"),
        (pa.array([[1, 2]]), FeatureSpec("x", "int"), "several values or an empty list"),
        (pa.array([[]], pa.list_(pa.int64())), FeatureSpec("x", "int"), "several values or an empty list"),
        (pa.array([b"\xff"]), FeatureSpec("x", "bytes", is_text=True), "expected: UTF-8 text"),
        (pa.array([2**64 - 1], pa.uint64()), FeatureSpec("x", "int"), "does not fit"),
        (pa.array([0], pa.timestamp("s")), FeatureSpec("x", "int"), "cannot be a feature; input: x"),
    ],
)
def test_a_column_that_does_not_fit_its_feature_is_named(
    column: pa.Array, feature: FeatureSpec, said: str
) -> None:
    batch = pa.RecordBatch.from_arrays([column], ["x"])
    with pytest.raises(DataError, match=said):
        to_table_layout(batch, FeatureSet((feature,)))


def test_what_is_no_tf_example_is_refused() -> None:
    with pytest.raises(DataError, match="not tf.Examples"):
        decode_examples([b"abc"])


def test_a_feature_of_two_kinds_in_one_batch_is_refused() -> None:
    records = encode_examples(pa.record_batch([pa.array([1])], ["x"])) + encode_examples(
        pa.record_batch([pa.array([1.5])], ["x"])
    )
    with pytest.raises(DataError, match='feature "x"'):
        decode_examples(records)


def test_a_missing_tfx_bsl_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tfx_bsl.coders", None)
    layout._encoder.cache_clear()
    with pytest.raises(DependencyError, match=r"needs the library tfx-bsl.*penstock\[tensorflow\]"):
        encode_examples(pa.record_batch([pa.array([1])], ["x"]))
