# SPDX-License-Identifier: Apache-2.0
"""What of a run's artifacts is its own, and what others still need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing, ModelEvaluation, PushedModel
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.connection import Connection
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, NewExecution
from penstock.metadata.store import MetadataStore
from penstock.runtime.retention.inventory import is_own
from penstock.runtime.retention.plan import Plan, make_plan
from penstock.runtime.retention.removal import carry_out
from penstock.runtime.retention.runs import Policy

NOW = datetime.now(timezone.utc)


class History:
    """Runs that are written down without being run."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.store = MetadataStore.open(sqlite_metadata_connection_config(str(folder / "metadata.db")))

    def run(self, run_id: str, pipeline: str = "p", state: str = "COMPLETE") -> None:
        self.store.begin_run(pipeline, run_id, {"state": state, "root": str(self.root)})

    def execute(
        self,
        run_id: str,
        node: str,
        made: dict[str, type[Artifact]],
        inputs: dict[str, list[int]] | None = None,
        pipeline: str = "p",
        **custom: Any,
    ) -> dict[str, int]:
        """Records a node that has made files, and returns the artifacts' ids by output."""
        name = f"{pipeline}/{run_id}/{node}"
        new = NewExecution(
            type=f"t.{node}", name=name, pipeline=pipeline, run_id=run_id, node_id=node, inputs=inputs or {}
        )
        execution = self.store.start_execution(new, Owner.current())
        outputs = {}
        for key, kind in made.items():
            folder = self.root / node / key / str(execution.id)
            folder.mkdir(parents=True)
            (folder / "data").write_text(key)
            outputs[key] = [kind(str(folder), custom_properties=custom)]
        recorded = self.store.finish_execution(execution.id, "COMPLETE", outputs, {})
        return {key: group[0].id for key, group in recorded.items()}

    def state(self, artifact_id: int) -> str:
        (artifact,) = self.store.artifacts([artifact_id])
        assert (artifact.state == "LIVE") == Path(artifact.uri, "data").exists()
        return artifact.state

    def plan(self, keep_last: int = 1, **policy: Any) -> Plan:
        return make_plan(self.store, Policy(keep_last, **policy), NOW)

    def collect(self, keep_last: int = 1, **policy: Any) -> set[int]:
        removed = carry_out(self.store, self.plan(keep_last, **policy), NOW)
        assert not removed.failures
        return {item.id for item in removed.artifacts}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path)
    with made.store:
        yield made


def test_what_no_kept_run_has_to_do_with_goes(history: History) -> None:
    history.run("r1")
    old = history.execute("r1", "Gen", {"examples": Examples})["examples"]
    history.run("r2")
    new = history.execute("r2", "Gen", {"examples": Examples})["examples"]
    assert history.collect() == {old}
    assert (history.state(old), history.state(new)) == ("DELETED", "LIVE")


def test_what_a_kept_run_has_read_stays_with_all_that_it_was_made_from(history: History) -> None:
    history.run("r1")
    data = history.execute("r1", "Gen", {"examples": Examples})["examples"]
    first = history.execute("r1", "Train", {"model": Model}, {"examples": [data]})["model"]
    history.run("r2")
    second = history.execute("r2", "Train", {"model": Model}, {"base": [first]})["model"]
    history.execute("r2", "Gen", {"examples": Examples})
    history.run("r3")
    history.execute("r3", "Train", {"model": Model}, {"base": [second]})
    history.execute("r3", "Gen", {"examples": Examples})
    gone = {a.id for a in history.plan(whole_lineage=False).artifacts}
    assert {data, first} <= gone
    assert second not in gone
    kept = {a.id for a in history.plan().artifacts}
    assert not kept & {data, first, second}


def test_the_newest_blessed_model_stays_with_its_verdict_and_evaluation(history: History) -> None:
    history.run("r1")
    model = history.execute("r1", "Train", {"model": Model})["model"]
    made = {"blessing": ModelBlessing, "evaluation": ModelEvaluation}
    good = history.execute("r1", "Eval", made, {"model": [model]}, current_model_id=model, blessed=1)
    for name in ("r2", "r3", "r4"):
        history.run(name)
        bad_model = history.execute(name, "Train", {"model": Model})["model"]
        history.execute(name, "Eval", made, {"model": [bad_model]}, current_model_id=bad_model, blessed=0)
    gone = history.collect()
    assert len(gone) == 6  # of r2 and r3
    assert not gone & {model, *good.values()}
    assert history.plan().kept == {"blessed": 3}


def test_a_blessed_model_makes_room_for_the_next(history: History) -> None:
    models = []
    for name in ("r1", "r2"):
        history.run(name)
        model = history.execute(name, "Train", {"model": Model})["model"]
        history.execute(
            name, "Eval", {"blessing": ModelBlessing}, {"model": [model]}, current_model_id=model, blessed=1
        )
        models.append(model)
    assert models[0] in history.collect()


def test_the_newest_push_to_each_destination_stays_with_its_model(history: History) -> None:
    kept = []
    for name, destination in (("r1", "/serve/a/1"), ("r2", "/serve/b/1"), ("r3", "/serve/b/2")):
        history.run(name)
        model = history.execute(name, "Train", {"model": Model})["model"]
        pushed = history.execute(
            name, "Push", {"pushed_model": PushedModel}, {"model": [model]}, pushed_destination=destination
        )
        kept.append({model, pushed["pushed_model"]})
    gone = history.collect(whole_lineage=False)
    assert gone == kept[1]


def test_the_newest_artifact_of_an_output_stays_though_no_kept_run_made_one(history: History) -> None:
    history.run("r1")
    report = history.execute("r1", "Report", {"report": Examples})["report"]
    for name in ("r2", "r3"):
        history.run(name)
        history.execute(name, "Gen", {"examples": Examples})
    gone = history.collect()
    assert report not in gone
    assert len(gone) == 1


def test_what_another_pipeline_reads_stays(history: History) -> None:
    history.run("r1")
    shared = history.execute("r1", "Gen", {"examples": Examples})["examples"]
    history.run("q1", "q")
    history.execute("q1", "Train", {"model": Model}, {"examples": [shared]}, pipeline="q")
    history.run("r2")
    history.execute("r2", "Gen", {"examples": Examples})
    assert history.collect() == set()
    history.run("q2", "q")
    history.execute("q2", "Train", {"model": Model}, pipeline="q")
    assert len(history.collect(pipeline="p")) == 0
    assert len(history.collect()) == 2


def test_a_collected_run_is_not_read_again(history: History) -> None:
    for name in ("r1", "r2"):
        history.run(name)
        history.execute(name, "Gen", {"examples": Examples})
    assert [run.record.run_id for run in history.plan().runs] == ["r1"]
    history.collect()
    assert history.plan().runs == ()


def made_by(execution_id: int) -> ExecutionRecord:
    return ExecutionRecord(execution_id, "t", "n", "COMPLETE", "p", "r", "n", None, None, {}, 0, 0)


@pytest.mark.parametrize(
    ("uri", "own"),
    [
        ("/root/n/out/7", True),
        ("/root/n/out/7/0", True),
        ("/root/n/out/7-0a1b2c3d", True),
        ("/root/n/out/71", False),
        ("/root/n/out", False),
        ("/root/7/out/x", False),
        ("/root/n/out/7/../8", False),
        ("/elsewhere/n/out/7", False),
        ("/rooted/n/out/7", False),
        ("gs://bucket/n/out/7", False),
    ],
)
def test_only_a_folder_named_for_the_execution_is_its_own(uri: str, own: bool) -> None:
    assert is_own(Examples(uri), made_by(7), "/root") is own


def test_what_was_imported_is_no_ones_to_remove() -> None:
    imported = Examples("/root/n/out/7", custom_properties={"is_external": 1})
    assert not is_own(imported, made_by(7), "/root")
    assert is_own(Examples("s3://b/root/n/out/7"), made_by(7), "s3://b/root/")


def test_a_plan_costs_the_same_however_many_runs_were_collected_before(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    call = Connection.call

    def counted(self: Connection, request: Any) -> Any:
        nonlocal calls
        calls += 1
        return call(self, request)

    def cost_of_a_plan() -> int:
        before = calls
        history.plan()
        return calls - before

    monkeypatch.setattr(Connection, "call", counted)
    costs = []
    for start in (0, 20):
        for number in range(start, start + 20):
            history.run(f"r{number}")
            history.execute(f"r{number}", "Gen", {"examples": Examples})
        history.collect()
        costs.append(cost_of_a_plan())
    assert costs[0] == costs[1]
