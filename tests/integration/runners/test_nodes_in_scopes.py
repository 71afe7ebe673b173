# SPDX-License-Identifier: Apache-2.0
"""Nodes of every kind in loops and conditions, and how single items are run: retries, time-outs, Beam arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import Bench, states
from light.component import Add, Number
from light.steps import Step
from light.telling import Tell

from penstock.artifacts.standard import Integer
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.placeholder import Placeholder
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.system_nodes import Importer, Resolver
from penstock.runners.local import LocalDagRunner
from penstock.runtime.run import NodeResult


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def results(bench: Bench, *nodes: BaseNode, **request: object) -> dict[str, NodeResult]:
    report = bench.run(*nodes, **request)
    return {node.node_id: node for node in report.nodes}


def test_an_importer_imports_what_an_artifact_names(bench: Bench) -> None:
    source = Step(40, count=2).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        again = Importer(number.future()[0].uri, Integer).with_id("again")
        step = Step(1, needs=[again.outputs["result"]]).with_id("step")
    ended = results(bench, source, again, step)
    assert [item.summary for item in ended["step"].items] == ["= 41", "= 42"]
    assert ended["again"].summary == "2 items"


def test_an_importer_imports_what_a_runtime_parameter_names(bench: Bench, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(str(len(name) + 4))
    given = Importer(RuntimeParameter("where", str, default=str(tmp_path / "one")), Integer)
    step = Step(0, needs=[given.outputs["result"]]).with_id("step")
    assert results(bench, given, step)["step"].summary == "= 7"
    ended = results(bench, given, step, parameters={"where": str(tmp_path / "nowhere")})
    assert (ended["Importer"].state, ended["step"].state) == ("failed", "not run")


def test_a_resolver_in_a_condition_looks_only_where_it_is_true(bench: Bench) -> None:
    def nodes(value: int) -> list[BaseNode]:
        number = Step(value).with_id("number")
        with Cond(number.outputs["out"].future()[0].value > 5):
            latest = Resolver(LatestArtifactStrategy, number=Channel(type=Integer)).with_id("latest")
            step = Step(100, may=[latest.outputs["number"]]).with_id("step")
        latest.add_upstream_node(number)
        return [number, latest, step]

    skipped = results(bench, *nodes(5))
    assert {name: result.state for name, result in skipped.items()} == {
        "number": "ran",
        "latest": "skipped",
        "step": "skipped",
    }
    assert skipped["latest"].reason == "condition is false: number.out[0].value > 5"
    assert results(bench, *nodes(6))["step"].state == "ran"


def test_each_item_is_tried_again_by_itself(bench: Bench, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    source = Step(1, count=2).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        flaky = Number(2, "flaky", folder=str(marks), after=number).with_retries(3, delay_seconds=0)
    ended = results(bench, source, flaky, runner=LocalDagRunner(max_workers=1), run_id="r")
    assert [item.state for item in ended["Number"].items] == ["ran", "ran"]
    with bench.store() as store:
        names = [e.name for e in store.executions_of_run("p", "r") if e.node_id == "Number"]
    assert sorted(names) == ["p/r/Number/0/0", "p/r/Number/0/1", "p/r/Number/0/2", "p/r/Number/1/0"]


def test_a_time_out_ends_one_item(bench: Bench) -> None:
    source = Step(0, count=2).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        slow = Step(0, needs=[number], seconds=0).with_id("slow")
        hangs = Number(number.future()[0].value, seconds=0).with_id("hangs")
        with Cond(number.future()[0].value == 1):
            late = Number(1, seconds=60, after=number).with_id("late").with_timeout(0.3)
    ended = results(bench, source, slow, hangs, late)
    assert [item.state for item in ended["late"].items] == ["skipped", "failed"]
    assert "time-out of 0.3 seconds" in ended["late"].items[1].reason
    assert ended["slow"].state == ended["hangs"].state == "ran"


def test_beam_arguments_may_come_from_parameters_and_artifacts(bench: Bench, tmp_path: Path) -> None:
    source = Step(7).with_id("source")
    told = Tell("args", str(tmp_path / "told")).with_id("told")
    told.with_beam_pipeline_args(
        [
            "--plain=1",
            Placeholder(
                "concat",
                Placeholder("constant", value="--number="),
                source.outputs["out"].future()[0].value,
            ),
        ]
    )
    assert results(bench, source, told)["told"].state == "ran"
    assert (tmp_path / "told").read_text() == "args --plain=1 --number=7\n"


def test_what_the_machine_does_not_have_is_a_warning(bench: Bench) -> None:
    number = Number(1).with_resources(memory_gib=10_000_000)
    (result,) = results(bench, number, run_id="r").values()
    assert result.state == "ran"
    assert result.warnings[0].startswith("it asks for 1e+07 GiB of memory, of which this machine has")
    assert bench.recorded("r")["Number"].warnings == result.warnings


def test_a_failed_node_of_a_condition_blocks_what_is_in_it(bench: Bench) -> None:
    number = Number(1, "raise")
    with Cond(number.outputs["number"].future()[0].value > 0):
        inside = Number(2).with_id("inside")
    after = Add([inside.outputs["number"]])
    report = bench.run(number, inside, after)
    assert states(report) == {"Number": "failed", "inside": "not run", "Add": "not run"}
    assert report.nodes[1].reason == "Number failed"
