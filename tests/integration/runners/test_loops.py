# SPDX-License-Identifier: Apache-2.0
"""Loops and conditions on every runner, and by single tasks of another scheduler, which all do the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench import Bench
from light.component import Add
from light.steps import Step, StepExecutor, StepResult

from penstock.errors import UsageError
from penstock.graph.node import BaseNode
from penstock.graph.scopes import Cond, ForEach
from penstock.ir.document import to_json
from penstock.ir.model import PipelineIR
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runners.beam import BeamDagRunner
from penstock.runners.local import LocalDagRunner
from penstock.runners.single_node import run_single_node
from penstock.runtime.run import NodeResult

RUNNERS = {
    "local": LocalDagRunner(max_workers=3),
    "in process": LocalDagRunner(in_process=True),
    "beam": BeamDagRunner(),
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def by_tasks(bench: Bench, ir: PipelineIR, run_id: str = "r") -> dict[str, NodeResult]:
    """Runs the nodes one after another as tasks of another scheduler, which knows nothing of items."""
    return {node.id: run_single_node(ir, node.id, run_id, {}, in_process=True).result for node in ir.nodes}


Run = Callable[[Bench, list[BaseNode]], dict[str, NodeResult]]


def _on(name: str) -> Run:
    def run(bench: Bench, nodes: list[BaseNode]) -> dict[str, NodeResult]:
        if name == "tasks":
            return by_tasks(bench, bench.compile(*nodes))
        report = bench.run(*nodes, runner=RUNNERS[name], run_id="r")
        return {node.node_id: node for node in report.nodes}

    return run


@pytest.fixture(params=[*RUNNERS, "tasks"])
def run(request: pytest.FixtureRequest) -> Run:
    return _on(request.param)


def numbers(results: dict[str, NodeResult], node_id: str) -> list[str]:
    return [item.summary.removeprefix("= ") for item in results[node_id].items]


def told(results: dict[str, NodeResult], node_id: str) -> list[tuple[str, str]]:
    return [(item.item, item.state) for item in results[node_id].items]


def looped(count: int = 3, odd: str = "") -> list[BaseNode]:
    source = Step(10, count=count).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        first = Step(1, needs=[number], odd=odd).with_id("first")
        second = Step(0, needs=[first.outputs["out"], number]).with_id("second")
    total = Step(0, needs=[second.outputs["out"]]).with_id("total")
    return [source, first, second, total]


def test_nodes_of_a_loop_run_for_each_item_and_all_items_are_gathered_in_order(
    bench: Bench, run: Run
) -> None:
    results = run(bench, looped())
    assert told(results, "first") == [("0", "ran"), ("1", "ran"), ("2", "ran")]
    assert numbers(results, "second") == ["21", "23", "25"]
    assert (results["first"].state, results["first"].summary) == ("ran", "3 items")
    assert results["total"].summary == "= 69"
    assert bench.recorded("r") == results


def test_an_execution_is_named_for_its_item(bench: Bench) -> None:
    bench.run(*looped(2), run_id="r")
    with bench.store() as store:
        found = sorted(execution.name for execution in store.executions_of_run("p", "r"))
    assert found == [
        "p/r/first/0/0",
        "p/r/first/1/0",
        "p/r/second/0/0",
        "p/r/second/1/0",
        "p/r/source/0/0",
        "p/r/total/0/0",
    ]


def test_a_failed_item_fails_what_depends_on_that_item_and_what_gathers(
    bench: Bench, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "odd").touch()
    results = run(bench, looped(3, odd=str(tmp_path / "odd")))  # 11, 12, 13
    assert told(results, "first") == [("0", "failed"), ("1", "ran"), ("2", "failed")]
    assert results["first"].state == "failed"
    assert results["first"].reason.startswith(
        "item 0: StepExecutor.execute raised ValueError: 11 is odd; item 2: "
    )
    assert told(results, "second") == [("0", "not run"), ("1", "ran"), ("2", "not run")]
    assert results["second"].items[0].reason == "first[0] failed"
    assert (results["total"].state, results["total"].reason) == ("not run", "second[0] did not run")
    assert bench.recorded("r")["first"].items[2].state == "failed"


def test_a_run_whose_items_failed_is_resumed_item_by_item(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "odd").touch()
    nodes = looped(3, odd=str(tmp_path / "odd"))
    assert bench.run(*nodes, cache=False, run_id="r").state == "FAILED"
    (tmp_path / "odd").unlink()
    report = bench.run(*nodes, cache=False, run_id="r", resume=True)
    results = {node.node_id: node for node in report.nodes}
    assert told(results, "first") == [("0", "ran"), ("1", "cached"), ("2", "ran")]
    assert told(results, "second") == [("0", "ran"), ("1", "cached"), ("2", "ran")]
    assert (report.state, results["total"].summary) == ("COMPLETE", "= 69")


def test_items_are_answered_by_the_cache_one_by_one(bench: Bench, run: Run) -> None:
    bench.run(*looped(2))
    results = run(bench, looped(3))
    assert [state for _, state in told(results, "first")] == ["cached", "cached", "ran"]


def test_a_loop_over_nothing_runs_nothing(bench: Bench, run: Run) -> None:
    source = Step(10, count=0).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        inside = Step(1, needs=[number]).with_id("inside")
    required = Step(5, needs=[inside.outputs["out"]]).with_id("required")
    optional = Step(5, may=[inside.outputs["out"]]).with_id("optional")
    results = run(bench, [source, inside, required, optional])
    reason = "there is no item in source.many"
    assert (results["inside"].state, results["inside"].reason) == ("skipped", reason)
    assert (results["required"].state, results["required"].reason) == (
        "skipped",
        f"inside was skipped: {reason}",
    )
    assert results["optional"].summary == "= 5"


def nested() -> list[BaseNode]:
    source = Step(0, count=2).with_id("source")
    with ForEach(source.outputs["many"]) as outer:
        middle = Step(10, needs=[outer], count=2).with_id("middle")
        with ForEach(middle.outputs["many"]) as inner:
            inside = Step(0, needs=[outer, inner]).with_id("inside")
        each = Step(0, needs=[inside.outputs["out"]]).with_id("each")
    total = Step(0, needs=[inside.outputs["out"], each.outputs["out"]]).with_id("total")
    return [source, middle, inside, each, total]


def test_loops_in_loops(bench: Bench, run: Run) -> None:
    results = run(bench, nested())
    assert [item.item for item in results["inside"].items] == ["0.0", "0.1", "1.0", "1.1"]
    assert numbers(results, "inside") == ["10", "11", "12", "13"]
    assert numbers(results, "each") == ["21", "25"]
    assert results["total"].summary == "= 92"


def test_a_condition_that_is_false_skips_its_nodes_and_what_needs_them(bench: Bench, run: Run) -> None:
    source = Step(10, count=3).with_id("source")
    with Cond(source.outputs["out"].future()[0].value > 10):
        inside = Step(1, needs=[source.outputs["out"]]).with_id("inside")
        with ForEach(source.outputs["many"]) as number:
            looping = Step(1, needs=[number]).with_id("looping")
    needs = Step(1, needs=[inside.outputs["out"]]).with_id("needs")
    may = Step(1, may=[inside.outputs["out"], looping.outputs["out"]]).with_id("may")
    results = run(bench, [source, inside, looping, needs, may])
    reason = "condition is false: source.out[0].value > 10"
    assert (results["inside"].state, results["inside"].reason) == ("skipped", reason)
    assert (results["looping"].state, results["looping"].reason) == ("skipped", reason)
    assert results["needs"].reason == f"inside was skipped: {reason}"
    assert results["may"].summary == "= 1"
    assert bench.recorded("r")["inside"].reason == reason


def test_conditions_are_decided_for_each_item(bench: Bench, run: Run) -> None:
    source = Step(10, count=3).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        first = Step(0, needs=[number]).with_id("first")
        with Cond(first.outputs["out"].future()[0].value != 11):
            second = Step(0, needs=[first.outputs["out"]]).with_id("second")
    total = Step(0, needs=[second.outputs["out"]]).with_id("total")
    results = run(bench, [source, first, second, total])
    assert told(results, "second") == [("0", "ran"), ("1", "skipped"), ("2", "ran")]
    assert results["second"].items[1].reason == "condition is false: first.out[0].value != 11"
    assert (results["second"].summary, results["total"].summary) == ("3 items, 1 skipped", "= 22")


def test_a_parameter_comes_from_an_artifact_that_is_recorded_as_read(bench: Bench, run: Run) -> None:
    source = Step(7).with_id("source")
    step = Step(source.outputs["out"].future()[0].value).with_id("step")
    results = run(bench, [source, step])
    assert results["step"].summary == "= 7"
    with bench.store() as store:
        read = store.inputs_of(results["step"].execution_id or 0)
        assert [artifact.id for artifact in read["_source.out"]] == [
            artifact.id for artifact in store.outputs_of(results["source"].execution_id or 0)["out"]
        ]


def test_a_parameter_of_the_wrong_type_is_one_clear_error(bench: Bench, run: Run) -> None:
    source = Step(7).with_id("source")
    step = Step(source.outputs["out"].future()[0].custom_property("tfx_version")).with_id("step")
    absent = Step(source.outputs["out"].future()[0].custom_property("no_such")).with_id("absent")
    results = run(bench, [source, step, absent])
    assert results["step"].reason.startswith("step: parameter 'value' has the wrong type; expected: ")
    assert "from source.out[0].custom_property('tfx_version')" in results["step"].reason
    assert results["absent"].reason.startswith("absent: parameter 'value' has no value; expected: ")
    assert "source.out[0].custom_property('no_such')" in results["absent"].reason


def test_a_task_of_one_item_runs_that_one_and_refuses_one_that_there_is_not(
    bench: Bench, tmp_path: Path
) -> None:
    source = Step(10, count=2, odd=str(tmp_path / "odd")).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        first = Step(0, needs=[number], odd=str(tmp_path / "odd")).with_id("first")
        plain = Step(5).with_id("plain")
        plain.add_upstream_node(first)
    ir = bench.compile(source, first, plain)

    def task(node_id: str, item: str | None = None) -> NodeResult:
        return run_single_node(ir, node_id, "r", {}, in_process=True, item=item).result

    task("source")
    assert (task("plain", "1").item, bench.recorded("r")["plain"].summary) == ("1", "1 item")
    for node_id in ("first", "plain"):
        with pytest.raises(UsageError, match=rf"there is no {node_id}\[2\]; expected: a number below 2"):
            task(node_id, "2")
    assert [item.item for item in bench.recorded("r")["plain"].items] == ["1"]
    (tmp_path / "odd").touch()
    assert [task("first", item).state for item in ("0", "1")] == ["ran", "failed"]
    assert [task("plain", item).state for item in ("0", "1")] == ["cached", "not run"]


def test_a_task_of_one_item_is_skipped_with_its_loop(bench: Bench) -> None:
    source = Step(10, count=0).with_id("source")
    with ForEach(source.outputs["many"]):
        plain = Step(5).with_id("plain")
    ir = bench.compile(source, plain)
    bench.run_node(ir, "source")
    result = run_single_node(ir, "plain", "r", {}, in_process=True, item="0").result
    assert (result.state, result.reason) == ("skipped", "there is no item in source.many")


def test_a_task_reads_the_run_as_often_for_many_items_as_for_few(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    get_run = MetadataStore.get_run

    def counted(self: MetadataStore, pipeline: str | None, run_id: str) -> RunRecord | None:
        reads.append(run_id)
        return get_run(self, pipeline, run_id)

    monkeypatch.setattr(MetadataStore, "get_run", counted)
    for count in (2, 8):
        by_tasks(bench, bench.compile(*looped(count)), run_id=str(count))
    assert reads.count("2") == reads.count("8")


def test_a_node_is_skipped_with_what_it_needs_whatever_else_it_lacks(bench: Bench, run: Run) -> None:
    source = Step(1, count=0).with_id("source")
    with Cond(source.outputs["out"].future()[0].value > 1):
        left_out = Step(1).with_id("left_out")
    nothing, out = source.outputs["many"], left_out.outputs["out"]
    value = Step(out.future()[0].value, needs=[nothing]).with_id("value")
    both = Add(nothing, gate=out).with_id("both")
    lacking = Step(1, needs=[nothing]).with_id("lacking")
    results = run(bench, [source, left_out, value, both, lacking])
    reason = "left_out was skipped: condition is false: source.out[0].value > 1"
    assert (results["value"].state, results["value"].reason) == ("skipped", reason)
    assert (results["both"].state, results["both"].reason) == ("skipped", reason)
    assert (results["lacking"].state, results["lacking"].reason) == (
        "failed",
        "lacking: input 'needs' has no artifact; expected: Integer from source; got: none",
    )


def test_a_node_that_two_tasks_run_at_once_is_run_by_each_for_itself(bench: Bench) -> None:
    ir = bench.compile(Step(3, count=2, seconds=0.5).with_id("step"), cache=False)
    bench.folder.joinpath("ir.json").write_text(to_json(ir))
    command = [
        sys.executable,
        "-m",
        "penstock",
        "run-node",
        "--ir",
        "ir.json",
        "--node",
        "step",
        "--run-id",
        "r",
    ]
    tasks = [subprocess.Popen(command, cwd=bench.folder, stdout=subprocess.PIPE) for _ in range(3)]
    told = [task.communicate(timeout=60)[0].decode() for task in tasks]
    assert all("step  ran" in text and "= 3" in text for text in told), told
    assert bench.executions("r") == ["COMPLETE"] * 3


def test_items_that_have_ended_are_recorded_when_their_task_is_interrupted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Step(10, count=3).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        step = Step(0, needs=[number]).with_id("step")
    ir = bench.compile(source, step)
    bench.run_node(ir, "source")
    execute = StepExecutor.execute

    def interrupted(self: StepExecutor, work: Any) -> StepResult:
        result = execute(self, work)
        if result.numbers == (12,):
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(StepExecutor, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.run_node(ir, "step")
    assert told(bench.recorded("r"), "step") == [("0", "ran"), ("1", "ran")]
