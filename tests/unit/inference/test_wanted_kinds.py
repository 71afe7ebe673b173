# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from penstock.inference.column_flow import flow_of_columns
from penstock.inference.columns import Column, Columns
from penstock.inference.spec import (
    FilterStep,
    FunctionStep,
    InferenceGraph,
    ModelSettings,
    ModelStep,
    SplitStep,
    Step,
    VoteStep,
)
from penstock.inference.wanted_kinds import wanted_kinds
from penstock.models.signature import ModelInfo, Signature, TensorSpec


def model(**inputs: str) -> ModelInfo:
    """Returns a model that takes one value a row of each, and gives ``y``."""
    specs = tuple(TensorSpec(name, dtype, (None,)) for name, dtype in inputs.items())
    return ModelInfo("sklearn", (Signature(inputs=specs, outputs=(TensorSpec("y", "float32", (None,)),)),))


MODELS = {
    "m": model(x="float32", n="int64", t="string"),
    "n": model(x="int32", t="float64"),
}


def wanted(*steps: Step, **settings: ModelSettings) -> dict[str, Any]:
    return wanted_kinds(InferenceGraph(steps, models=settings), MODELS)


ONE = {"x": "float", "n": "int", "t": "bytes"}


def test_a_model_wants_its_inputs_under_the_names_of_the_columns() -> None:
    assert wanted(Step("a", model=ModelStep("m"))) == ONE
    assert wanted(Step("a", model=ModelStep("m", inputs={"x": "z"}))) == {
        "z": "float",
        "n": "int",
        "t": "bytes",
    }
    assert wanted(Step("a", model=ModelStep("m")), m=ModelSettings(features=("u", "v", "w"))) == {
        "u": "float",
        "v": "int",
        "w": "bytes",
    }


def test_what_functions_may_change_is_not_wanted_as_anything() -> None:
    function = Step("f", function=FunctionStep("f.f"))
    assert wanted(Step("a", model=ModelStep("m", preprocess="f.f"))) == {}
    assert wanted(function, Step("a", ("f",), model=ModelStep("m"))) == {}
    split = Step("s", ("f",), split=SplitStep({"one": 1, "two": 1}, "x"))
    assert wanted(function, split, Step("a", ("s.one",), model=ModelStep("m"))) == {}
    # The other way through the graph is free of it.
    kept = Step("k", filter=FilterStep("f.g"))
    assert wanted(function, kept, Step("a", ("k",), model=ModelStep("m"))) == ONE


def test_what_the_graph_names_is_as_it_says() -> None:
    steps = (Step("a", model=ModelStep("m", preprocess="f.f")), Step("b", model=ModelStep("m")))
    assert wanted_kinds(InferenceGraph(steps[:1], kinds={"x": "int"}), MODELS) == {"x": "int"}
    assert wanted_kinds(InferenceGraph(steps, kinds={"x": "int"}), MODELS) == {**ONE, "x": "int"}


def test_what_a_step_before_makes_is_not_of_the_source() -> None:
    first = Step("a", model=ModelStep("m", outputs={"y": "z"}))
    second = Step("b", ("a",), model=ModelStep("n", inputs={"x": "z"}))
    assert wanted(first, second) == {"x": "float", "n": "int"}
    vote = Step("v", ("a", "b"), vote=VoteStep("y", output="x"))
    others = Step("b", model=ModelStep("m"))
    third = Step("c", ("v",), model=ModelStep("n", inputs={"t": "n"}))
    assert wanted(Step("a", model=ModelStep("m")), others, vote, third) == ONE


def test_what_models_want_in_two_ways() -> None:
    # Whole numbers suit both; text and numbers are left to what the cells are.
    assert wanted(Step("a", model=ModelStep("m")), Step("b", model=ModelStep("n"))) == {
        "x": "int",
        "n": "int",
    }


def test_nothing_is_wanted_where_nothing_is_recorded() -> None:
    step = Step("a", model=ModelStep("m"))
    assert wanted(step, m=ModelSettings(handler="some.Handler")) == {}
    assert wanted(step, m=ModelSettings(signature="other")) == {}
    assert wanted(step, m=ModelSettings(features=("only_one",))) == {}
    assert wanted(Step("a", model=ModelStep("unknown"))) == {}
    lists = ModelInfo("onnx", (Signature(inputs=(TensorSpec("v", "float32", (None, 3)),)),))
    assert wanted_kinds(InferenceGraph((Step("a", model=ModelStep("l")),)), {"l": lists}) == {}


@pytest.mark.parametrize(
    ("readable", "problems"),
    [
        ((), ["column 'n' is not what model 'm' takes"]),
        (("float",), ["column 'n' is not what model 'm' takes"]),
        (("int", "float"), []),
        (None, []),
    ],
)
def test_a_column_is_refused_where_not_one_of_its_first_cells_fits(
    readable: Any, problems: list[str]
) -> None:
    source = Columns({"x": Column(), "n": Column(readable=readable), "t": Column(readable=())})
    graph = InferenceGraph((Step("a", model=ModelStep("m")),))
    _, found = flow_of_columns(graph, source, MODELS)
    assert [problem.message for problem in found] == problems
    behind = InferenceGraph(
        (Step("f", function=FunctionStep("f.f")), Step("a", ("f",), model=ModelStep("m")))
    )
    assert flow_of_columns(behind, source, MODELS)[1] == []
