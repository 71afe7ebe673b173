# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.models import TensorSpec
from penstock.models.columns import dense_column


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
