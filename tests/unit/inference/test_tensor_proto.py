# SPDX-License-Identifier: Apache-2.0
"""Columns as TensorProto; tests/integration compares whole records with what TensorFlow makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.inference import prediction_log as logs
from penstock.inference.prediction_log_reading import read_prediction
from penstock.inference.tensor_proto import row_tensors, uniform_tensors
from penstock.models import wire


def shape_of(tensor: bytes) -> list[int]:
    dimensions = [
        dimension
        for shape in wire.submessages(memoryview(tensor), 2)
        for dimension in wire.submessages(shape, 2)
    ]
    return [(wire.integers(dimension, 1) or [0])[0] for dimension in dimensions]


def values_of(tensors: list[bytes | None]) -> list[Any]:
    """Returns what a reader of PredictionLog finds in the tensors."""
    rows = (
        logs.predict_logs("s", {}, {"y": tensors})
        if not tensors
        else logs.predict_logs("s", {"x": tensors}, {"y": tensors})
    )
    return [read_prediction(record).outputs.get("y") for record in rows]


@pytest.mark.parametrize(
    ("column", "shape"),
    [
        (pa.array([1.5, 0.0, -2.25], pa.float32()), [1]),
        (pa.array([1.5, 0.0], pa.float64()), [1]),
        (pa.array([1.5, 0.0], pa.float64()).cast(pa.float32()), [1]),
        (pa.array([-5, 2**40, 0], pa.int64()), [1]),
        (pa.array([-5, 7], pa.int8()), [1]),
        (pa.array([5, 2**63], pa.uint64()), [1]),
        (pa.array([True, False]), [1]),
        (pa.array(["a", "naïve", ""]), [1]),
        (pa.array([b"a\xff", b"\xfe"]), [1]),
        (pa.array([[1, 2], [3, -4]], pa.list_(pa.int32())), [1, 2]),
        (pa.array([[1.0, 2.0]], pa.list_(pa.float32(), 2)), [1, 2]),
        (pa.array([["a", "b"]], pa.large_list(pa.string())), [1, 2]),
        (pa.array([[True, False, True]]), [1, 3]),
        (pa.array([[1.0, 2.0, 3.0], [4.0]], pa.list_(pa.float32())), [1, 3]),
    ],
)
def test_values_come_back(column: pa.Array, shape: list[int]) -> None:
    tensors = row_tensors(column)
    wanted = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in column.to_pylist()]
    if column.type == pa.uint64():
        wanted = [5, -(2**63)]  # a reader of the wire format takes varints as signed
    assert values_of(tensors) == wanted
    assert shape_of(tensors[0] or b"") == shape


def test_a_matrix_of_a_row_keeps_its_shape() -> None:
    column = pa.array([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]], pa.list_(pa.list_(pa.float32())))
    (tensor,) = row_tensors(column)
    assert shape_of(tensor or b"") == [1, 3, 2]
    assert values_of([tensor]) == [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]


def test_a_single_value_has_the_dimensions_that_the_model_declares() -> None:
    column = pa.array([1.5], pa.float32())
    assert shape_of(row_tensors(column, (1,))[0] or b"") == [1, 1]
    assert shape_of(row_tensors(column, (None,))[0] or b"") == [1, 1]
    assert shape_of(row_tensors(column, ())[0] or b"") == [1]
    assert shape_of(row_tensors(column, None)[0] or b"") == [1]


def test_rows_without_a_value_and_empty_rows() -> None:
    assert row_tensors(pa.array([None, 1.0], pa.float32()))[0] is None
    (empty, _) = row_tensors(pa.array([[], [1.0]], pa.list_(pa.float32())))
    assert shape_of(empty or b"") == [1, 0]
    assert row_tensors(pa.array([], pa.float32())) == []


def test_arrays_and_columns_make_the_same() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    assert uniform_tensors(values) == row_tensors(pa.array(values.tolist(), pa.list_(pa.float32())))


@pytest.mark.parametrize("column", [pa.array([{"a": 1}]), pa.array([1], pa.timestamp("s"))])
def test_other_types_are_refused(column: pa.Array) -> None:
    with pytest.raises(DataError, match="cannot be a tensor"):
        row_tensors(column)


def test_a_record_that_is_none_is_refused() -> None:
    for record in (b"", b"\xff\xff", b"\x08\x01"):
        with pytest.raises(DataError, match="no PredictionLog"):
            read_prediction(record)
