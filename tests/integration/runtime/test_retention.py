# SPDX-License-Identifier: Apache-2.0
"""Runs whose files are removed: while others go on, and when the removal itself is broken off."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from bench import Bench, states
from light.component import Add, Number

from penstock import files
from penstock.artifacts.standard import Integer
from penstock.errors import StorageError
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.resolver_strategy import LatestArtifactStrategy
from penstock.graph.system_nodes import Importer, Resolver
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution, RemovedArtifactError
from penstock.metadata.store import MetadataStore
from penstock.runners.local import LocalDagRunner
from penstock.runtime import publish
from penstock.runtime.retention.plan import Plan, make_plan
from penstock.runtime.retention.removal import Removed, carry_out
from penstock.runtime.retention.runs import Policy

HERE = LocalDagRunner(in_process=True)
NOW = datetime.now(timezone.utc)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def nodes(value: int) -> list[BaseNode]:
    """A number that is always the same, one that changes, and their sum."""
    same, other = Number(1).with_id("same"), Number(value).with_id("other")
    return [same, other, Add([same.outputs["number"], other.outputs["number"]]).with_id("sum")]


def fill(bench: Bench, *values: int) -> None:
    for value in values:
        assert bench.run(*nodes(value), run_id=f"r{value}", runner=HERE).state == "COMPLETE"


def plan_of(store: MetadataStore, keep_last: int = 1, **policy: Any) -> Plan:
    return make_plan(store, Policy(keep_last, **policy), NOW)


def collect(bench: Bench, keep_last: int = 1, **policy: Any) -> Removed:
    with bench.store() as store:
        return carry_out(store, plan_of(store, keep_last, **policy), NOW)


def artifact_states(bench: Bench) -> dict[str, str]:
    """Returns the state of each artifact by what made it; whatever is live must have its files."""
    found = {}
    with bench.store() as store:
        for run in store.list_runs("p"):
            for execution in store.executions_of_run("p", run.run_id):
                if execution.state != "COMPLETE":
                    continue
                for group in store.outputs_of(execution.id).values():
                    for artifact in group:
                        found[f"{run.run_id} {execution.node_id}"] = artifact.state
                        there = Path(artifact.uri).exists()
                        assert there or artifact.state != "LIVE"
                        assert not (artifact.state == "DELETED" and Path(artifact.uri).exists())
    return found


def test_what_only_old_runs_have_made_goes_and_what_the_cache_has_shared_stays(bench: Bench) -> None:
    fill(bench, 1, 2, 3)
    removed = collect(bench)
    assert sorted(f"{item.run_id} {item.node_id}" for item in removed.artifacts) == [
        "r1 other", "r1 sum", "r2 other", "r2 sum",
    ]  # fmt: skip
    assert artifact_states(bench) == {
        "r1 same": "LIVE", "r1 other": "DELETED", "r1 sum": "DELETED",
        "r2 other": "DELETED", "r2 sum": "DELETED", "r3 other": "LIVE", "r3 sum": "LIVE",
    }  # fmt: skip
    assert not (bench.root / ".runs" / "r1").exists()
    assert (bench.root / ".runs" / "r3").exists()
    assert sum(item.size_bytes for item in removed.artifacts) == 4


def test_a_rerun_of_what_has_gone_misses_the_cache_and_makes_it_again(bench: Bench) -> None:
    fill(bench, 1, 2)
    collect(bench)
    again = bench.run(*nodes(1), run_id="again", runner=HERE)
    assert states(again) == {"same": "cached", "other": "ran", "sum": "ran"}
    assert [node.state for node in bench.run(*nodes(2), run_id="r2again", runner=HERE).nodes] == [
        "cached"
    ] * 3


def test_a_collected_run_that_is_resumed_makes_its_outputs_again_and_can_be_collected_again(
    bench: Bench,
) -> None:
    fill(bench, 1, 2)
    collect(bench)
    resumed = bench.run(*nodes(1), run_id="r1", resume=True, runner=HERE)
    assert states(resumed) == {"same": "cached", "other": "ran", "sum": "ran"}
    fill(bench, 3)
    assert {(item.run_id, item.node_id) for item in collect(bench).artifacts if item.run_id == "r1"} == {
        ("r1", "other"),
        ("r1", "sum"),
    }


def test_a_dry_run_says_what_a_real_one_does_and_does_nothing(bench: Bench) -> None:
    fill(bench, 1, 2)
    with bench.store() as store:
        planned = plan_of(store)
    assert set(artifact_states(bench).values()) == {"LIVE"}
    removed = collect(bench)
    assert removed.artifacts == planned.artifacts
    assert [run.record.run_id for run in removed.runs] == [run.record.run_id for run in planned.runs]


def test_what_commands_kept_for_themselves_goes_with_their_run(bench: Bench) -> None:
    fill(bench, 1, 2)
    for run_id in ("r1", "r2"):
        working = bench.root / "sum" / ".system" / "stateful_working_dir" / run_id / "0"
        working.mkdir(parents=True)
        (working / "state").write_text("12")
    removed = collect(bench)
    (run,) = removed.runs
    assert [(folder.content, folder.size_bytes) for folder in run.folders][1:] == [("working files", 2)]
    assert [path.name for path in bench.root.glob("sum/.system/stateful_working_dir/*")] == ["r2"]


def test_imported_files_are_never_removed(bench: Bench, tmp_path: Path) -> None:
    for number in (1, 2):
        source = tmp_path / f"source{number}"
        source.mkdir()
        (source / "value").write_text(str(number))
        importer = Importer(source_uri=str(source), artifact_type=Integer).with_id("import")
        total = Add([importer.outputs["result"]]).with_id("sum")
        bench.run(importer, total, run_id=f"r{number}", runner=HERE)
    removed = collect(bench)
    assert [item.node_id for item in removed.artifacts] == ["sum"]
    assert (tmp_path / "source1" / "value").exists()
    assert artifact_states(bench)["r1 import"] == "LIVE"


class BrokenOffError(BaseException):
    """Ends a removal as a kill does: nothing catches it."""


@pytest.mark.parametrize("step", range(16))
def test_a_removal_that_is_broken_off_anywhere_is_finished_by_the_next(
    bench: Bench, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bench, 1, 2, 3)
    steps = iter(range(100))

    def breaking(function: Any) -> Any:
        def broken(*arguments: Any, **named: Any) -> Any:
            if next(steps) == step:
                raise BrokenOffError
            return function(*arguments, **named)

        return broken

    def half(uri: str) -> None:
        for file in Path(uri).glob("*"):  # killed with some of the files gone
            file.unlink()
            break

    remove = files.remove_tree
    with monkeypatch.context() as patch:
        patch.setattr(MetadataStore, "set_artifact_state", breaking(MetadataStore.set_artifact_state))
        patch.setattr(MetadataStore, "mark_for_deletion", breaking(MetadataStore.mark_for_deletion))
        patch.setattr(MetadataStore, "update_run", breaking(MetadataStore.update_run))

        def remove_tree(uri: str) -> None:
            if next(steps) == step:
                half(uri)
                raise BrokenOffError
            remove(uri)

        patch.setattr(files, "remove_tree", remove_tree)
        try:
            collect(bench)
            assert step >= 12, "the removal has more steps than this test breaks off at"
        except BrokenOffError:
            pass
    artifact_states(bench)  # nothing is live without its files
    collect(bench)
    assert set(artifact_states(bench).values()) == {"LIVE", "DELETED"}
    assert len([state for state in artifact_states(bench).values() if state == "DELETED"]) == 4
    with bench.store() as store:
        assert plan_of(store).artifacts == ()
    rerun = bench.run(*nodes(1), run_id="again", runner=HERE)
    assert states(rerun) == {"same": "cached", "other": "ran", "sum": "ran"}


def test_a_removal_that_is_killed_at_any_time_is_finished_by_the_next(bench: Bench) -> None:
    chance = random.Random(5)
    for round_ in range(8):
        fill(bench, 3 * round_ + 1, 3 * round_ + 2, 3 * round_ + 3)
        pid = os.fork()
        if pid == 0:
            try:
                collect(bench)
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0.0, 0.12))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        artifact_states(bench)  # nothing is live without its files
    collect(bench)
    states_then = artifact_states(bench)
    assert [name for name, state in states_then.items() if state == "LIVE"] == [
        "r24 other", "r24 sum", "r1 same",
    ]  # fmt: skip
    assert set(states_then.values()) == {"LIVE", "DELETED"}


def test_what_was_marked_and_is_wanted_after_all_comes_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bench, 1, 2, 3)
    with monkeypatch.context() as patch:

        def broken(uri: str) -> None:
            raise BrokenOffError

        patch.setattr(files, "remove_tree", broken)
        with pytest.raises(BrokenOffError):
            collect(bench)
    assert "MARKED_FOR_DELETION" in artifact_states(bench).values()
    collect(bench, keep_last=3)
    collect(bench, keep_last=2)
    marked = artifact_states(bench)
    assert (marked["r1 sum"], marked["r2 sum"]) == ("DELETED", "LIVE")


def test_a_run_that_begins_to_use_something_meanwhile_keeps_it(bench: Bench) -> None:
    fill(bench, 1, 2)
    with bench.store() as store:
        plan = plan_of(store)
        assert states(bench.run(*nodes(1), run_id="meanwhile", runner=HERE))["sum"] == "cached"
        removed = carry_out(store, plan, NOW)
    assert removed.artifacts == ()
    assert len(removed.in_use) == 2
    assert set(artifact_states(bench).values()) == {"LIVE"}
    assert set(states(bench.run(*nodes(1), run_id="later", runner=HERE)).values()) == {"cached"}


def test_a_run_that_is_taken_up_again_meanwhile_keeps_what_it_has_made(bench: Bench, tmp_path: Path) -> None:
    fill(bench, 1, 2)
    with bench.store() as store:
        plan = plan_of(store)
        (record,) = [run for run in store.list_runs("p") if run.run_id == "r1"]
        store.update_run(record, {"state": "RUNNING", "owner": Owner.current().to_text()})
        removed = carry_out(store, plan, NOW)
    assert removed.artifacts == ()
    assert removed.runs == ()
    assert (bench.root / ".runs" / "r1").exists()


def test_nothing_can_be_recorded_over_what_is_being_removed(bench: Bench) -> None:
    fill(bench, 1, 2)
    with bench.store() as store:
        (execution,) = [e for e in store.executions_of_run("p", "r1") if e.node_id == "sum"]
        outputs = store.outputs_of(execution.id)
        hit = store.find_cached(str(execution.cache_key))
        assert hit is not None
        assert len(carry_out(store, plan_of(store), NOW).artifacts) == 2
        assert store.find_cached(str(execution.cache_key)) is None
        late = NewExecution(type=execution.type, name="late", pipeline="p", run_id="r2", node_id="sum")
        taken = {key: [artifact.id for artifact in group] for key, group in outputs.items()}
        with pytest.raises(RemovedArtifactError, match=r"has been removed.*penstock gc"):
            store.record_cached(late, taken)


def test_a_cache_hit_that_is_removed_between_look_and_take_is_a_miss(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bench, 1, 2)
    find = publish.find_cached
    removals: list[Removed] = []

    def late(store: MetadataStore, key: str) -> Any:
        found = find(store, key)
        if found is not None and found[0].node_id == "other" and not removals:
            removals.append(collect(bench))
        return found

    monkeypatch.setattr(publish, "find_cached", late)
    run = bench.run(*nodes(1), run_id="again", runner=HERE)
    assert len(removals[0].artifacts) == 2
    assert states(run) == {"same": "cached", "other": "ran", "sum": "ran"}


def test_a_resolver_whose_choice_is_being_removed_chooses_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolving() -> BaseNode:
        return Resolver(LatestArtifactStrategy, number=Channel(type=Integer)).with_id("latest")

    bench.run(Number(1).with_id("n"), run_id="r1", runner=HERE)
    bench.run(Number(2).with_id("n"), run_id="r2", runner=HERE)
    record = MetadataStore.record_resolved
    chosen: list[int] = []

    def late(self: MetadataStore, new: NewExecution, outputs: dict[str, list[int]]) -> Any:
        chosen.extend(outputs["number"])
        if len(chosen) == 1:
            self.set_artifact_state(chosen, "MARKED_FOR_DELETION")
        return record(self, new, outputs)

    monkeypatch.setattr(MetadataStore, "record_resolved", late)
    assert bench.run(resolving(), run_id="r3", runner=HERE).state == "COMPLETE"
    assert len(set(chosen)) == 2


def test_a_run_at_work_is_never_touched(bench: Bench) -> None:
    fill(bench, 1)
    pid = os.fork()
    if pid == 0:
        try:
            bench.run(Number(1).with_id("same"), Number(9, seconds=60).with_id("slow"), run_id="slow")
        finally:
            os._exit(0)
    try:
        deadline = time.monotonic() + 30
        while not list(bench.root.glob("slow/number/*/partial")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        fill(bench, 2, 3)
        assert {item.run_id for item in collect(bench).artifacts} == {"r1", "r2"}
        assert list(bench.root.glob("slow/number/*/partial"))
        with bench.store() as store:
            assert {run.record.run_id for run in plan_of(store).runs} == {"r1"}
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_what_cannot_be_removed_is_told_and_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bench, 1, 2)
    remove = files.remove_tree
    with monkeypatch.context() as patch:

        def refuse(uri: str) -> None:
            if "/sum/" in uri:
                raise StorageError(f"cannot remove {uri}: not permitted")
            remove(uri)

        patch.setattr(files, "remove_tree", refuse)
        removed = collect(bench)
    (failure,) = removed.failures
    assert "not permitted" in failure.reason
    assert [item.node_id for item in removed.artifacts] == ["other"]
    assert [item.node_id for item in collect(bench).artifacts] == ["sum"]


def remote_run(store: MetadataStore, root: str, value: int) -> None:
    """Writes down a run that has made a number in a remote folder."""
    store.begin_run("p", f"r{value}", {"state": "COMPLETE", "root": root})
    new = NewExecution(type="t", name=f"e{value}", pipeline="p", run_id=f"r{value}", node_id="n")
    execution = store.start_execution(new, Owner.current())
    uri = f"{root}/n/number/{execution.id}"
    files.write_atomic(f"{uri}/value", str(value))
    store.finish_execution(execution.id, "COMPLETE", {"number": [Integer(uri)]}, {})


def test_a_remote_root_is_cleaned_as_well(bench: Bench, tmp_path: Path) -> None:
    root = f"memory://retention-{tmp_path.name}"
    with bench.store() as store:
        for value in (1, 2):
            remote_run(store, root, value)
    removed = collect(bench)
    assert [item.run_id for item in removed.artifacts] == ["r1"]
    assert not files.exists(removed.artifacts[0].uri)
    assert files.exists(f"{root}/n/number/2/value")
