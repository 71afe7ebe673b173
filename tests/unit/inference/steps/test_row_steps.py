# SPDX-License-Identifier: Apache-2.0
"""The steps that are no models, batch by batch."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, UserCodeError
from penstock.inference.failures import BrokenContractError
from penstock.inference.spec import FilterStep, FunctionStep, LookupStep, SplitStep, Step, VoteStep
from penstock.inference.steps.base import RowStep, StepContext, row_step
from penstock.inference.steps.lookup import LookupAtWork
from penstock.inference.steps.split import key_hashes

MODULE = """
import pyarrow as pa
import pyarrow.compute as pc

def double(batch, times=2):
    return pa.RecordBatch.from_arrays([pc.multiply(batch.column("x"), times)], ["doubled"])

def table(batch):
    return pa.table({"y": pa.chunked_array([batch.column("x").slice(0, 1), batch.column("x").slice(1)])})

def shorter(batch):
    return batch.slice(1)

def nothing(batch):
    pass

def twice(batch):
    return pa.RecordBatch.from_arrays([batch.column("x")] * 2, ["y", "y"])

def fails(batch):
    raise ValueError("bad luck")

def positive(batch):
    return pc.greater(batch.column("x"), 0)

def as_list(batch):
    return [value is not None for value in batch.column("x").to_pylist()]

def too_few(batch):
    return [True]

def numbers(batch):
    return batch.column("x")

def whole(batch):
    return batch
"""


GOLDEN_PLAIN = [16899028431761561291, 12018418047011147697, 17490443171173869524, 6626743830367186503]
GOLDEN_SALTED = [2467899022299564132, 6363236688767880320]
GOLDEN_WAYS = {"a": [0, 1, 2, 4, 5, 6, 7], "b": [3, 8, 9]}


def batch(**columns: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StepContext:
    (tmp_path / "row_functions.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "row_functions", raising=False)
    return StepContext(str(tmp_path), key="id", component="node")


def made(step: Step, context: StepContext) -> RowStep:
    """Makes a step's work as a worker gets it: pickled, then set up."""
    work = row_step(step, context)
    assert work is not None
    copied: RowStep = pickle.loads(pickle.dumps(work))
    copied.setup()
    return copied


def function(name: str, context: StepContext, **arguments: Any) -> RowStep:
    return made(Step("f", function=FunctionStep(f"row_functions.{name}", arguments)), context)


def filtering(name: str, context: StepContext) -> RowStep:
    return made(Step("f", filter=FilterStep(f"row_functions.{name}")), context)


# ---------------------------------------------------------------------------------------------- functions and filters


def test_a_function_adds_columns(context: StepContext) -> None:
    result = function("double", context, times=3).apply(batch(x=[1, 2]))
    assert result.columns is not None
    assert result.columns.to_pydict() == {"doubled": [3, 6]}
    assert result.keep is None


def test_a_table_in_pieces_is_taken_too(context: StepContext) -> None:
    result = function("table", context).apply(batch(x=[1, 2, 3]))
    assert result.columns is not None
    assert result.columns.to_pydict() == {"y": [1, 2, 3]}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "shorter",
            "returned another number of rows than it was given.*2 rows.*got: 1.*`filter` leaves rows out",
        ),
        ("nothing", "returned no record batch.*NoneType.*is a return statement missing"),
        ("as_list", "returned no record batch.*list.*from_pydict"),
        ("twice", "returned two columns of one name"),
    ],
)
def test_a_function_that_breaks_its_contract_is_to_blame_and_no_row(
    context: StepContext, name: str, message: str
) -> None:
    with pytest.raises(BrokenContractError, match=f"node: row_functions.{name} {message}"):
        function(name, context).apply(batch(x=[1, 2]))


def test_what_a_function_raises_is_the_users_error(context: StepContext) -> None:
    with pytest.raises(UserCodeError, match="raised ValueError: bad luck") as caught:
        function("fails", context).apply(batch(x=[1]))
    assert not isinstance(caught.value, BrokenContractError)
    assert "row_functions.py" in caught.value.traceback


@pytest.mark.parametrize(
    ("name", "kept"), [("positive", [True, False, False]), ("as_list", [True, True, False])]
)
def test_a_filter_keeps_rows_and_null_is_no_yes(context: StepContext, name: str, kept: list[bool]) -> None:
    result = filtering(name, context).apply(batch(x=[1, -1, None]))
    assert result.keep is not None
    assert result.keep.tolist() == kept


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("too_few", "returned another number of answers than it was given rows"),
        ("numbers", "returned no truth values.*values of type int64"),
        ("whole", "returned no truth values.*RecordBatch"),
        ("nothing", "returned no truth values.*NoneType"),
    ],
)
def test_a_filter_that_breaks_its_contract(context: StepContext, name: str, message: str) -> None:
    with pytest.raises(BrokenContractError, match=message):
        filtering(name, context).apply(batch(x=[1, 2]))


# --------------------------------------------------------------------------------------------------------------- split


def ways(
    keys: Any, context: StepContext, salt: str = "", by: str | None = None, **shares: int
) -> dict[str, list[int]]:
    work = made(Step("s", split=SplitStep(shares, by=by, salt=salt)), context)
    found = work.apply(batch(**{by or "id": keys})).ways
    return {way: np.flatnonzero(mask).tolist() for way, mask in found.items()}


def test_the_way_of_a_key_never_changes(context: StepContext) -> None:
    """Golden: a row that went one way yesterday goes it tomorrow."""
    assert key_hashes(pa.array(["", "a", "trip-17", "Zürich"])).tolist() == GOLDEN_PLAIN
    assert key_hashes(pa.array(["a", "trip-17"]), "salt").tolist() == GOLDEN_SALTED
    assert ways([f"r{i}" for i in range(10)], context, a=70, b=30) == GOLDEN_WAYS


def test_the_text_of_a_key_counts_and_not_how_it_is_stored() -> None:
    as_text = key_hashes(pa.array(["7", "-1"])).tolist()
    for stored in (
        pa.array([7, -1]),
        pa.array([7, -1], pa.int8()),
        pa.array([b"7", b"-1"]),
        pa.array(["7", "-1"], pa.large_string()),
    ):
        assert key_hashes(stored).tolist() == as_text
    assert key_hashes(pa.array(["7", "-1"]).dictionary_encode()).tolist() == as_text
    assert key_hashes(pa.array([1.5])).tolist() == key_hashes(pa.array(["1.5"])).tolist()
    assert key_hashes(pa.array([True])).tolist() == key_hashes(pa.array(["true"])).tolist()
    assert key_hashes(pa.array([None])).tolist() == key_hashes(pa.array([""])).tolist()
    assert key_hashes(pa.array([None, "a"])).tolist() == key_hashes(pa.array(["", "a"])).tolist()
    assert key_hashes(pa.array([[1, 2]])).tolist() == key_hashes(pa.array(["[1, 2]"])).tolist()


def test_ways_are_shared_out_as_their_shares_say_and_each_row_goes_one(context: StepContext) -> None:
    found = ways(list(range(20_000)), context, a=70, b=20, c=10)
    assert sorted(index for group in found.values() for index in group) == list(range(20_000))
    assert [round(len(group) / 20_000, 2) for group in found.values()] == [0.7, 0.2, 0.1]


def test_equal_keys_go_one_way_and_another_salt_shares_anew(context: StepContext) -> None:
    keys = [f"r{i % 500}" for i in range(1000)]
    plain, salted = ways(keys, context, a=1, b=1), ways(keys, context, salt="2027", a=1, b=1)
    assert [index % 500 for index in plain["a"] if index < 500] == [i - 500 for i in plain["a"] if i >= 500]
    agreeing = len(set(plain["a"]) & set(salted["a"])) / len(plain["a"])
    assert 0.4 < agreeing < 0.6


def test_another_column_may_decide_and_a_missing_one_is_named(context: StepContext) -> None:
    assert ways(["x"], context, by="user", a=1) == {"a": [0]}
    with pytest.raises(DataError, match="split 's' goes by column 'id', which its rows do not have"):
        made(Step("s", split=SplitStep({"a": 1})), context).apply(batch(x=[1]))


# -------------------------------------------------------------------------------------------------------------- lookup


class Cities:
    """A table, and what it was asked."""

    def __init__(
        self, rows: Sequence[tuple[Any, str]] = ((1, "Basel"), (2, "Bern"), (3, "Chur"), (3, "Chur"))
    ) -> None:
        self.rows = rows
        self.asked: list[list[Any]] = []
        self.closed = False

    def fetch(
        self, table: str, key_column: str, keys: Sequence[Any], columns: Sequence[str] = ()
    ) -> pa.Table:
        self.asked.append(list(keys))
        found = [row for row in self.rows if row[0] in keys]
        names = pa.array([row[1] for row in found], pa.string())
        return pa.table({key_column: pa.array([row[0] for row in found]), "city": names})

    def close(self) -> None:
        self.closed = True


def lookup(cities: Cities, missing: Any = "null") -> LookupAtWork:
    return LookupAtWork("l", LookupStep("url", "cities", "zip", key="id", missing=missing), cities)


def test_a_lookup_adds_columns_by_key() -> None:
    result = lookup(Cities()).apply(batch(zip=[2, 9, 1, None, 2]))
    assert result.columns is not None
    assert result.columns.to_pydict() == {"city": ["Bern", None, "Basel", None, "Bern"]}
    assert result.failed == {}


def test_a_key_is_asked_for_once() -> None:
    cities = Cities()
    work = lookup(cities)
    work.apply(batch(zip=[1, 1, 9]))
    work.apply(batch(zip=[9, 2, 1]))
    work.apply(batch(zip=[1, 2]))
    assert cities.asked == [[1, 9], [2]]


def test_a_full_memory_begins_anew_without_losing_keys_of_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.inference.steps.lookup.CACHED_KEYS", 1)
    cities = Cities()
    work = lookup(cities)
    for _ in range(3):
        result = work.apply(batch(zip=[1, 2]))
        assert result.columns is not None
        assert result.columns.to_pydict() == {"city": ["Basel", "Bern"]}
    assert cities.asked == [[1, 2]] * 3


def test_rows_that_the_table_does_not_have_may_fail_one_by_one() -> None:
    result = lookup(Cities(), missing="fail").apply(batch(zip=[1, 9]))
    assert result.failed == {1: ("DataError", "table cities has no row with id = 9")}


def test_a_key_that_the_table_has_twice_fails_whatever_is_missing() -> None:
    result = lookup(Cities()).apply(batch(zip=[1, 3]))
    assert result.failed == {1: ("DataError", "table cities has several rows with id = 3")}


def test_without_rows_the_columns_are_learned() -> None:
    result = lookup(Cities()).apply(batch(zip=pa.array([], pa.int64())))
    assert result.columns is not None
    assert (result.columns.schema.names, result.columns.num_rows) == (["city"], 0)


def test_keys_that_are_bytes_are_text_for_a_database() -> None:
    result = lookup(Cities([("a", "Aarau")])).apply(batch(zip=[b"a"]))
    assert result.columns is not None
    assert result.columns.to_pydict() == {"city": ["Aarau"]}


def test_a_column_of_the_wrong_type_is_no_rows_fault() -> None:
    class Refusing(Cities):
        def fetch(
            self, table: str, key_column: str, keys: Sequence[Any], columns: Sequence[str] = ()
        ) -> pa.Table:
            raise DataError("keys of type string are looked up in column 'id'")

    with pytest.raises(BrokenContractError, match="lookup 'l': keys of type string"):
        lookup(Refusing()).apply(batch(zip=["a"]))


def test_what_was_read_is_forgotten_at_the_end() -> None:
    cities = Cities()
    work = lookup(cities)
    work.apply(batch(zip=[1]))
    work.close()
    work.apply(batch(zip=[1]))
    assert cities.closed
    assert cities.asked == [[1], [1]]


# ---------------------------------------------------------------------------------------------------------------- vote


def voted(rows: pa.RecordBatch, *sources: str, **spec: Any) -> list[Any]:
    context = StepContext("/", component="node")
    result = made(Step("v", sources or ("a", "b", "c"), vote=VoteStep("p", **spec)), context).apply(rows)
    assert result.columns is not None
    (values,) = result.columns.to_pydict().values()
    return list(values)


def test_the_most_frequent_answer_wins_and_ties_go_to_the_step_named_first() -> None:
    rows = batch(
        a_p=["x", "x", "x", None, None], b_p=["y", "y", "y", "y", None], c_p=["y", "z", "x", "z", None]
    )
    assert voted(rows) == ["y", "x", "x", "y", None]
    assert voted(rows, "c", "b", "a") == ["y", "z", "x", "z", None]


def test_weights_count() -> None:
    rows = batch(a_p=[1, 1], b_p=[2, 2], c_p=[2, 3])
    assert voted(rows, weights={"a": 2.5}) == [1, 1]
    assert voted(rows, weights={"a": 2}) == [1, 1]
    assert voted(rows, weights={"a": 1.5}) == [2, 1]
    assert voted(rows, weights={"a": 0, "b": 0}) == [2, 3]


def test_tenths_that_add_up_are_a_tie() -> None:
    rows = batch(a_p=["x"], b_p=["y"], c_p=["y"])
    assert voted(rows, weights={"a": 0.3, "b": 0.1, "c": 0.2}) == ["x"]


def test_numbers_truth_values_and_text_of_several_types() -> None:
    assert voted(batch(a_p=[1, 2], b_p=[1.0, 3.0], c_p=[2.0, 3.0])) == [1.0, 3.0]
    assert voted(batch(a_p=[True], b_p=[False], c_p=[False])) == [False]
    assert voted(batch(a_p=["x"], b_p=[b"y"], c_p=[b"y"])) == [b"y"]


def test_a_mean_leaves_out_who_says_nothing() -> None:
    rows = batch(a_p=[1.0, None, None], b_p=[2, 4, None], c_p=[True, False, None])
    assert voted(rows, method="mean") == [pytest.approx(4 / 3), 2.0, None]
    assert voted(rows, method="weighted", weights={"a": 2, "c": 0}) == [pytest.approx(4 / 3), 4.0, None]


def test_a_mean_of_probabilities() -> None:
    rows = batch(a_p=[[0.1, 0.9], None], b_p=[[0.3, 0.7], [1.0, 0.0]])
    (first, second) = voted(rows, "a", "b", method="mean")
    assert first == pytest.approx([0.2, 0.8])
    assert second == [1.0, 0.0]
    with pytest.raises(ValueError, match="lists of different lengths: 2, 1"):
        voted(batch(a_p=[[0.1, 0.9]], b_p=[[1.0]]), "a", "b", method="mean")


def test_a_way_without_rows_so_far_says_nothing() -> None:
    assert voted(batch(a_p=["x", None], id=[1, 2])) == ["x", None]
    assert voted(batch(a_p=pa.array([], pa.string()), b_p=pa.array([], pa.string()))) == []


def test_a_column_that_all_have_from_one_step_is_not_prefixed() -> None:
    assert voted(batch(p=["x"]), "s.a", "s.b") == ["x"]
    assert voted(batch(s_a_p=["x"], s_b_p=["y"]), "s.a", "s.b") == ["x"]


@pytest.mark.parametrize(
    ("rows", "method"),
    [
        (batch(a_p=["x"], b_p=[1], c_p=[None]), "majority"),
        (batch(a_p=["x"], b_p=["y"], c_p=["z"]), "mean"),
        (batch(a_p=[[1]], b_p=[[1]], c_p=[[2]]), "majority"),
    ],
)
def test_answers_that_cannot_be_joined(rows: pa.RecordBatch, method: str) -> None:
    with pytest.raises(
        BrokenContractError, match=f"vote 'v' cannot join the answers in column 'p' by {method}"
    ):
        voted(rows, method=method)
