# SPDX-License-Identifier: Apache-2.0
"""Columns become the tensors of a network in one of three ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.models.feeding import IN_ORDER, NAMED, STACKED, Feeds
from penstock.models.pytorch.ways import way_of
from penstock.models.signature import TensorSpec

A, B = TensorSpec("a", "float32", (None,)), TensorSpec("b", "float32", (None,))
BATCH = pa.RecordBatch.from_arrays(
    [pa.array([1, 2]), pa.array([0.5, 1.5]), pa.array([[1.0, 2.0, 3.0, 4.0]] * 2, pa.list_(pa.float32()))],
    ["b", "a", "image"],
)


def test_columns_are_put_side_by_side_in_the_models_order() -> None:
    stacked: Any = Feeds((A, B), STACKED).arrays(BATCH)
    assert stacked.dtype == np.float32
    assert stacked.tolist() == [[0.5, 1.0], [1.5, 2.0]]
    one: Any = Feeds((A,), STACKED).arrays(BATCH)
    assert one.tolist() == [[0.5], [1.5]]


def test_one_column_keeps_its_rank() -> None:
    image: Any = Feeds((TensorSpec("image", "float32", (None, 2, 2)),), STACKED).arrays(BATCH)
    assert image.shape == (2, 2, 2)


@pytest.mark.parametrize("way", [NAMED, IN_ORDER])
def test_a_tensor_a_column(way: str) -> None:
    arrays: Any = Feeds((TensorSpec("b", "int64", (None,)), A), way).arrays(BATCH)
    assert list(arrays) == ["b", "a"]
    assert arrays["b"].dtype == np.int64


def test_zeros_have_the_shapes_of_rows() -> None:
    words = TensorSpec("words", "string", (None, 2))
    zeros: Any = Feeds((A, TensorSpec("v", "float32", (None, None))), STACKED).zeros(3)
    assert zeros.shape == (3, 2)
    assert Feeds((words,), IN_ORDER).zeros(2)["words"].tolist() == [["", ""]] * 2


def test_the_way_follows_from_the_names_of_the_arguments() -> None:
    def one(x: Any) -> None: ...

    def several(a: Any, b: Any = None, *, c: Any = None) -> None: ...

    assert way_of(one, (A, B)) == STACKED
    assert way_of(several, (A, B)) == NAMED
    assert way_of(several, (A, TensorSpec("x", "float32"))) == STACKED
    assert way_of(several, ()) == STACKED
