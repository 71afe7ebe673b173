# SPDX-License-Identifier: Apache-2.0
"""Rows become the elements that a handler takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.inference.failures import UnfitInputError
from penstock.inference.handlers.elements import elements_of, keys_of

ROWS = pa.RecordBatch.from_arrays(
    [pa.array([1, 2]), pa.array([0.5, 1.5]), pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32()))],
    ["count", "size", "place"],
)


def named(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values) for values in columns.values()], list(columns))


def test_arrays_have_all_values_of_a_row() -> None:
    first, second = elements_of(ROWS, "numpy")
    assert first.tolist() == [1.0, 0.5, 1.0, 2.0]
    assert second.tolist() == [2.0, 1.5, 3.0, 4.0]
    whole = elements_of(named(x=[1, 2]), "numpy")
    assert whole[0].dtype == np.int64
    assert whole[0].shape == (1,)


def test_dictionaries_texts_and_batches() -> None:
    assert elements_of(named(x=[1, 2], t=["a", None]), "dict") == [{"x": 1, "t": "a"}, {"x": 2, "t": None}]
    assert elements_of(named(x=[1, 2], t=["a", "b"]), "text") == ["a", "b"]
    assert elements_of(ROWS, "batch") == [ROWS]


def test_columns_that_no_such_element_can_have() -> None:
    with pytest.raises(UnfitInputError, match="column 't' is no number"):
        elements_of(named(x=[1], t=["a"]), "numpy")
    with pytest.raises(UnfitInputError, match="2 columns of text.*got: s, t"):
        elements_of(named(s=["a"], t=["b"]), "text")
    with pytest.raises(UnfitInputError, match="no column of text"):
        elements_of(ROWS, "text")


def test_rows_without_a_value() -> None:
    with pytest.raises(DataError, match="0 in row 1"):
        elements_of(named(x=[1.0, None]), "numpy")
    with pytest.raises(DataError, match="0 in row 1"):
        elements_of(named(t=["a", None]), "text")


def test_keys() -> None:
    assert list(keys_of(ROWS, None)) == [0, 1]
    assert keys_of(named(k=["b", "a"]), "k") == ["b", "a"]
    assert keys_of(named(k=[["b"], ["a"]]), "k") == ["b", "a"]
    with pytest.raises(DataError, match="no value, which is the row's key"):
        keys_of(named(k=["b", None]), "k")
    with pytest.raises(UnfitInputError, match="no column 'gone'"):
        keys_of(ROWS, "gone")
