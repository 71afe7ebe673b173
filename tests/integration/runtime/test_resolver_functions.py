# SPDX-License-Identifier: Apache-2.0
"""Resolver functions in runs, over a real store with the history of several runs and pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench import SUPPORT, Bench, states
from light.component import Add, Number

from penstock.artifacts.standard import Examples, Integer
from penstock.dsl.input_resolution.canned_resolver_functions import (
    all_spans,
    filter_custom_property_equal,
    filter_property_equal,
    latest_created,
    latest_pipeline_run_outputs,
    latest_version,
    paired_spans,
    pick,
    rolling_range,
    sequential_rolling_range,
    shuffle,
    sliding_window,
    static_range,
)
from penstock.graph.channel import Channel
from penstock.graph.channel_queries import artifact_query, external_pipeline_artifact_query, union
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import ResolverStrategy
from penstock.graph.scopes import ForEach
from penstock.graph.system_nodes import Resolver
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunRequest
from penstock.runtime.host import InProcessHost
from penstock.runtime.launcher import Launcher
from penstock.runtime.run import begin

pytestmark = pytest.mark.integration


@dataclass
class World:
    """A store with the history of runs, and a pipeline ``p`` that chooses from it."""

    bench: Bench
    count: int = 0
    runs: int = 0

    def made(
        self,
        span: int | None = None,
        version: int | None = None,
        *,
        pipeline: str = "p",
        run: str = "r1",
        node: str = "source",
        kind: type[Any] = Integer,
        state: Any = "COMPLETE",
        **custom: Any,
    ) -> int:
        """Records an artifact that an execution has made; returns its id, and has its number be 10 times its span."""
        self.count += 1
        run = run if pipeline == "p" else f"{pipeline}-{run}"
        folder = self.bench.folder / "made" / str(self.count)
        folder.mkdir(parents=True)
        artifact = kind(str(folder), custom_properties=custom)
        if span is not None:
            artifact.set_int_custom_property("span", span)
        if version is not None:
            artifact.set_int_custom_property("version", version)
        if kind is Integer:
            artifact.write(10 * (span or 0))
        with self.bench.store() as store:
            store.begin_run(pipeline, run, {"state": "COMPLETE" if state == "COMPLETE" else "FAILED"})
            new = NewExecution(
                type="Maker",
                name=f"{pipeline}/{run}/{node}/{self.count}/0",
                pipeline=pipeline,
                run_id=run,
                node_id=node,
            )
            execution = store.start_execution(new, Owner.current())
            outputs = {"number": [artifact]} if state == "COMPLETE" else {}
            recorded = store.finish_execution(execution.id, state, outputs, {})
        return recorded["number"][0].id if outputs else 0

    def chosen(self, channel: Channel) -> list[int]:
        """Runs the node of a resolver function; returns the ids that are recorded as its outputs, in their order."""
        ir = self.bench.compile(_taker(channel))
        assert channel.producer is not None
        with self.bench.store() as store:
            self.runs += 1
            run = begin(ir, store, f"now-{self.runs}", {})
            result = Launcher(run, store, InProcessHost()).run_node(channel.producer.id)
            assert result.execution_id is not None, result
            return [artifact.id for artifact in store.outputs_of(result.execution_id).get("artifacts", [])]


def _taker(channel: Channel) -> BaseNode:
    """Returns a node that takes artifacts of any type."""
    return Add([channel]) if channel.type is Integer else Resolver(_Nothing, taken=channel)


class _Nothing(ResolverStrategy):
    def resolve(self, channels: Any, history: Any) -> Any:
        return None


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Bench(tmp_path))


HISTORY = artifact_query(Integer, producer_component_id="source", output_key="number")


def test_spans_with_gaps_versions_and_ties(world: World) -> None:
    one, two = world.made(1), world.made(2)
    three_old, three = world.made(3, 0, run="r2"), world.made(3, 1, run="r2")
    five, five_again = world.made(5, run="r3"), world.made(5, run="r4")
    world.made(9, state="FAILED")
    world.made(9, node="other")
    world.made(9, pipeline="taxi")
    assert world.chosen(latest_created(HISTORY, n=2)) == [five, five_again]
    assert world.chosen(latest_version(HISTORY, n=3)) == [three, five, five_again]
    assert world.chosen(all_spans(HISTORY)) == [one, two, three, five_again]
    assert world.chosen(rolling_range(HISTORY, num_spans=2)) == [three, five_again]
    assert world.chosen(rolling_range(HISTORY, num_spans=2, skip_num_recent_spans=1)) == [two, three]
    assert world.chosen(
        rolling_range(HISTORY, num_spans=1, skip_num_recent_spans=1, keep_all_versions=True)
    ) == [
        three_old,
        three,
    ]
    assert world.chosen(rolling_range(HISTORY, num_spans=3, exclude_span_numbers=[3], min_spans=2)) == [
        two,
        five_again,
    ]
    assert world.chosen(static_range(HISTORY, start_span_number=1, end_span_number=3)) == [one, two, three]
    assert world.chosen(pick(HISTORY, 0)) == [one]
    assert sorted(world.chosen(shuffle(HISTORY))) == [one, two, three_old, three, five, five_again]


def test_files_that_are_gone_do_not_count(world: World) -> None:
    one, gone = world.made(1), world.made(2)
    with world.bench.store() as store:
        (artifact,) = store.artifacts([gone])
    (Path(artifact.uri) / "value").unlink()
    Path(artifact.uri).rmdir()
    assert world.chosen(rolling_range(HISTORY, num_spans=1)) == [one]


def test_properties(world: World) -> None:
    red, blue = world.made(1, colour="red"), world.made(1, colour="blue")
    assert world.chosen(filter_custom_property_equal(HISTORY, key="colour", value="red")) == [red]
    assert world.chosen(filter_custom_property_equal(HISTORY, key="span", value=1)) == [red, blue]
    examples = world.made(kind=Examples)
    every = artifact_query(Examples)
    assert world.chosen(filter_property_equal(every, key="span", value=0)) == [examples]
    assert world.chosen(filter_property_equal(every, key="span", value=1)) == []


def test_another_pipeline_and_one_run_of_it(world: World) -> None:
    world.made(1)
    first, second = world.made(1, pipeline="taxi", run="t1"), world.made(2, pipeline="taxi", run="t2")
    world.made(3, pipeline="taxi", run="t2", node="other")

    def query(run: str = "") -> Channel:
        return external_pipeline_artifact_query(
            Integer,
            owner="us",
            pipeline_name="taxi",
            producer_component_id="source",
            output_key="number",
            pipeline_run_id=run,
        )

    assert world.chosen(all_spans(query())) == [first, second]
    assert world.chosen(all_spans(query("taxi-t1"))) == [first]
    assert world.chosen(latest_created(query("taxi-t2"))) == [second]
    assert world.chosen(latest_created(query("never"))) == []


def test_a_union_of_histories_has_each_artifact_once(world: World) -> None:
    ours, theirs = world.made(1), world.made(2, pipeline="taxi")
    taxi = Channel(Integer, pipeline="taxi")
    assert world.chosen(all_spans(union([taxi, HISTORY, HISTORY]))) == [ours, theirs]


def test_too_few_spans_skip_what_needs_them_and_not_what_does_not(world: World) -> None:
    world.made(4)
    source = Number(5).with_id("now")
    window = rolling_range(HISTORY, num_spans=2)
    needs = Add([window]).with_id("needs")
    can_do_without = Add([source.outputs["number"]], extra=pick(window, 0)).with_id("can_do_without")
    report = world.bench.run(source, needs, can_do_without)
    assert states(report) == {
        "now": "ran",
        "rolling_range_1": "skipped",
        "pick_1": "skipped",
        "needs": "skipped",
        "can_do_without": "ran",
    }
    (needed,) = (node for node in report.nodes if node.node_id == "needs")
    assert "there are 1 of the 2 spans that are needed" in needed.reason
    assert world.bench.state(report.run_id) == "COMPLETE"


def test_a_place_that_there_is_not_fails_what_needs_it_and_not_what_does_not(world: World) -> None:
    world.made(1)
    source = Number(5).with_id("now")
    third = pick(HISTORY, 2)
    can_do_without = Add([source.outputs["number"]], extra=third).with_id("can_do_without")
    report = world.bench.run(source, can_do_without)
    assert states(report) == {"now": "ran", "pick_1": "ran", "can_do_without": "ran"}
    assert world.bench.state(report.run_id) == "COMPLETE"
    (picked,) = (node for node in report.nodes if node.node_id == "pick_1")
    assert picked.summary == "nothing: [2:3] of 1 artifacts is 0, and 1 are needed"
    failed = LocalDagRunner().run_ir(world.bench.compile(Add([third])), RunRequest())
    assert states(failed)["Add"] == "failed"


def test_what_this_run_has_made_counts_with_the_history(world: World) -> None:
    world.made(1)
    source = Number(7).with_id("source")
    both = union([HISTORY, source.outputs["number"]])
    report = world.bench.run(source, Add([latest_created(both, n=2)]))
    assert _totals(world.bench, report.run_id, "Add") == [17]
    only_this_run = Add([latest_created(source.outputs["number"], n=5)])
    assert _totals(world.bench, world.bench.run(source, only_this_run).run_id, "Add") == [7]


def test_a_loop_goes_over_windows_of_spans(world: World) -> None:
    for span in (1, 2, 3, 4, 7):
        world.made(span)
    with ForEach(sequential_rolling_range(HISTORY, num_spans=2)) as window:
        both = Add([window]).with_id("both")
        first = Add([pick(shuffle(window), 0), pick(window, 1)]).with_id("first")
    whole = Add([both.outputs["total"]]).with_id("whole")
    report = world.bench.run(both, first, whole)
    assert _totals(world.bench, report.run_id, "both") == [30, 50, 70]
    assert _totals(world.bench, report.run_id, "whole") == [150]
    assert len(_totals(world.bench, report.run_id, "first")) == 3


def test_another_process_goes_over_the_same_windows(world: World) -> None:
    for span in (1, 2, 3):
        world.made(span)
    with ForEach(sequential_rolling_range(HISTORY, num_spans=2)) as window:
        both = Add([window]).with_id("both")
    ir = world.bench.compile(both)
    assert world.bench.run_node(ir, "sequential_rolling_range_1").state == "ran"
    world.made(4)  # what comes in between is not in the choice
    assert world.bench.run_node(ir, "both").state == "ran"
    assert _totals(world.bench, "r", "both") == [30, 50]


def test_a_loop_goes_over_what_another_loop_has_made(world: World) -> None:
    for span in (1, 2, 3):
        world.made(span)
    with ForEach(all_spans(HISTORY)) as one:
        each = Add([one]).with_id("each")
    with ForEach(sliding_window(each.outputs["total"], window_size=2)) as pair:
        both = Add([pair]).with_id("both")
    report = world.bench.run(each, both)
    assert _totals(world.bench, report.run_id, "both") == [30, 50]


def test_a_loop_goes_over_pairs(world: World) -> None:
    for span in (1, 2, 3):
        world.made(span)
        world.made(span + 1, pipeline="taxi")
    with ForEach(paired_spans({"ours": HISTORY, "theirs": Channel(Integer, pipeline="taxi")})) as pair:
        both = Add([pair["ours"], pair["theirs"]]).with_id("both")
    report = world.bench.run(both)
    assert _totals(world.bench, report.run_id, "both") == [40, 60]


def test_a_loop_over_no_windows_is_skipped(world: World) -> None:
    world.made(1)
    with ForEach(sequential_rolling_range(HISTORY, num_spans=2)) as window:
        both = Add([window]).with_id("both")
    assert states(world.bench.run(both)) == {"sequential_rolling_range_1": "ran", "both": "skipped"}


def test_the_latest_run_of_another_pipeline_that_succeeded(world: World) -> None:
    def producer(behaviour: str = "", value: int = 3) -> Pipeline:
        number = Number(value, behaviour).with_id("source")
        total = Add([number.outputs["number"]]).with_id("total")
        return Pipeline(
            "producer",
            str(world.bench.root),
            world.bench.config,
            [number, total],
            outputs={"number": number.outputs["number"], "total": total.outputs["total"]},
        )

    def chosen() -> dict[str, str]:
        found = latest_pipeline_run_outputs(producer())
        report = world.bench.run(Add([found["number"], found["total"]]))
        return {**states(report), "total": str(_totals(world.bench, report.run_id, "Add"))}

    assert chosen() == {"latest_pipeline_run_outputs_1": "skipped", "Add": "skipped", "total": "[]"}
    runner = LocalDagRunner()
    for value in (3, 4):
        runner.run_ir(compile_pipeline(producer(value=value), project_root=SUPPORT), RunRequest())
    failing = compile_pipeline(producer("raise"), project_root=SUPPORT)
    runner.run_ir(failing, RunRequest())
    assert chosen() == {"latest_pipeline_run_outputs_1": "ran", "Add": "ran", "total": "[8]"}


def test_a_random_order_is_another_one_in_each_run_and_the_same_in_one(world: World) -> None:
    for span in range(12):
        world.made(span)
    ir = world.bench.compile(Add([shuffle(HISTORY)]))
    orders = []
    for run_id in ("a", "b"):
        with world.bench.store() as store:
            run = begin(ir, store, run_id, {})
            twice = [Launcher(run, store, InProcessHost()).run_node("shuffle_1") for _ in range(2)]
            found = [store.outputs_of(r.execution_id)["artifacts"] for r in twice if r.execution_id]
        assert [a.id for a in found[0]] == [a.id for a in found[1]]
        orders.append([a.id for a in found[0]])
    assert orders[0] != orders[1]


class TfxStrategy(ResolverStrategy):
    """A strategy as it is written for TFX."""

    def __init__(self, ask: str = "artifacts") -> None:
        self._ask = ask

    def resolve_artifacts(self, store: Any, input_dict: Any) -> Any:
        (first,) = getattr(store, self._ask)([input_dict["number"][0].id])
        assert [a.id for a in input_dict["number"]] == sorted(a.id for a in input_dict["number"])
        return {"number": [first]}


def test_a_strategy_that_was_written_for_tfx(world: World) -> None:
    world.made(1)
    world.made(2)
    resolver = Resolver(TfxStrategy, number=HISTORY)
    report = world.bench.run(resolver, Add([resolver.outputs["number"]]))
    assert _totals(world.bench, report.run_id, "Add") == [10]
    writing = Resolver(TfxStrategy, {"ask": "put_artifacts"}, number=HISTORY)
    failed = LocalDagRunner().run_ir(world.bench.compile(writing), RunRequest())
    assert "it is Penstock's, and can only be read" in failed.nodes[0].reason


def _totals(bench: Bench, run_id: str, node_id: str) -> list[int]:
    """Returns the numbers that a node has put out in a run, in the order of its items."""
    with bench.store() as store:
        found = {
            execution.name: store.outputs_of(execution.id)["total"][0]
            for execution in store.executions_of_run("p", run_id)
            if execution.node_id == node_id and execution.state in ("COMPLETE", "CACHED")
        }
    return [artifact.read() for _, artifact in sorted(found.items())]
