# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.examples.layout import to_example_layout
from penstock.models import TensorSpec
from penstock.models.columns import ColumnStack, dense_column, stacked_columns, text_column


def batch(values: list[list[object] | None], type_: pa.DataType) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, pa.large_list(type_))], ["x"])


@pytest.mark.parametrize(
    ("values", "type_", "spec", "expected"),
    [
        ([[1.5], [2.5]], pa.float32(), TensorSpec("x", "float32", (None,)), [1.5, 2.5]),
        ([[1.5], [2.5]], pa.float32(), TensorSpec("x", "float32", (None, 1)), [[1.5], [2.5]]),
        ([[1.5, 2.5]], pa.float32(), TensorSpec("x", "float64", (None, 2)), [[1.5, 2.5]]),
        ([[1, 2, 3, 4]], pa.int64(), TensorSpec("x", "float32", (None, 2, 2)), [[[1.0, 2.0], [3.0, 4.0]]]),
        ([[1, 2, 3, 4]], pa.int64(), TensorSpec("x", "int32", (None, None, 2)), [[[1, 2], [3, 4]]]),
        ([[7], [8]], pa.int64(), TensorSpec("x", "int64", None), [7, 8]),
        ([[7, 8]], pa.int64(), TensorSpec("x", "int64", None), [[7, 8]]),
        ([[0], [1]], pa.int64(), TensorSpec("x", "bool", (None,)), [False, True]),
        ([[b"a"], [b"\xff"]], pa.large_binary(), TensorSpec("x", "string", (None,)), [b"a", b"\xff"]),
        ([], pa.float32(), TensorSpec("x", "float32", (None, None)), np.zeros((0, 1))),
    ],
)
def test_columns_become_arrays_of_the_declared_type_and_shape(
    values: list[list[object] | None], type_: pa.DataType, spec: TensorSpec, expected: object
) -> None:
    array = dense_column(batch(values, type_), spec)
    assert array.dtype == np.dtype(object if spec.dtype == "string" else spec.dtype)
    np.testing.assert_array_equal(array, np.asarray(expected, dtype=array.dtype))


def test_a_slice_gives_its_own_rows() -> None:
    rows = batch([[1.0], [2.0], [3.0]], pa.float32()).slice(1, 1)
    assert dense_column(rows, TensorSpec("x", "float32", (None, 1))).tolist() == [[2.0]]


@pytest.mark.parametrize(
    ("values", "type_", "spec", "match"),
    [
        ([[1.0], None], pa.float32(), TensorSpec("x", "float32", (None,)), "1 value.* got: 0 in row 1"),
        ([[1.0], []], pa.float32(), TensorSpec("x", "float32", (None, 1)), "got: 0 in row 1"),
        ([[1.0, 2.0]], pa.float32(), TensorSpec("x", "float32", (None,)), "got: 2 in row 0"),
        ([[1.0], [1.0, 2.0]], pa.float32(), TensorSpec("x", "float32", (None, None)), "got: 2 in row 1"),
        ([[1, 2, 3]], pa.int64(), TensorSpec("x", "int64", (None, None, 2)), "got: 3 in row 0"),
        ([[1.5]], pa.float32(), TensorSpec("x", "int64", (None,)), "another type.*int64.*got: float"),
        ([[b"a"]], pa.large_binary(), TensorSpec("x", "float32", (None,)), "another type"),
        ([[300]], pa.int64(), TensorSpec("x", "uint8", (None,)), "another type.*uint8"),
        ([[-1]], pa.int64(), TensorSpec("x", "uint32", (None,)), "another type"),
        ([[2]], pa.int64(), TensorSpec("x", "bool", (None,)), "another type"),
        ([[1]], pa.int64(), TensorSpec("x", "int64", (None, None, None)), "cannot come from one list"),
        ([[1]], pa.int64(), TensorSpec("x", "int64", ()), "one value for all rows"),
        ([[1]], pa.int64(), TensorSpec("xx", "int64", (None,)), "no such feature.*did you mean 'x'"),
    ],
)
def test_what_does_not_fit_is_one_error(
    values: list[list[object] | None], type_: pa.DataType, spec: TensorSpec, match: str
) -> None:
    with pytest.raises(DataError, match=match):
        dense_column(batch(values, type_), spec)


class TestTheTableLayout:
    @pytest.mark.parametrize(
        ("values", "spec", "expected"),
        [
            (pa.array([1.5, 2.5], pa.float32()), TensorSpec("x", "float32", (None,)), [1.5, 2.5]),
            (pa.array([1.5, 2.5], pa.float64()), TensorSpec("x", "float32", (None, 1)), [[1.5], [2.5]]),
            (pa.array([1, 2], pa.int8()), TensorSpec("x", "float64", (None,)), [1.0, 2.0]),
            (pa.array([True, False]), TensorSpec("x", "int64", (None,)), [1, 0]),
            (pa.array([1, 0]), TensorSpec("x", "bool", (None, 1)), [[True], [False]]),
            (pa.array([7, 8]), TensorSpec("x", "int64", None), [7, 8]),
            (pa.array(["a", "é"]), TensorSpec("x", "string", (None,)), ["a", "é"]),
            (pa.array([b"\xff"]), TensorSpec("x", "string", (None,)), [b"\xff"]),
            (
                pa.array(["a", "b", "a"]).dictionary_encode(),
                TensorSpec("x", "string", (None,)),
                ["a", "b", "a"],
            ),
            (
                pa.array([[1.0, 2.0]], pa.list_(pa.float64())),
                TensorSpec("x", "float32", (None, 2)),
                [[1.0, 2.0]],
            ),
        ],
    )
    def test_single_values_become_arrays(self, values: pa.Array, spec: TensorSpec, expected: object) -> None:
        array = dense_column(pa.RecordBatch.from_arrays([values], ["x"]), spec)
        assert array.dtype == np.dtype(object if spec.dtype == "string" else spec.dtype)
        np.testing.assert_array_equal(array, np.asarray(expected, dtype=array.dtype))

    @pytest.mark.parametrize(
        ("values", "spec", "match"),
        [
            (pa.array([1.0, None]), TensorSpec("x", "float32", (None,)), "got: 0 in row 1"),
            (pa.array([1.0]), TensorSpec("x", "float32", (None, 3)), r"3 value\(s\).*got: 1 in row 0"),
            (pa.array([1.0]), TensorSpec("x", "int64", (None,)), "another type.*got: double"),
            (pa.array(["1"]), TensorSpec("x", "float32", (None,)), "another type.*got: string"),
            (pa.array([300]), TensorSpec("x", "int8", (None,)), "another type"),
            (pa.nulls(2), TensorSpec("x", "float32", (None,)), "got: 0 in row 0"),
        ],
    )
    def test_what_does_not_fit_is_one_error(self, values: pa.Array, spec: TensorSpec, match: str) -> None:
        with pytest.raises(DataError, match=match):
            dense_column(pa.RecordBatch.from_arrays([values], ["x"]), spec)

    @pytest.mark.parametrize(
        ("values", "dtype", "expected"),
        [
            (pa.array([1.0, None, 3.0], pa.float32()), "float32", [1.0, np.nan, 3.0]),
            (pa.array([1, None, 3]), "int64", [1.0, np.nan, 3.0]),
            (pa.array([True, None]), "float32", [1.0, np.nan]),
            (pa.nulls(2), "float64", [np.nan, np.nan]),
            (pa.array([[1.0], None, []], pa.list_(pa.float32())), "float32", [1.0, np.nan, np.nan]),
            (pa.array([[1], [2], None]), "int64", [1.0, 2.0, np.nan]),
        ],
    )
    def test_missing_numbers_become_nan_where_that_is_asked_for(
        self, values: pa.Array, dtype: str, expected: list[float]
    ) -> None:
        rows = pa.RecordBatch.from_arrays([values], ["x"])
        spec = TensorSpec("x", dtype, (None,))
        np.testing.assert_array_equal(dense_column(rows, spec, "nan"), expected)
        np.testing.assert_array_equal(ColumnStack((spec,), np.float64, "nan")(rows)[:, 0], expected)

    def test_missing_texts_become_none(self) -> None:
        for values in (
            pa.array(["a", None]),
            pa.array([b"a", None]),
            pa.array([["a"], None]),
            pa.array([[b"a"], []]),
        ):
            rows = pa.RecordBatch.from_arrays([values], ["x"])
            assert text_column(rows, TensorSpec("x", "string", (None,)), "nan").tolist() == ["a", None]
        holes = pa.RecordBatch.from_arrays([pa.array(["a", None])], ["x"])
        with pytest.raises(DataError, match="got: 0 in row 1"):
            text_column(holes, TensorSpec("x", "string", (None,)))


class TestStacks:
    SPECS = (
        TensorSpec("a", "float32", (None,)),
        TensorSpec("b", "int64", (None, 1)),
        TensorSpec("c", "float64", (None, 2)),
    )
    ROWS = pa.RecordBatch.from_arrays(
        [
            pa.array([[9.0, 9.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float64())),
            pa.array([0.0, 1.5, 2.5], pa.float32()),
            pa.array([9, 7, 8]),
        ],
        ["c", "a", "b"],
    )

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_inputs_stand_side_by_side_in_their_own_order(self, dtype: type) -> None:
        rows = self.ROWS.slice(1)
        for batch in (rows, to_example_layout(rows)):
            stacked = ColumnStack(self.SPECS, dtype)(batch)
            assert stacked.dtype == dtype
            assert stacked.tolist() == [[1.5, 7, 3, 4], [2.5, 8, 5, 6]]
            np.testing.assert_array_equal(stacked_columns(batch, self.SPECS, dtype), stacked)

    def test_no_rows_have_all_columns(self) -> None:
        assert ColumnStack(self.SPECS, np.float32)(self.ROWS.slice(0, 0)).shape == (0, 4)

    def test_an_open_size_cannot_be_stacked(self) -> None:
        with pytest.raises(DataError, match="how many values that is in a row is not said"):
            ColumnStack([TensorSpec("x", "float32", (None, None))], np.float32)

    def test_a_row_of_another_length_is_named(self) -> None:
        rows = pa.RecordBatch.from_arrays([pa.array([[1.0], [1.0, 2.0]], pa.list_(pa.float32()))], ["x"])
        with pytest.raises(DataError, match="got: 2 in row 1"):
            ColumnStack([TensorSpec("x", "float32", (None,))], np.float32)(rows)
        # As many values altogether as there should be, but not in each row.
        rows = pa.RecordBatch.from_arrays([pa.array([[], [1.0, 2.0]], pa.list_(pa.float32()))], ["x"])
        with pytest.raises(DataError, match="got: 0 in row 0"):
            ColumnStack([TensorSpec("x", "float32", (None,))], np.float32)(rows)


def test_text_is_utf8_and_the_first_row_that_is_not_is_named() -> None:
    values = [b"a"] * 5 + [b"\xff"] + [b"b", b"\xfe"]
    rows = pa.RecordBatch.from_arrays([pa.array(values)], ["x"])
    with pytest.raises(DataError, match="bytes that are no text.*row 5 of the batch"):
        text_column(rows, TensorSpec("x", "string", (None,)))
    with pytest.raises(DataError, match="another type.*got: int64"):
        text_column(pa.RecordBatch.from_arrays([pa.array([1])], ["x"]), TensorSpec("x", "string", (None,)))
