# SPDX-License-Identifier: Apache-2.0
"""Results of handlers find their rows, and become columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from penstock.inference.failures import BrokenContractError
from penstock.inference.handlers.answers import columns_of_batch, values_of


class Result(NamedTuple):
    example: Any
    inference: Any


def test_results_in_order() -> None:
    assert values_of([Result(1, "a"), "b"], None, 2, "H") == ["a", "b"]


def test_results_by_key_in_any_order() -> None:
    results = [("b", Result(0, 1)), ("a", 2), ("b", 3)]
    assert values_of(results, ["a", "b", "b"], 3, "H") == [2, 1, 3]


@pytest.mark.parametrize("results", [[("c", 1), ("a", 2)], [("a", 1), ("a", 2)], [1, 2]])
def test_keys_that_no_element_has(results: list[Any]) -> None:
    with pytest.raises(BrokenContractError, match="a result whose key no element has"):
        values_of(results, ["a", "b"], 2, "H")


def test_another_number_of_results() -> None:
    with pytest.raises(BrokenContractError, match="H has not returned a result.*expected: 2 results; got: 1"):
        values_of([1], None, 2, "H")


@pytest.mark.parametrize(
    "value",
    [
        pa.RecordBatch.from_arrays([pa.array([1, 2])], ["output"]),
        pa.table({"output": [1, 2]}),
        {"output": np.array([1, 2])},
        {"output": [1, 2]},
        np.array([1, 2]),
        [1, 2],
    ],
)
def test_answers_for_whole_batches(value: Any) -> None:
    columns = columns_of_batch(value, 2, "H")
    assert {name: list(pa.array(np.asarray(values)).to_pylist()) for name, values in columns.items()} == {
        "output": [1, 2]
    }


@pytest.mark.parametrize("value", [[1], {"output": [1, 2, 3]}, 5, None, np.array(1)])
def test_answers_that_are_not_a_row_for_each_row(value: Any) -> None:
    with pytest.raises(BrokenContractError, match="H has not returned a row for each row"):
        columns_of_batch(value, 2, "H")
