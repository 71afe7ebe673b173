# SPDX-License-Identifier: Apache-2.0
"""Component functions in whole runs, in workers and in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, states
from light.functions import add, check, make, number, returns, tell, use

from penstock.components.function_component.final_status import FinalStatusStr
from penstock.errors import NodeFailedError, PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport, RunRequest
from penstock.testing import run_component

pytestmark = pytest.mark.integration


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def reasons(report: RunReport) -> str:
    return "\n".join(node.reason for node in report.nodes)


def checked(made: Any, **expected: Any) -> Any:
    return check(
        numbers=made.outputs["numbers"],
        total=made.outputs["total"],
        mean=made.outputs["mean"],
        by_name=made.outputs["by_name"],
        expected=expected,
    )


@pytest.mark.parametrize("in_process", [False, True])
def test_values_and_artifacts_go_from_function_to_function(bench: Bench, in_process: bool) -> None:
    made = make(count=4)
    node = checked(
        made,
        numbers="0\n1\n2\n3",
        total=6,
        mean=1.5,
        by_name={"made": [0, 1, 2, 3]},
        others=None,
        note="none",
    )
    report = bench.run(made, node, runner=LocalDagRunner(in_process=in_process))
    assert states(report) == {"make": "ran", "check": "ran"}, reasons(report)
    assert report.nodes[0].summary == "total=6, mean=1.5, note=None"
    (seen,) = bench.root.glob("check/seen/*/value")
    assert json.loads(seen.read_text())["total"] == 6
    assert states(bench.run(made, node)) == {"make": "cached", "check": "cached"}


def test_none_is_a_value_for_those_that_take_it(bench: Bench) -> None:
    made = make(count=0)
    node = check(
        numbers=made.outputs["numbers"],
        total=made.outputs["total"],
        mean=made.outputs["mean"],
        by_name=made.outputs["by_name"],
        note=made.outputs["note"],
        others=[made.outputs["numbers"]],
        scale=2.5,
        expected={"mean": None, "note": None, "others": 1, "scale": 2.5},
    )
    report = bench.run(made, node)
    assert states(report) == {"make": "ran", "check": "ran"}, reasons(report)


def test_none_is_refused_before_anything_runs_where_it_is_not_taken(bench: Bench) -> None:
    made = make(count=0)
    report = bench.run(made, use(mean=made.outputs["mean"]))
    assert states(report) == {"make": "ran", "use": "failed"}
    assert "use: input 'mean' is None; expected: a value of type float" in report.nodes[1].reason
    assert "annotate the argument Optional[float]" in report.nodes[1].reason
    assert bench.executions(report.run_id) == ["COMPLETE"]


def test_parameters_may_come_from_the_run_and_from_other_nodes(bench: Bench) -> None:
    given = number(value=RuntimeParameter("n", int, 3))
    total = add(first=given.outputs["value"], more=given.outputs["value"].future()[0].value)
    ir = bench.compile(given, total)
    report = LocalDagRunner().run_ir(ir, RunRequest(parameters={"n": 5}))
    assert states(report) == {"number": "ran", "add": "ran"}, reasons(report)
    assert report.nodes[1].summary == "total=10"


def test_what_a_function_has_set_is_recorded(bench: Bench) -> None:
    report = bench.run(make(count=2))
    assert states(report) == {"make": "ran"}
    with bench.store() as store:
        execution = next(e for e in store.executions_of_run("p", report.run_id) if e.type.endswith("make"))
        outputs = store.outputs_of(execution.id)
    assert execution.type == "light.functions.make"
    assert outputs["numbers"][0].get_int_custom_property("count") == 2
    assert outputs["note"][0].get_int_custom_property("__is_null__") == 1
    assert outputs["total"][0].get_int_custom_property("__is_null__") == 0
    assert outputs["by_name"][0].type_name == "JsonValue"
    assert json.loads(Path(outputs["by_name"][0].file_uri).read_text()) == {"made": [0, 1]}


@pytest.mark.parametrize(
    ("what", "match"),
    [
        (
            "nothing",
            "returns() has returned something else than a dictionary; expected: {'value': …, 'names': …}",
        ),
        ("number", "got: 3 (int)"),
        (
            "missing",
            "returns() has not returned 'names'; expected: a value of type list[str]; got: only 'value'",
        ),
        ("typo", "returns() has returned 'vaule', which it does not declare.*did you mean 'value'?"),
        ("none", "declare it Optional[int] if it may be missing"),
        ("text", "returns() has returned a value of another type: value has the wrong type"),
        ("nested", "names[1]"),
        ("raises", "returns() raised ValueError: no more"),
        ("moves", "returns() has set the URI of output 'model'"),
    ],
)
def test_what_a_function_must_not_return(bench: Bench, what: str, match: str) -> None:
    report = bench.run(returns(what=what))
    (result,) = report.nodes
    assert result.state == "failed"
    for part in match.split(".*"):
        assert part in result.reason
    assert ("light/functions.py" in result.traceback) == (what == "raises")
    assert bench.executions(report.run_id) == ["FAILED"]


def test_numbers_of_numpy_are_numbers(bench: Bench) -> None:
    (result,) = bench.run(returns(what="numpy")).nodes
    assert (result.state, result.summary) == ("ran", "value=7"), result.reason


def test_an_exit_handler_learns_how_the_run_has_ended(bench: Bench, tmp_path: Path) -> None:
    handler = tell(status=FinalStatusStr(), folder=str(tmp_path))
    pipeline = Pipeline("p", str(bench.root), bench.config, [number()], exit_handler=handler)
    report = LocalDagRunner().run_ir(compile_pipeline(pipeline, project_root=str(tmp_path)), RunRequest())
    assert states(report) == {"number": "ran", "tell": "ran"}, reasons(report)
    assert isinstance(json.loads((tmp_path / "ended").read_text()), dict)


@pytest.mark.parametrize("as_a_list", [False, True])
def test_a_runner_takes_an_exit_handler(bench: Bench, tmp_path: Path, as_a_list: bool) -> None:
    handler = tell(status=FinalStatusStr(), folder=str(tmp_path))
    runner = LocalDagRunner(in_process=True)
    runner.set_exit_handler([handler] if as_a_list else handler)
    with pytest.raises(NodeFailedError, match="returns failed"):
        runner.run(Pipeline("p", str(bench.root), bench.config, [returns(what="raises")]))
    assert (tmp_path / "ended").read_text()


def test_a_run_has_one_exit_handler() -> None:
    with pytest.raises(PipelineError, match="a run has one exit handler; expected: one node; got: 2"):
        LocalDagRunner().set_exit_handler([number(), number()])


def test_a_function_is_run_in_a_users_test() -> None:
    ran = run_component(add(first=number(value=4).outputs["value"], more=1))
    assert ran.content("total") == 5
