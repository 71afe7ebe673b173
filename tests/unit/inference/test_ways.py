# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from penstock.errors import PipelineError
from penstock.inference.spec import InferenceGraph, ModelStep, SplitStep, Step
from penstock.inference.ways import (
    Origin,
    all_provenance_columns,
    cycle,
    ends,
    joined_columns,
    ordered,
    provenance_columns,
)

M = ModelStep("m")


def graph(**sources: tuple[str, ...]) -> InferenceGraph:
    return InferenceGraph(tuple(Step(name, origins, model=M) for name, origins in sources.items()))


def names(*ways: tuple[str, dict[str, str]], unprefixed: tuple[str, ...] = ()) -> list[str]:
    return [column.name for column in joined_columns(ways, unprefixed)]


def test_each_step_follows_those_that_it_comes_from_and_the_given_order_stays() -> None:
    found = ordered(graph(last=("b", "a"), b=("a",), a=("source",), other=("source",)))
    assert [step.name for step in found] == ["a", "b", "last", "other"]


def test_ways_of_a_split_come_after_the_split() -> None:
    split = Step("shared", split=SplitStep({"x": 1, "y": 1}))
    steps = (Step("one", ("shared.x",), model=M), split, Step("two", ("shared.y",), model=M))
    assert [step.name for step in ordered(InferenceGraph(steps))] == ["shared", "one", "two"]
    assert ends(InferenceGraph(steps)) == ("one", "two")


def test_a_cycle_is_named_and_what_hangs_on_it_is_not() -> None:
    looped = graph(a=("c",), b=("a",), c=("b",), after=("c",))
    assert set(cycle(looped)) == {"a", "b", "c"}
    assert cycle(looped)[0] == cycle(looped)[-1]
    assert cycle(graph(a=("a",))) == ("a", "a")
    assert cycle(graph(a=("source",), b=("a",))) == ()
    with pytest.raises(PipelineError, match=r"the steps form a cycle: .* -> "):
        ordered(looped)


def test_what_ends_a_graph() -> None:
    assert ends(graph(a=("source",), b=("a",), c=("a",))) == ("b", "c")


def test_an_origin_is_a_step_or_a_way_of_a_split() -> None:
    assert Origin.parse("first") == Origin("first")
    assert Origin.parse("shared.a") == Origin("shared", "a")
    assert (Origin.parse("first").label, Origin.parse("shared.a").label) == ("first", "shared_a")


def test_one_way_keeps_its_names() -> None:
    assert names(("a", {"id": "source", "score": "a"})) == ["id", "score"]


def test_what_two_ways_have_from_one_step_stands_once_and_all_else_is_prefixed() -> None:
    a = {"id": "source", "x": "source", "score": "a"}
    b = {"id": "source", "x": "cleaned", "score": "b"}
    assert names(("a", a), ("b", b)) == ["id", "a_x", "a_score", "b_x", "b_score"]


def test_of_three_ways_two_may_share_a_column() -> None:
    ways = [("a", {"x": "shared"}), ("b", {"x": "shared"}), ("c", {"x": "source"})]
    found = joined_columns(ways)
    assert [(column.name, column.way, column.common) for column in found] == [
        ("x", 0, True),
        ("c_x", 2, False),
    ]


def test_columns_that_are_named_after_their_step_keep_their_names() -> None:
    assert names(("a", {"a_model_id": "a"}), ("b", {"y": "b"}), unprefixed=("a_model_id",)) == [
        "a_model_id",
        "b_y",
    ]


def test_which_model_made_a_row_is_told_by_step_where_there_are_several() -> None:
    assert provenance_columns(graph(one=("source",)), "one") == ("model_id", "model_version")
    several = graph(one=("source",), two=("one",))
    assert provenance_columns(several, "two") == ("two_model_id", "two_model_version")
    assert len(all_provenance_columns(several)) == 4
