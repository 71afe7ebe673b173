# SPDX-License-Identifier: Apache-2.0
"""What is cleared away: processes that have died are owners with a start that no process has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import Bench
from light.component import Number

from penstock.artifacts.standard import Integer
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution, RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.root import folder_mark
from penstock.runtime.sweep import state_of, sweep

DEAD = replace(Owner.current(), start_ticks=1)
ALIVE = Owner.current()
ELSEWHERE = replace(Owner.current(), host="another machine")


class Left:
    """A run and an execution in it, with what they left on disk."""

    def __init__(self, bench: Bench, store: MetadataStore) -> None:
        self.bench = bench
        self.store = store
        self.ir = bench.compile(Number(1))

    def run(self, owner: Owner | None, run_id: str = "r", **properties: str) -> RunRecord:
        owned = {"owner": owner.to_text()} if owner else {}
        folder = str(self.bench.root / ".runs" / run_id)
        return self.store.begin_run(
            "p", run_id, {"state": "RUNNING", "folder": folder, **owned, **properties}
        )

    def execution(self, owner: Owner, run_id: str = "r", root: Path | None = None) -> tuple[int, list[Path]]:
        count = len(list(self.store.executions_of_run("p", run_id)))
        new = NewExecution(type="T", name=f"{run_id}{count}", pipeline="p", run_id=run_id, node_id="Number")
        identity = self.store.start_execution(new, owner).id
        base = root or self.bench.root
        folder_mark(str(base), self.store)  # the store has used the root before, since the run began
        folders = [base / "Number/number" / str(identity), base / ".runs" / run_id / "tmp" / str(identity)]
        for folder in folders:
            folder.mkdir(parents=True)
            (folder / "half").touch()
        return identity, folders

    def state(self, identity: int) -> str:
        return self.store.executions([identity])[0].state


@pytest.fixture
def left(bench: Bench, store: MetadataStore) -> Left:
    return Left(bench, store)


def test_a_dead_run_is_failed_and_its_files_are_gone(left: Left) -> None:
    left.run(DEAD)
    identity, folders = left.execution(DEAD)
    sweep(left.ir, left.store)
    assert (left.state(identity), left.bench.state("r")) == ("FAILED", "FAILED")
    assert not any(map(os.path.exists, folders))


@pytest.mark.parametrize("owner", [ALIVE, ELSEWHERE])
def test_a_run_that_may_be_going_on_is_left_alone(left: Left, owner: Owner) -> None:
    left.run(owner)
    identity, folders = left.execution(owner)
    sweep(left.ir, left.store)
    assert (left.state(identity), left.bench.state("r")) == ("RUNNING", "RUNNING")
    assert all(map(os.path.exists, folders))


def test_what_a_dead_run_has_published_stays(left: Left) -> None:
    left.run(DEAD)
    identity, (output, scratch) = left.execution(DEAD)
    left.store.finish_execution(identity, "COMPLETE", {"number": [Integer(str(output))]}, {})
    sweep(left.ir, left.store)
    assert (left.state(identity), left.bench.state("r")) == ("COMPLETE", "FAILED")
    assert (output / "half").exists()
    assert not scratch.parent.exists()


def test_a_sweep_that_was_cut_short_is_done_again(left: Left) -> None:
    left.run(DEAD)
    identity, folders = left.execution(DEAD)
    left.store.finish_execution(identity, "FAILED", {}, {})
    sweep(left.ir, left.store)
    assert not any(map(os.path.exists, folders))


def test_a_run_of_another_scheduler_goes_on_without_its_dead_tasks(left: Left) -> None:
    left.run(None)
    dead, folders = left.execution(DEAD)
    alive, others = left.execution(ALIVE)
    sweep(left.ir, left.store)
    assert [left.state(dead), left.state(alive), left.bench.state("r")] == ["FAILED", "RUNNING", "RUNNING"]
    assert not any(map(os.path.exists, folders))
    assert all(map(os.path.exists, others))


def test_files_are_looked_for_where_the_run_has_put_them(left: Left, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else[w]here"
    left.run(DEAD, root=str(elsewhere))
    _, (output, _) = left.execution(DEAD, root=elsewhere)
    namesake = tmp_path / "elsewhere/Number/number" / output.name
    namesake.mkdir(parents=True)
    sweep(left.ir, left.store)
    assert not output.exists()
    assert namesake.exists()


def test_a_run_that_ended_while_it_was_looked_at_keeps_its_state(
    left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = left.run(DEAD)
    unfinished = left.store.unfinished_runs

    def ends_right_after(*arguments: Any) -> Any:
        found = unfinished(*arguments)
        left.store.update_run(record, {"state": "COMPLETE"})
        return found

    monkeypatch.setattr(left.store, "unfinished_runs", ends_right_after)
    sweep(left.ir, left.store)
    assert left.bench.state("r") == "COMPLETE"


def test_a_root_out_of_reach_keeps_no_other_run_from_being_swept(left: Left) -> None:
    left.run(DEAD, "reachable")
    left.execution(DEAD, "reachable")
    left.run(DEAD, "unreachable", root="nosuchscheme://bucket")
    left.execution(DEAD, "unreachable")
    sweep(left.ir, left.store)
    assert left.bench.state("reachable") == "FAILED"


def test_runs_of_other_pipelines_are_none_of_ours(left: Left) -> None:
    left.store.begin_run("q", "other", {"state": "RUNNING", "owner": DEAD.to_text()})
    sweep(left.ir, left.store)
    record = left.store.get_run("q", "other")
    assert record is not None
    assert record.properties["state"] == "RUNNING"


@pytest.mark.parametrize(
    ("owner", "state"), [(DEAD, "KILLED"), (ALIVE, "RUNNING"), (ELSEWHERE, "RUNNING"), (None, "RUNNING")]
)
def test_a_run_whose_process_is_gone_is_told_as_killed(left: Left, owner: Owner | None, state: str) -> None:
    record = left.run(owner)
    assert state_of(record) == state
    left.store.update_run(record, {"state": "FAILED"})
    ended = left.store.get_run("p", record.run_id)
    assert ended is not None
    assert state_of(ended) == "FAILED"
