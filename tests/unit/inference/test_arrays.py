# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.inference.arrays import empty_batch, to_batch, to_column
from penstock.models import TensorSpec


@pytest.mark.parametrize(
    ("values", "type_", "rows"),
    [
        (np.array([1.5, 2.5], np.float32), pa.float32(), [1.5, 2.5]),
        (np.array([1, 2]), pa.int64(), [1, 2]),
        (np.array([True, False]), pa.bool_(), [True, False]),
        (np.array([[1.0], [2.0]]), pa.float64(), [1.0, 2.0]),
        (np.array([[b"a"], [b"b"]], object), pa.string(), ["a", "b"]),
        (np.array([[[1.0]], [[2.0]]]), pa.list_(pa.list_(pa.float64())), [[[1.0]], [[2.0]]]),
        (pa.array([[1.0], [2.0]]), pa.list_(pa.float64()), [[1.0], [2.0]]),
        (np.arange(8).reshape(2, 2, 2), pa.list_(pa.list_(pa.int64())), [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
        (np.array(["a", "bc"]), pa.string(), ["a", "bc"]),
        (np.array([b"a", b"\xc3\xa9"]), pa.string(), ["a", "é"]),
        (np.array([b"a", b"\xff"], object), pa.binary(), [b"a", b"\xff"]),
        (np.array([["a", "b"]], object), pa.list_(pa.string()), [["a", "b"]]),
        (pa.chunked_array([[1], [2]]), pa.int64(), [1, 2]),
        (pa.array([[1], []]), pa.list_(pa.int64()), [[1], []]),
        (np.asfortranarray(np.array([[1, 2], [3, 4]])), pa.list_(pa.int64()), [[1, 2], [3, 4]]),
    ],
)
def test_an_output_becomes_a_column(values: Any, type_: pa.DataType, rows: list[Any]) -> None:
    column = to_column("y", values)

    assert column.type == type_
    assert column.to_pylist() == rows


@pytest.mark.parametrize(
    ("shape", "type_"),
    [
        (None, pa.float64()),
        ((None, 1), pa.float64()),
        ((4096, 1), pa.float64()),
        ((None,), pa.float64()),
        ((None, None), pa.list_(pa.float64())),
        ((None, 3), pa.list_(pa.float64())),
    ],
)
def test_a_matrix_of_one_column_is_a_plain_column_unless_others_may_be_wider(
    shape: tuple[int | None, ...] | None, type_: pa.DataType
) -> None:
    spec = TensorSpec("y", "float64", shape)

    column = to_batch({"y": np.array([[1.0], [2.0]])}, 2, [spec]).column(0)

    assert column.type == type_ == empty_batch([spec]).column(0).type
    assert column.to_pylist() == ([[1.0], [2.0]] if pa.types.is_list(type_) else [1.0, 2.0])


def test_rows_of_lists_of_any_length_are_lists() -> None:
    ragged = np.empty(2, object)
    ragged[:] = [np.array([1, 2]), np.array([], np.int64)]

    assert to_column("y", ragged).to_pylist() == [[1, 2], []]


@pytest.mark.parametrize("values", [np.float32(3), np.array([1j]), np.array([object()], object)])
def test_what_can_be_no_column_is_told(values: Any) -> None:
    with pytest.raises(DataError, match="output 'y'"):
        to_column("y", values)


def test_an_output_has_a_row_for_each_row() -> None:
    with pytest.raises(DataError, match="does not have a row for each row"):
        to_batch({"y": np.zeros(3)}, 2)


def test_columns_without_rows_have_the_types_of_later_ones() -> None:
    specs = [
        TensorSpec("a", "float32", (None,)),
        TensorSpec("b", "int64", (None, 3)),
        TensorSpec("c", "string", (None, None)),
        TensorSpec("d", "float32"),
        TensorSpec("e", "float32", (None, 1)),
    ]

    batch = empty_batch(specs)

    assert batch.num_rows == 0
    lists = [pa.list_(pa.int64()), pa.list_(pa.string())]
    assert batch.schema.types == [pa.float32(), *lists, pa.float32(), pa.float32()]
