# SPDX-License-Identifier: Apache-2.0
"""Runs of a part of a pipeline, on what an earlier run has put out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench import SUPPORT, Bench, states
from light.component import Add, Number
from light.telling import Tell

from penstock.artifacts.standard import Integer
from penstock.errors import UsageError
from penstock.graph.channel import Channel, UnionChannel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.placeholder import Placeholder
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.run_options import RunOptions
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.system_nodes import Resolver
from penstock.runners.beam import BeamDagRunner
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunRequest

HERE = LocalDagRunner(in_process=True)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def chain(value: int = 3, behaviour: str = "") -> list[BaseNode]:
    """a, b -> ab -> c -> abc; z is a branch of its own."""
    a, b = Number(1).with_id("a"), Number(20).with_id("b")
    ab = Add([a.outputs["number"], b.outputs["number"]]).with_id("ab")
    c = Number(value, behaviour, after=ab.outputs["total"]).with_id("c")
    abc = Add([ab.outputs["total"], c.outputs["number"]]).with_id("abc")
    z = Number(9).with_id("z")
    return [a, b, ab, c, abc, z]


def part(first: list[str] | None, last: list[str] | None = None, base: str | None = None) -> RunOptions:
    return RunOptions(first, last, base)


@pytest.mark.parametrize("runner", [HERE, LocalDagRunner(), BeamDagRunner()], ids=["here", "local", "beam"])
def test_the_part_runs_and_the_rest_is_taken_from_the_latest_run(bench: Bench, runner: Any) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE, cache=False)
    report = bench.run(*chain(), run_id="r2", runner=runner, cache=False, options=part(["c"], ["c"]))
    assert report.state == "COMPLETE"
    assert states(report) == {
        "a": "cached", "b": "cached", "ab": "cached", "c": "ran", "abc": "not run", "z": "cached",
    }  # fmt: skip
    told = {node.node_id: node.reason for node in report.nodes}
    assert told["ab"] == "taken from run r1"
    assert bench.recorded("r2")["ab"].summary == "= 21"
    assert bench.recorded("r2")["z"].state == "cached"


def test_the_new_run_is_as_whole_as_any_other(bench: Bench) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE, cache=False)
    bench.run(*chain(), run_id="r2", runner=HERE, cache=False, options=part(["abc"]))
    with bench.store() as store:
        before = {e.node_id: e for e in store.executions_of_run("p", "r1")}
        after = {e.node_id: e for e in store.executions_of_run("p", "r2")}
        assert {name: e.state for name, e in after.items()} == {
            "a": "CACHED", "b": "CACHED", "ab": "CACHED", "c": "CACHED", "z": "CACHED", "abc": "COMPLETE",
        }  # fmt: skip
        for name in ("a", "ab", "c"):
            assert store.outputs_of(after[name].id) == store.outputs_of(before[name].id)
            assert store.inputs_of(after[name].id) == store.inputs_of(before[name].id)
        (total,) = store.outputs_of(after["abc"].id)["total"]
        made = {execution.node_id for execution in store.lineage(total.id).executions.values()}
    assert made == {"a", "b", "ab", "c", "abc"}
    assert Path(total.uri).read_text() == "24"


def test_a_partial_run_can_be_the_base_of_the_next(bench: Bench) -> None:
    bench.run(*chain(3), run_id="r1", runner=HERE, cache=False)
    bench.run(*chain(4), run_id="r2", runner=HERE, cache=False, options=part(["c"], ["c"]))
    report = bench.run(*chain(4), run_id="r3", runner=HERE, cache=False, options=part(["abc"]))
    assert report.nodes[4].summary == "= 25"
    named = bench.run(*chain(4), run_id="r4", runner=HERE, cache=False, options=part(["abc"], base="r1"))
    assert named.nodes[4].summary == "= 24"


def test_with_the_cache_on_the_part_is_answered_by_it(bench: Bench) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE)
    report = bench.run(*chain(), run_id="r2", runner=HERE, options=part(["c"]))
    assert states(report)["abc"] == "cached"
    assert report.nodes[4].reason.startswith("same as execution")


def test_a_failed_partial_run_is_resumed_as_one(bench: Bench) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE, cache=False)
    failed = bench.run(*chain(5, "raise"), run_id="r2", runner=HERE, cache=False, options=part(["c"]))
    assert failed.state == "FAILED"
    bench.run(*chain(7), run_id="r3", runner=HERE, cache=False)
    resumed = bench.run(*chain(5), run_id="r2", runner=HERE, cache=False, resume=True)
    assert (resumed.state, states(resumed)["ab"], states(resumed)["c"]) == ("COMPLETE", "cached", "ran")
    assert len(bench.executions("r2")) == 7  # nothing is recorded twice: a, b, ab, z, c failed, c, abc


def test_a_failed_run_is_a_base_as_far_as_it_came(bench: Bench) -> None:
    bench.run(*chain(3, "raise"), run_id="r1", runner=HERE, cache=False)
    assert bench.run(*chain(), run_id="r2", runner=HERE, options=part(["c"])).state == "COMPLETE"
    bench.run(*chain(3, "raise"), run_id="r3", runner=HERE, cache=False)
    with pytest.raises(
        UsageError, match=r"run r3 lacks .*; got: c failed in it; .*run r2 has them: --base-run r2"
    ):
        bench.run(*chain(), run_id="r4", runner=HERE, options=part(["abc"]))
    with bench.store() as store:
        assert store.get_run("p", "r4") is None


def test_without_a_run_there_is_nothing_to_take(bench: Bench) -> None:
    with pytest.raises(UsageError, match="pipeline p has not run yet, so there is nothing to take ab from"):
        bench.run(*chain(), runner=HERE, options=part(["c"], ["c"]))
    report = bench.run(*chain(), runner=HERE, options=part(None, ["ab"]))
    assert (report.state, states(report)["ab"], states(report)["c"]) == ("COMPLETE", "ran", "not run")


def test_a_base_that_there_is_not_or_of_another_pipeline_is_refused(bench: Bench) -> None:
    bench.run(*chain(), run_id="run-one", runner=HERE)
    with pytest.raises(UsageError, match="no run 'run-on' to take results from.*did you mean 'run-one'"):
        bench.run(*chain(), runner=HERE, options=part(["c"], base="run-on"))
    with bench.store() as store:
        store.begin_run("q", "other", {"state": "COMPLETE"})
    with pytest.raises(UsageError, match="got: a run of pipeline q"):
        bench.run(*chain(), runner=HERE, options=part(["c"], base="other"))


def test_a_base_whose_files_have_gone_is_refused(bench: Bench) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE)
    (value,) = bench.root.glob("ab/total/*/value")
    value.unlink()
    with pytest.raises(UsageError, match=r"the files of ab.total have been removed"):
        bench.run(*chain(), runner=HERE, options=part(["c"]))


def test_a_node_that_has_become_another_component_is_refused(bench: Bench) -> None:
    bench.run(*chain(), run_id="r1", runner=HERE)
    changed = chain()
    first = Number(1).with_id("first")
    ab = Number(4).with_id("ab")
    c = Number(3, after=ab.outputs["number"]).with_id("c")
    del changed
    with pytest.raises(UsageError, match=r"ab was another component then \(light.component.Add\)"):
        bench.run(first, ab, c, runner=HERE, options=part(["c"]))


def test_what_a_resolver_chose_is_taken_over_without_becoming_history(bench: Bench) -> None:
    def nodes() -> list[BaseNode]:
        made = Number(1).with_id("made")
        chosen = Resolver(LatestArtifactStrategy, number=Channel(type=Integer)).with_id("chosen")
        return [made, chosen, Add([made.outputs["number"]], extra=chosen.outputs["number"]).with_id("sum")]

    bench.run(*nodes(), run_id="r0", runner=HERE, cache=False)
    bench.run(*nodes(), run_id="r1", runner=HERE, cache=False)
    report = bench.run(*nodes(), run_id="r2", runner=HERE, cache=False, options=part(["sum"], ["sum"]))
    assert states(report) == {"made": "cached", "chosen": "cached", "sum": "ran"}
    with bench.store() as store:
        (taken,) = [e for e in store.executions_of_run("p", "r2") if e.node_id == "chosen"]
        assert taken.state == "COMPLETE"
        assert store.outputs_of(taken.id)["number"]
        assert not list(store.newest_artifacts("Integer", pipeline="p", node_id="chosen"))


def loops(count: int = 3, behaviour: str = "") -> list[BaseNode]:
    """Numbers, each doubled and counted in a loop of its own item, and their sum."""
    numbers = [Number(n).with_id(f"n{n}") for n in range(1, count + 1)]
    gathered = UnionChannel([n.outputs["number"] for n in numbers])
    with ForEach(gathered) as each:
        first = Number(10, after=each).with_id("first")
        second = Number(100, behaviour, after=first.outputs["number"]).with_id("second")
    total = Add(second.outputs["number"]).with_id("total")
    return [*numbers, first, second, total]


def test_a_part_of_a_loop_runs_on_what_the_base_made_of_each_item(bench: Bench) -> None:
    bench.run(*loops(), run_id="r1", runner=HERE, cache=False)
    report = bench.run(*loops(), run_id="r2", runner=HERE, cache=False, options=part(["second"]))
    assert report.state == "COMPLETE"
    assert (states(report)["first"], states(report)["second"]) == ("cached", "ran")
    recorded = bench.recorded("r2")
    assert [item.state for item in recorded["first"].items] == ["cached"] * 3
    assert [item.state for item in recorded["second"].items] == ["ran"] * 3
    assert recorded["total"].summary == "= 300"
    with bench.store() as store:
        second = [e for e in store.executions_of_run("p", "r2") if e.node_id == "second"]
        read = {store.inputs_of(e.id)["after"][0].id for e in second}
        first = [e for e in store.executions_of_run("p", "r1") if e.node_id == "first"]
        assert read == {store.outputs_of(e.id)["number"][0].id for e in first}


def test_a_failed_item_of_the_base_is_no_base(bench: Bench) -> None:
    bench.run(*loops(behaviour="raise"), run_id="r1", runner=HERE, cache=False)
    with pytest.raises(UsageError, match="second failed in it"):
        bench.run(*loops(), runner=HERE, options=part(["total"]))


def conditional(limit: int) -> list[BaseNode]:
    first = Number(5).with_id("first")
    with Cond(first.outputs["number"].future()[0].custom_property("value") > limit):
        inside = Number(6).with_id("inside")
    after = Number(7, after=inside.outputs["number"]).with_id("after")
    return [first, inside, after]


def test_a_condition_is_asked_again_of_what_the_base_made(bench: Bench) -> None:
    bench.run(*conditional(3), run_id="r1", runner=HERE, cache=False)
    report = bench.run(*conditional(3), run_id="r2", runner=HERE, cache=False, options=part(["inside"]))
    assert states(report) == {"first": "cached", "inside": "ran", "after": "ran"}
    closed = bench.run(*conditional(9), run_id="r3", runner=HERE, cache=False, options=part(["inside"]))
    assert states(closed)["inside"] == "skipped"
    assert "condition is false" in closed.nodes[1].reason


def test_a_skip_of_the_base_is_taken_over_with_its_reason(bench: Bench) -> None:
    bench.run(*conditional(9), run_id="r1", runner=HERE, cache=False)
    report = bench.run(*conditional(9), run_id="r2", runner=HERE, cache=False, options=part(["after"]))
    assert states(report)["inside"] == "skipped"
    assert "condition is false" in report.nodes[1].reason
    assert report.state == "COMPLETE"


def test_an_exit_handler_runs_at_the_end_of_a_part_too(bench: Bench, tmp_path: Path) -> None:
    def run(run_id: str, options: RunOptions | None) -> dict[str, str]:
        handler = Tell(Placeholder("run", value="status"), str(tmp_path / "told")).with_id("handler")
        pipeline = Pipeline("p", str(bench.root), bench.config, chain(), exit_handler=handler)
        ir = compile_pipeline(pipeline, project_root=SUPPORT)
        return states(HERE.run_ir(ir, RunRequest(run_id=run_id, options=options)))

    run("r1", None)
    assert run("r2", part(["ab"], ["ab"]))["handler"] == "ran"
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert [(status["pipelineJobName"], status["state"]) for status in told] == [
        ("r1", "SUCCEEDED"),
        ("r2", "SUCCEEDED"),
    ]


def test_a_part_of_a_sub_pipeline(bench: Bench) -> None:
    def nodes() -> list[BaseNode]:
        a = Number(1).with_id("a")
        inputs = PipelineInputs({"number": a.outputs["number"]})
        one = Number(2, after=inputs["number"]).with_id("one")
        two = Add([one.outputs["number"]]).with_id("two")
        inner = Pipeline("inner", components=[one, two], inputs=inputs, outputs={"o": two.outputs["total"]})
        return [a, inner, Add([inner.outputs["o"]]).with_id("end")]

    bench.run(*nodes(), run_id="r1", runner=HERE, cache=False)
    inside = bench.run(
        *nodes(), run_id="r2", runner=HERE, cache=False, options=part(["inner.two"], ["inner"])
    )
    assert states(inside) == {"a": "cached", "inner.one": "cached", "inner.two": "ran", "end": "not run"}
    after = bench.run(*nodes(), run_id="r3", runner=HERE, cache=False, options=part(["end"]))
    assert states(after) == {"a": "cached", "inner.one": "cached", "inner.two": "cached", "end": "ran"}
    assert after.nodes[-1].summary == "= 2"


def test_a_program_says_which_part_to_run_as_with_tfx(bench: Bench) -> None:
    def pipeline() -> Pipeline:
        return Pipeline("p", str(bench.root), bench.config, chain())

    with pytest.raises(UsageError, match="has not run yet"):
        HERE.run(pipeline(), run_options=RunOptions(from_nodes=["c"]))
    HERE.run(pipeline())
    report = HERE.run(pipeline(), run_options=RunOptions(from_nodes=["c"], to_nodes=["c"]))
    assert report is not None
    assert states(report)["c"] == "ran"
    assert states(report)["abc"] == "not run"
