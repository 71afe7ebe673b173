# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import DataError, StorageError, UserCodeError
from penstock.inference.failures import (
    BrokenContractError,
    UnfitInputError,
    cause_of,
    is_rows_fault,
    salvage,
)


def _refusing(bad: set[int], calls: list[int] | None = None) -> Callable[[pa.RecordBatch], list[int]]:
    def work(batch: pa.RecordBatch) -> list[int]:
        if calls is not None:
            calls.append(batch.num_rows)
        values: list[int] = batch.column(0).to_pylist()
        if bad & set(values):
            raise ValueError(f"bad: {sorted(bad & set(values))}")
        return values

    return work


def _batch(rows: int) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"x": list(range(rows))})


@given(st.integers(1, 40), st.sets(st.integers(0, 39)), st.integers(1, 50))
def test_exactly_the_bad_rows_fail_and_the_others_are_worked_on_once(
    rows: int, bad: set[int], most: int
) -> None:
    bad = {number for number in bad if number < rows}

    made = salvage(_batch(rows), _refusing(bad), most)

    assert set(made.failed) == bad
    assert all(str(error) == f"bad: [{index}]" for index, error in made.failed.items())
    for indices, values in made.parts:
        assert indices.tolist() == values
        assert len(values) <= most
    assert sorted(value for _, values in made.parts for value in values) == sorted(set(range(rows)) - bad)


def test_good_batches_are_worked_on_whole() -> None:
    calls: list[int] = []

    salvage(_batch(1000), _refusing(set(), calls))

    assert calls == [1000]


def test_one_bad_row_costs_a_few_calls() -> None:
    calls: list[int] = []

    salvage(_batch(4096), _refusing({1234}, calls))

    assert len(calls) == 1 + 2 * 12


def test_rows_with_missing_values_are_suspected_first() -> None:
    calls: list[int] = []
    values = [float("nan") if number % 8 == 0 else float(number) for number in range(64)]
    batch = pa.RecordBatch.from_pydict({"x": values})

    def work(part: pa.RecordBatch) -> int:
        calls.append(part.num_rows)
        if any(value != value for value in part.column(0).to_pylist()):
            raise ValueError("NaN")
        return int(part.num_rows)

    made = salvage(batch, work)

    assert calls[:2] == [64, 56]
    assert sorted(made.failed) == list(range(0, 64, 8))


@pytest.mark.parametrize(
    ("error", "is_the_rows"),
    [
        (ValueError(), True),
        (MemoryError(), True),
        (TimeoutError(), True),
        (DataError("a value"), True),
        (UserCodeError("it raised"), True),
        (UnfitInputError("no such column"), False),
        (BrokenContractError("too few rows"), False),
        (StorageError("no space"), False),
    ],
)
def test_whose_fault_an_error_is(error: Exception, is_the_rows: bool) -> None:
    assert is_rows_fault(error) is is_the_rows


def test_what_is_no_rows_fault_is_raised_at_once() -> None:
    calls: list[int] = []

    def work(batch: pa.RecordBatch) -> None:
        calls.append(batch.num_rows)
        raise StorageError("the database is gone")

    with pytest.raises(StorageError):
        salvage(_batch(8), work)
    assert calls == [8]


def test_a_cause_is_one_short_line() -> None:
    error = UserCodeError("f raised KeyError: 'x'\n  in line 1")
    error.__cause__ = KeyError("x")

    assert cause_of(error) == ("KeyError", "f raised KeyError: 'x' in line 1")
    assert cause_of(ValueError()) == ("ValueError", "(no message)")
    assert (
        cause_of(ValueError("no image <BytesIO object at 0x7fab77961620>"))[1] == "no image <BytesIO object>"
    )
    assert len(cause_of(ValueError("long " * 1000))[1]) == 300
