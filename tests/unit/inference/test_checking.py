# SPDX-License-Identifier: Apache-2.0
"""What is refused of a graph before anything runs; places in a file are tested with the file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.inference.checking import check, problems
from penstock.inference.functions import function_paths
from penstock.inference.spec import (
    FilterStep,
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

ONE = Step("one", model=ModelStep("m"))
TWO = Step("two", model=ModelStep("n"))
BOTH = ("one", "two")
GOOD = InferenceGraph((ONE,), key="id")


def changed(*steps: Step, **changes: Any) -> InferenceGraph:
    return replace(GOOD, steps=steps or GOOD.steps, **changes)


def split(**shares: Any) -> Step:
    return Step("shared", split=SplitStep(shares))


def from_(source: str, name: str = "next") -> Step:
    return Step(name, (source,), model=ModelStep("m"))


def settings(**values: Any) -> InferenceGraph:
    return changed(models={"m": ModelSettings(**values)})


def sink(**values: Any) -> InferenceGraph:
    return changed(sinks=(SinkSpec(**values),))


def test_a_good_graph_is_let_through() -> None:
    steps = (
        split(a=70, b=30),
        Step("one", ("shared.a",), model=ModelStep("m", outputs={"p": "score"})),
        Step("two", ("shared.b",), model=ModelStep("n")),
        Step("meet", BOTH),
        Step("vote", BOTH, vote=VoteStep("score", "weighted", {"one": 2.5})),
        Step("looked_up", ("meet",), lookup=LookupStep("sqlite:///x.db", "t", "id")),
    )
    sinks = (SinkSpec("vote", path="out"), SinkSpec("meet", url="sqlite:///x.db", table="t"))
    check(changed(*steps, sinks=sinks), ("m", "n"))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (InferenceGraph(()), "the graph has no steps"),
        (changed(ONE, ONE), "two steps are called 'one'"),
        (changed(replace(ONE, name="source")), "a step is called 'source', which stands for the rows"),
        (changed(replace(ONE, name="a-b")), "the name of a step is not usable.*'a-b'"),
        (changed(replace(ONE, name="1a")), "the name of a step is not usable.*'1a'"),
        (changed(replace(ONE, sources=())), "step 'one' comes from nothing"),
        (changed(ONE, Step("x", ("one", "one"))), "step 'x' comes from 'one' twice"),
        (changed(ONE, from_("oen")), r"step 'next' comes from 'oen', which is no step.*did you mean 'one'"),
        (changed(ONE, from_("one.a")), "'one.a', and one is no split.*write 'one'"),
        (changed(from_("source.a")), "source has no ways"),
        (changed(from_("b", "a"), from_("a", "b")), "the steps form a cycle: .*a.* -> "),
        (changed(Step("x")), "step 'x' does nothing"),
        (changed(replace(ONE, vote=VoteStep("p"))), "step 'one' does several things.*model and vote"),
        (changed(split(a=1, b=1), from_("shared")), "names no way.*one of shared.a, shared.b"),
        (changed(split(a=1), from_("shared.c")), "shared has no way 'c'"),
        (
            changed(split(a=1, b=1), from_("shared.a")),
            "no step comes from shared.b, so its rows would be lost",
        ),
        (changed(split(a=0), from_("shared.a")), "share 'a' of 'shared' is not positive"),
        (changed(split(a=0.5), from_("shared.a")), "share 'a' of 'shared' is not positive.*0.5"),
        (changed(split(a=True), from_("shared.a")), "share 'a' of 'shared' is not positive"),
        (changed(split()), "split 'shared' has no ways"),
        (changed(split(a=1), from_("shared.a"), key=None), "split 'shared' has no column to go by"),
        (changed(Step("v", vote=VoteStep("p"))), "vote 'v' comes from one step"),
        (
            changed(ONE, TWO, Step("v", BOTH, vote=VoteStep("p", "mean", {"one": 1}))),
            "has weights, and a mean has none",
        ),
        (
            changed(ONE, TWO, Step("v", BOTH, vote=VoteStep("p", weights={"on": 1}))),
            "weighs 'on', which it does not come from.*did you mean 'one'",
        ),
        (
            changed(ONE, TWO, Step("v", BOTH, vote=VoteStep("p", weights={"one": -1}))),
            "the weight of 'one' in vote 'v' is not usable",
        ),
        (
            changed(ONE, TWO, Step("v", BOTH, vote=VoteStep("p", weights={"one": 0, "two": 0}))),
            "all weights of vote 'v' are 0",
        ),
        (changed(Step("l", lookup=LookupStep("", "t", "id"))), "lookup 'l' names no url"),
        (changed(Step("l", lookup=LookupStep("u", "t", "id", columns=("a", "a")))), "names column 'a' twice"),
        (
            changed(Step("o", model=ModelStep("m", outputs={"a": "p", "b": "p"}))),
            "two outputs the same column",
        ),
        (changed(max_failed_fraction=1.5), "max_failed_fraction is no fraction.*0 to 1"),
        (changed(source_rows=0), "source_rows must be at least 1"),
        (changed(carry=("a", "a")), "carry names column 'a' twice"),
        (settings(batch_rows=0), "batch_rows of model 'm' is too small"),
        (settings(timeout_seconds=0.0), "timeout_seconds of model 'm' is too small.*more than 0"),
        (settings(large_model=True, model_copies=2), "is a large_model and has model_copies"),
        (settings(features=("x", "x")), "features of model 'm' name 'x' twice"),
        (settings(elements="numpy"), "elements of model 'm' is for a handler, and none is named"),
        (changed(models={"a b": ModelSettings()}), "the name of a model is not usable"),
        (sink(), "a sink has one place.*none"),
        (sink(path="a", bigquery="p:d.t"), "a sink has one place.*path and bigquery"),
        (sink(url="sqlite:///x"), "a sink to a database names no table"),
        (sink(path="a", table="t"), "a sink with a path has a table"),
        (sink(url="sqlite:///x", table="t", format="csv"), "a sink with a url has a format"),
        (sink(source="on", path="a"), "takes the rows of 'on', which is no step.*did you mean 'one'"),
        (sink(path="a", columns=("x", "x")), "columns of a sink names 'x' twice"),
        (
            sink(path="a", options={"compresion": "gzip"}),
            "no option 'compresion'.*did you mean 'compression'",
        ),
        (changed(ONE, TWO, sinks=(SinkSpec(path="a"),)), "does not say which step's rows it takes.*one, two"),
        (
            changed(split(a=1), from_("shared.a"), sinks=(SinkSpec("shared", path="a"),)),
            "takes the rows of 'shared', which is a split",
        ),
        (changed(Step("f", function=FunctionStep("clean"))), "'clean' is not the dotted path of a function"),
        (changed(Step("f", filter=FilterStep("nowhere.keep"))), "there is no function nowhere.keep"),
    ],
)
def test_what_cannot_work_is_refused(graph: InferenceGraph, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check(graph)


def test_models_must_be_given_and_used() -> None:
    with pytest.raises(ParameterError, match="uses model 'm', which is not given.*did you mean 'mm'"):
        check(GOOD, ["mm"])
    with pytest.raises(ParameterError, match="no step uses model 'other'"):
        check(GOOD, ["m", "other"])
    check(settings(handler="vertex_ai"), [])


def test_all_problems_are_told_in_one_error() -> None:
    with pytest.raises(ParameterError) as caught:
        check(changed(ONE, ONE, source_rows=0))
    assert "the graph has 2 problems:\n  (1) two steps are called 'one'" in str(caught.value)
    assert "(2) source_rows must be at least 1" in str(caught.value)


# ---------------------------------------------------------------------------------------------------------- functions


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "scoring.py": "raise RuntimeError('imported')\nfrom json import dumps as as_text\n"
        "if 1:\n    def clean(batch): ...\nelse:\n    clean = None\nLIMIT = 3\n",
        "pack/__init__.py": "raise RuntimeError('imported')\n",
        "pack/inner.py": "class Handler: ...\n",
        "stars.py": "from os.path import *\n",
        "broken.py": "def clean(:\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "scoring.clean",
        "scoring.as_text",
        "scoring.LIMIT",
        "pack.inner.Handler",
        "stars.join",
        "math.floor",
        "json.dumps",
    ],
)
def test_a_function_is_found_without_running_its_module(project: Path, name: str) -> None:
    assert problems(changed(Step("f", function=FunctionStep(name))), project_root=str(project)) == []
    assert "scoring" not in sys.modules
    assert "pack" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scoring.claen", "there is no function scoring.claen.*did you mean 'clean'"),
        ("pack.outer.Handler", "there is no function pack.outer.Handler.*no such module"),
        ("scoring.inner.clean", "there is no function scoring.inner.clean"),
        ("scoring.zzzzzz", "what to do: known: clean$"),
        ("broken.clean", "the module of broken.clean cannot be read.*broken.py:1 is not valid Python"),
        ("json.dmups", "did you mean 'dumps'"),
        ("a b.c", "'a b.c' is not the dotted path of a function"),
    ],
)
def test_a_function_that_is_not_there(project: Path, name: str, message: str) -> None:
    graph = changed(Step("f", function=FunctionStep(name)))
    with pytest.raises(ParameterError, match=message):
        check(graph, project_root=str(project))


def test_all_code_of_the_users_is_named(project: Path) -> None:
    graph = InferenceGraph(
        (
            Step("f", function=FunctionStep("scoring.clean")),
            Step("k", filter=FilterStep("scoring.keep")),
            Step("m", model=ModelStep("m", preprocess="scoring.before", postprocess="scoring.after")),
        ),
        models={
            "m": ModelSettings(
                handler="pack.inner.Handler", handler_arguments={"f": "python:scoring.make", "n": 1}
            ),
            "v": ModelSettings(handler="vertex_ai"),
            "t": ModelSettings(loader_arguments={"class": "nets.Net"}),
        },
    )
    assert function_paths(graph) == (
        "nets.Net",
        "pack.inner.Handler",
        "scoring.after",
        "scoring.before",
        "scoring.clean",
        "scoring.keep",
        "scoring.make",
    )
