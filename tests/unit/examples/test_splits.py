# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pyarrow as pa
import pytest

from penstock.errors import DataError, ParameterError
from penstock.examples.assignment import assign, split_batch
from penstock.examples.splits import TRAIN_AND_EVAL, SplitAlgorithm, SplitRule, SplitShare

TABLE = pa.record_batch(
    [
        pa.array(range(12)),
        pa.array([f"rider {i % 6 + 5}" for i in range(12)]),
        pa.array([i / 2 for i in range(12)]),
    ],
    ["trip", "rider", "fare"],
)
ALGORITHMS: tuple[SplitAlgorithm, ...] = ("penstock-mix64", "tfx-sha256")


@pytest.fixture(params=ALGORITHMS)
def algorithm(request: pytest.FixtureRequest) -> SplitAlgorithm:
    value: SplitAlgorithm = request.param
    return value


def test_every_row_goes_to_one_split_in_order(algorithm: SplitAlgorithm) -> None:
    rule = SplitRule(
        (SplitShare("train", 2), SplitShare("eval", 1), SplitShare("test", 1)), algorithm=algorithm
    )
    parts = dict(split_batch(TABLE, rule))
    trips = {name: part.to_pydict()["trip"] for name, part in parts.items()}
    assert sorted(trip for found in trips.values() for trip in found) == list(range(12))
    assert all(found == sorted(found) for found in trips.values())
    assert {rule.names[index] for index in assign(TABLE, rule)} == set(parts)


def test_a_single_split_gets_everything(algorithm: SplitAlgorithm) -> None:
    ((name, part),) = split_batch(TABLE, SplitRule((SplitShare("all", 1),), algorithm=algorithm))
    assert name == "all"
    assert part.equals(TABLE)


def test_rows_that_agree_in_the_feature_stay_together(algorithm: SplitAlgorithm) -> None:
    rule = SplitRule(TRAIN_AND_EVAL, "rider", algorithm)
    chosen = assign(TABLE, rule).tolist()
    assert chosen == chosen[:6] * 2
    assert len(set(chosen)) == 2


FROZEN = {
    "penstock-mix64": ([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1], [1, 0, 0, 0, 1, 0]),
    "tfx-sha256": ([0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 0, 0]),
}


def test_frozen_membership(algorithm: SplitAlgorithm) -> None:
    by_row = assign(TABLE, SplitRule(TRAIN_AND_EVAL, algorithm=algorithm)).tolist()
    by_rider = assign(TABLE, SplitRule(TRAIN_AND_EVAL, "rider", algorithm)).tolist()[:6]
    assert (by_row, by_rider) == FROZEN[algorithm]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([1.5]), "expected: a feature of ints or bytes; got: floats"),
        (pa.array([None], pa.int64()), "has no value in some row"),
        (pa.array([[]], pa.list_(pa.int64())), "has no value in some row"),
        (pa.nulls(1), "has no value in some row"),
    ],
)
def test_a_feature_that_cannot_be_split_by_is_named(
    algorithm: SplitAlgorithm, column: pa.Array, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        assign(pa.RecordBatch.from_arrays([column], ["x"]), SplitRule(TRAIN_AND_EVAL, "x", algorithm))


def test_an_unknown_feature_is_named(algorithm: SplitAlgorithm) -> None:
    with pytest.raises(DataError, match="no feature 'riders'.*did you mean 'rider'"):
        assign(TABLE, SplitRule(TRAIN_AND_EVAL, "riders", algorithm))


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "é", "."])
def test_names_that_no_split_can_have(name: str) -> None:
    with pytest.raises(ParameterError, match="no name for a split"):
        SplitRule((SplitShare(name, 1),))


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((), "at least one split"),
        ((SplitShare("a", 0),), "has no buckets"),
        ((SplitShare("a", 1), SplitShare("a", 1)), "is there twice"),
    ],
)
def test_shares_that_make_no_rule(shares: tuple[SplitShare, ...], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        SplitRule(shares)
