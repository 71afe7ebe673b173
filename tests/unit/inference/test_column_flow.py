# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.inference.column_flow import UNKNOWN, Column, Columns, columns
from penstock.inference.spec import (
    FunctionStep,
    InferenceGraph,
    LookupStep,
    ModelSettings,
    ModelStep,
    SinkSpec,
    SplitStep,
    Step,
    VoteStep,
)
from penstock.models.signature import ModelInfo, Signature, TensorSpec

SOURCE = Columns({"id": Column(), "x": Column(kind="float", is_list=False), "name": Column(kind="bytes")})
SCORES = Signature(
    inputs=(TensorSpec("x", "float32", (None,)),), outputs=(TensorSpec("score", "float32", (None,)),)
)
INFO = ModelInfo("sklearn", (SCORES,))
ONE, TWO = Step("one", model=ModelStep("m")), Step("two", model=ModelStep("m"))
BOTH = ("one", "two")


def graph(*steps: Step, **changes: Any) -> InferenceGraph:
    return InferenceGraph(steps, key="id", **changes)


def at(wanted: str, *steps: Step, source: Columns = SOURCE, **changes: Any) -> tuple[list[str], bool]:
    found = columns(graph(*steps, **changes), source, {"m": INFO})[wanted]
    return list(found.known), found.more


def test_a_model_adds_its_outputs_and_which_model_it_was() -> None:
    assert at("one", ONE) == (["id", "x", "name", "score", "model_id", "model_version"], False)


def test_an_output_that_the_model_does_not_have_is_refused_before_it_is_loaded() -> None:
    with pytest.raises(ParameterError) as caught:
        at("one", Step("one", model=ModelStep("m", outputs={"scoer": "chance"})))

    assert str(caught.value) == "model 'm' has no output 'scoer'; what to do: did you mean 'score'?"


def test_ways_that_meet_keep_what_is_common_and_prefix_the_rest() -> None:
    names, more = at("meet", ONE, TWO, Step("meet", BOTH))
    assert names == [
        "id", "x", "name", "one_score", "one_model_id", "one_model_version",
        "two_score", "two_model_id", "two_model_version",
    ]  # fmt: skip
    assert not more


def test_a_chain_carries_everything_along() -> None:
    second = Step("two", ("one",), model=ModelStep("m", {"x": "score"}, {"score": "again"}))
    names, _ = at("two", ONE, second)
    assert names[3:] == [
        "score", "one_model_id", "one_model_version", "again", "two_model_id", "two_model_version",
    ]  # fmt: skip


def test_after_a_function_there_may_be_anything() -> None:
    function = Step("f", function=FunctionStep("any.thing"))
    assert at("f", function) == (["id", "x", "name"], True)
    strange = ModelStep("m", {"x": "made_by_f"})
    assert at("one", function, Step("one", ("f",), model=strange))[1]


def test_hooks_around_a_model_leave_open_what_comes_in_and_out() -> None:
    hooked = Step("one", model=ModelStep("m", {"x": "y"}, preprocess="a.b", postprocess="a.c"))
    assert at("one", hooked) == (["id", "x", "name", "model_id", "model_version"], True)


def test_outputs_that_are_named_are_the_only_ones() -> None:
    names, more = at("one", Step("one", model=ModelStep("m", outputs={"score": "p"})))
    assert ("p" in names, "score" in names, more) == (True, False, False)


def test_a_lookup_adds_the_columns_that_it_names_or_leaves_open_which() -> None:
    lookup = LookupStep("u", "t", "id", columns=("city",))
    assert at("l", Step("l", lookup=lookup)) == (["id", "x", "name", "city"], False)
    assert at("l", Step("l", lookup=replace(lookup, columns=()))) == (["id", "x", "name"], True)


def test_a_split_and_a_vote() -> None:
    shared = Step("shared", split=SplitStep({"a": 1, "b": 1}))
    ways = (replace(ONE, sources=("shared.a",)), replace(TWO, sources=("shared.b",)))
    vote = Step("vote", BOTH, vote=VoteStep("score", output="winner"))
    assert at("vote", shared, *ways, vote)[0][-1] == "winner"


def test_of_a_source_that_is_not_known_nothing_is_refused() -> None:
    assert at("one", ONE, source=UNKNOWN)[1]


def test_a_model_of_unknown_outputs_leaves_open_which() -> None:
    found = columns(graph(ONE), SOURCE, {"m": ModelInfo("sklearn")})["one"]
    assert found.more


def test_features_name_what_the_files_do_not() -> None:
    columns(graph(ONE, models={"m": ModelSettings(features=("x",))}), SOURCE, {"m": INFO})


def test_a_saved_model_of_serialized_examples_takes_any_columns() -> None:
    parsing = Signature(inputs=(TensorSpec("examples", "string", (None,)),))
    columns(graph(ONE), SOURCE, {"m": ModelInfo("tensorflow", (parsing,))})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (graph(Step("one", model=ModelStep("m", {"x": "y"}))), "the rows of step 'one' have no column 'y'"),
        (graph(Step("one", model=ModelStep("m", {"z": "x"}))), "model 'm' has no input 'z'"),
        (
            graph(Step("one", model=ModelStep("m", {"x": "name"}))),
            r"column 'name' is not what model 'm' takes.*x: float32\[\?\].*bytes",
        ),
        (
            graph(ONE, replace(TWO, sources=("one",))),
            "step 'two' makes a column 'score', which 'one' has made",
        ),
        (
            graph(Step("one", model=ModelStep("m", outputs={"score": "name"}))),
            "makes a column 'name', which 'source' has made before",
        ),
        (
            graph(Step("one", model=ModelStep("m", outputs={"score": "model_id"}))),
            "makes a column 'model_id', which 'one' has made before",
        ),
        (graph(Step("one", model=ModelStep("m", signature="other"))), "model 'm' has no signature 'other'"),
        (
            graph(ONE, models={"m": ModelSettings(features=("x", "y"))}),
            "the features of model 'm' do not go with its signature",
        ),
        (graph(Step("l", lookup=LookupStep("u", "t", "idd"))), "no column 'idd'.*did you mean 'id'"),
        (
            graph(Step("l", lookup=LookupStep("u", "t", "id", columns=("x",)))),
            "step 'l' makes a column 'x', which 'source' has made before",
        ),
        (
            graph(Step("s", split=SplitStep({"a": 1}, by="idd")), replace(ONE, sources=("s.a",))),
            "the rows of step 's' have no column 'idd'",
        ),
        (
            graph(ONE, TWO, Step("v", BOTH, vote=VoteStep("scores"))),
            r"(?s)step 'one' gives vote 'v' no column 'scores'.*step 'two' gives",
        ),
        (graph(ONE, carry=("nam",)), "the source has no column 'nam'.*did you mean 'name'"),
        (replace(graph(ONE), key="key"), "the source has no column 'key'"),
        (replace(graph(ONE), kinds={"nam": "int"}), "the source has no column 'nam'.*did you mean 'name'"),
        (
            graph(ONE, sinks=(SinkSpec(path="o", columns=("scores",)),)),
            "the results of the last step have no column 'scores'.*did you mean 'score'",
        ),
        (
            graph(ONE, carry=(), sinks=(SinkSpec("one", path="o", columns=("name",)),)),
            "the results of step 'one' have no column 'name'",
        ),
    ],
)
def test_a_column_that_is_missing_or_made_twice(changed: InferenceGraph, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        columns(changed, SOURCE, {"m": INFO})


def test_two_ways_may_not_make_one_name() -> None:
    clashing = Columns({**SOURCE.known, "two_score": Column()})
    with pytest.raises(ParameterError, match="step 'meet' would have two columns 'two_score'"):
        columns(graph(ONE, TWO, Step("meet", BOTH)), clashing, {"m": INFO})


def test_one_value_a_row_does_not_fill_a_vector() -> None:
    wide = Signature(inputs=(TensorSpec("x", "float32", (None, 3)),))
    with pytest.raises(ParameterError, match="column 'x' is not what model 'm' takes.*one value a row"):
        columns(graph(ONE), SOURCE, {"m": ModelInfo("onnx", (wide,))})


@pytest.mark.parametrize(
    ("shape", "is_list"),
    [(None, None), ((None,), False), ((None, 1), False), ((None, 3), True), ((None, None), True)],
)
def test_an_output_of_one_value_a_row_is_no_list(
    shape: tuple[int | None, ...] | None, is_list: bool | None
) -> None:
    giving = replace(SCORES, outputs=(TensorSpec("score", "float32", shape),))
    found = columns(graph(ONE), SOURCE, {"m": ModelInfo("onnx", (giving,))})["one"]
    assert found.known["score"].is_list is is_list


def test_an_integer_goes_where_a_float_is_taken_but_not_the_other_way() -> None:
    whole = ModelInfo("onnx", (Signature(inputs=(TensorSpec("x", "int64", (None,)),)),))
    with pytest.raises(ParameterError, match="x: int64.*float"):
        columns(graph(ONE), SOURCE, {"m": whole})
    columns(graph(ONE), Columns({"id": Column(), "x": Column(kind="int")}), {"m": INFO})
