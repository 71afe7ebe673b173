# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import pytest
from metadata_recorder import Recorder

from penstock.errors import MetadataError
from penstock.metadata.owner import Owner
from penstock.metadata.store import MetadataStore


def test_a_run_has_its_properties(store: MetadataStore) -> None:
    properties = {
        "state": "RUNNING",
        "started": "2026-11-21",
        "parameters": {"steps": 10, "rate": 1e-9},
        "ok": True,
    }
    run = store.begin_run("taxi", "r0", properties)
    assert (run.pipeline, run.run_id, run.properties) == ("taxi", "r0", properties)
    assert run.created_ms > 1_700_000_000_000
    assert store.get_run("taxi", "r0") == run
    assert store.get_run(None, "r0") == run


def test_there_is_no_run_of_another_name_or_pipeline(store: MetadataStore) -> None:
    store.begin_run("taxi", "r0", {})
    assert store.get_run("taxi", "r1") is None
    assert store.get_run("penguin", "r0") is None


def test_beginning_a_run_again_changes_nothing(store: MetadataStore) -> None:
    run = store.begin_run("taxi", "r0", {"state": "RUNNING"})
    assert store.begin_run("taxi", "r0", {"state": "COMPLETE", "more": 1}) == run


def test_a_run_id_belongs_to_one_pipeline(store: MetadataStore) -> None:
    store.begin_run("taxi", "r0", {})
    with pytest.raises(MetadataError, match="run 'r0' exists already.*of pipeline taxi.*another run id"):
        store.begin_run("penguin", "r0", {})


def test_an_update_leaves_the_other_properties(store: MetadataStore) -> None:
    run = store.begin_run("taxi", "r0", {"state": "RUNNING", "a": 1})
    store.update_run(run, {"node:Trainer.x y": "1"})
    store.update_run(run, {"state": "COMPLETE", "node:Trainer.x y": {"rows": 2.0}})
    store.update_run(run, {})
    updated = store.get_run("taxi", "r0")
    assert updated is not None
    assert updated.properties == {"state": "COMPLETE", "a": 1, "node:Trainer.x y": {"rows": 2.0}}
    assert updated.pipeline == "taxi"


def test_runs_are_listed_newest_first(store: MetadataStore) -> None:
    for number in range(130):
        store.begin_run("penguin" if number % 13 == 0 else "taxi", f"r{number}", {})
    assert [run.run_id for run in store.list_runs(limit=3)] == ["r129", "r128", "r127"]
    assert [run.run_id for run in store.list_runs("penguin")] == [f"r{n}" for n in range(117, -1, -13)]
    assert len(store.list_runs()) == 130
    assert store.list_runs("none") == []


def test_running_executions_come_with_their_owners(store: MetadataStore, recorder: Recorder) -> None:
    running = recorder.start(run_id="r0")
    recorder.publish({}, run_id="r0")
    ended = recorder.start(run_id="ended")
    record = store.get_run("taxi", "ended")
    assert record is not None
    store.update_run(record, {"state": "FAILED"})
    recorder.start(pipeline="penguin", run_id="p0")
    ((found, owner),) = store.running_executions("taxi")
    assert found == running
    assert owner == Owner.current()
    assert ended.id != running.id


def test_only_recent_running_runs_are_looked_at(store: MetadataStore, recorder: Recorder) -> None:
    ids = [recorder.start(run_id=f"r{number}").id for number in range(4)]
    assert [e.id for e, _ in store.running_executions("taxi", runs_considered=2)] == [ids[3], ids[2]]


def test_runs_are_listed_as_not_ended_until_they_end(store: MetadataStore) -> None:
    first, second, other = (
        store.begin_run(pipeline, run_id, {"state": "RUNNING"})
        for pipeline, run_id in (("taxi", "r0"), ("taxi", "r1"), ("penguin", "p0"))
    )
    assert [run.run_id for run in store.unfinished_runs("taxi")] == ["r1", "r0"]
    store.update_run(first, {"node:a": "ran"})
    store.update_run(second, {"state": "COMPLETE"})
    assert [run.run_id for run in store.unfinished_runs("taxi")] == ["r0"]
    store.update_run(second, {"state": "RUNNING"})  # it was taken up again
    assert [run.run_id for run in store.unfinished_runs("taxi")] == ["r1", "r0"]
    assert [run.run_id for run in store.unfinished_runs(other.pipeline)] == ["p0"]
    assert store.unfinished_runs("none") == []


def test_runs_of_an_earlier_release_are_found_without_the_list(
    store: MetadataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("penstock.metadata.runs._set_open", lambda *_: None)
        store.begin_run("taxi", "ended", {"state": "FAILED"})
        store.begin_run("taxi", "old", {"state": "RUNNING"})
    assert [run.run_id for run in store.unfinished_runs("taxi")] == ["old"]
    store.begin_run("taxi", "new", {"state": "RUNNING"})
    assert [run.run_id for run in store.unfinished_runs("taxi")] == ["new", "old"]


@pytest.mark.parametrize(("pipeline", "run_id"), [("", "r"), ("p", ""), ("p", "a\0b"), ("p" * 256, "r")])
def test_unusable_names_are_refused(store: MetadataStore, pipeline: str, run_id: str) -> None:
    with pytest.raises(MetadataError, match="needs a name|cannot be stored"):
        store.begin_run(pipeline, run_id, {})


def test_records_are_values(store: MetadataStore) -> None:
    run = store.begin_run("taxi", "r0", {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.pipeline = "other"  # type: ignore[misc]  # that is the point
