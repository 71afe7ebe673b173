# SPDX-License-Identifier: Apache-2.0
"""A watched folder, from the file to its results: real journal and metadata, an engine without Beam."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streams import GRAPH, FakeEngine, FakePins, RunningStream, letters_of, results_of, running, setup_in

from penstock.errors import ParameterError, StorageError, UsageError
from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.spec import SinkSpec
from penstock.inference.streaming import service
from penstock.inference.streaming.incoming import SourceLostError
from penstock.inference.streaming.journal import Journal
from penstock.inference.streaming.service import Limits, serve
from penstock.inference.streaming.setup import StreamSetup
from penstock.metadata.store import MetadataStore


def put(setup: StreamSetup, name: str, content: str | bytes) -> None:
    """Puts a whole file into the watched folder at once."""
    folder = Path(setup.project_root) / "incoming"
    hidden = folder / f".{name}"
    hidden.write_bytes(content.encode() if isinstance(content, str) else content)
    hidden.rename(folder / name)


def answers(setup: StreamSetup) -> dict[Any, float]:
    """Returns y by id; a row that is there twice fails."""
    rows = [row for rows in results_of(setup).values() for row in rows]
    found = {row["id"]: row["y"] for row in rows}
    assert len(found) == len(rows)
    return found


def test_files_of_several_formats_are_scored_each_on_its_own(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    pq.write_table(pa.table({"id": ["c"], "x": [3.5]}), tmp_path / "incoming" / "c.parquet")
    with running(setup) as stream:
        put(setup, "a.csv", "id,x\na,1\naa,10\n")
        put(setup, "b.jsonl", '{"id": "b", "x": 2}\n')
        stream.until(lambda: len(results_of(setup)) == 3)
    assert answers(setup) == {"a": 5, "aa": 50, "b": 10, "c": 17.5}
    assert [name.partition("-")[0] for name in results_of(setup)] == ["a", "b", "c"]
    assert {row["model_id"] for rows in results_of(setup).values() for row in rows} == {1}
    assert not letters_of(setup)


def test_what_was_done_is_recorded_with_its_models(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    put(setup, "a.csv", "id,x\na,1\nb,\n")
    with running(setup, Limits(max_inputs=1)) as stream:
        stream.join()
    with MetadataStore.open(setup.metadata) as store:
        (run,) = store.list_runs("fives")
        assert run.properties["state"] == "COMPLETE"
        (execution,) = [e for e in store.executions_of_run("fives", run.run_id) if e.node_id == "stream"]
        assert execution.state == "COMPLETE"
        assert execution.properties["inputs"] == 1
        (model,) = store.inputs_of(execution.id)["five"]
        (result,) = store.outputs_of(execution.id)["inference_result"]
    assert model.uri == str(tmp_path / "model")
    (line,) = [json.loads(line) for line in (Path(result.uri) / "manifest.jsonl").read_text().splitlines()]
    assert line["input"] == str(tmp_path / "incoming" / "a.csv")
    assert Path(line["results"]["predict"]).is_file()
    assert (line["rows"], line["failed"]) == (1, 1)


def test_a_bad_row_is_a_dead_letter_and_does_not_touch_other_files(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    put(setup, "good.csv", "id,x\na,1\n")
    put(setup, "bad.jsonl", '{"id": "b", "x": 1}\n{"id": "c", "x": null}\n')
    put(setup, "worse.csv", "id,x\nd,oops\n")
    with running(setup) as stream:
        stream.until(lambda: len(letters_of(setup)) == 2 and len(results_of(setup)) == 2)
    assert answers(setup) == {"a": 5, "b": 5}
    letters = {row["key"]: row for rows in letters_of(setup).values() for row in rows}
    assert set(letters) == {"c", "d"}
    assert letters["c"]["file"] == str(tmp_path / "incoming" / "bad.jsonl")
    assert stream.told("worse.csv: not one row could be scored")


def test_a_half_written_file_is_waited_for_while_others_pass(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, give_up_seconds=60)
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"id": ["slow"], "x": [2]}), whole)
    slow = tmp_path / "incoming" / "slow.parquet"
    slow.write_bytes(whole.read_bytes()[:-20])
    with running(setup) as stream:
        put(setup, "fast.csv", "id,x\nfast,1\n")
        stream.until(lambda: answers(setup) == {"fast": 5})
        slow.write_bytes(whole.read_bytes())
        stream.until(lambda: answers(setup) == {"fast": 5, "slow": 10})
    assert not letters_of(setup)


def test_a_file_that_stays_unreadable_goes_to_the_dead_letters_and_the_stream_goes_on(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, give_up_seconds=0.3)
    put(setup, "broken.csv.gz", gzip.compress(b"id,x\n" + os.urandom(1000).hex().encode())[:-200])
    put(setup, "broken.parquet", b"PAR1 no more")
    put(setup, "empty.jsonl", "")
    with running(setup) as stream:
        stream.until(lambda: len(letters_of(setup)) == 3)
        put(setup, "good.csv", "id,x\na,1\n")
        stream.until(lambda: answers(setup) == {"a": 5})
    rows = [row for rows in letters_of(setup).values() for row in rows]
    assert {(row["stage"], Path(row["file"]).name) for row in rows} == {
        ("read", "broken.csv.gz"),
        ("read", "broken.parquet"),
        ("read", "empty.jsonl"),
    }
    assert stream.told("broken.parquet goes to the dead letters as a whole")
    with running(setup, Limits(idle_seconds=0.3)) as again:
        again.join()
    assert len(letters_of(setup)) == 3
    assert not again.told("goes to the dead letters")


def test_a_file_that_is_taken_away_after_it_was_claimed_is_told(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, give_up_seconds=60)
    pins = FakePins()
    engine = FakeEngine(pins)

    def losing(job: InferenceJob) -> InferenceSummary:
        for uri in job.source.files:
            os.unlink(uri)
        return engine(job)

    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, engine=losing, pins=pins) as stream:
        stream.until(lambda: letters_of(setup))
    ((row,),) = letters_of(setup).values()
    assert "no such file" in row["error"]


def test_a_file_that_changes_while_it_is_scored_is_scored_anew(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    pins = FakePins()
    engine = FakeEngine(pins)

    def overtaken(job: InferenceJob) -> InferenceSummary:
        summary = engine(job)
        if len(engine.jobs) == 1:
            put(setup, "a.csv", "id,x\na,1\nb,2\n")
        return summary

    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, engine=overtaken, pins=pins) as stream:
        stream.until(lambda: results_of(setup))
        stream.end()
    assert answers(setup) == {"a": 5, "b": 10}
    assert len(engine.jobs) == 2


def test_a_restart_repeats_nothing(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup) as stream:
        stream.until(lambda: results_of(setup))
    put(setup, "b.csv", "id,x\nb,1\n")
    pins = FakePins()
    engine = FakeEngine(pins)
    with running(setup, engine=engine, pins=pins) as stream:
        stream.until(lambda: answers(setup) == {"a": 5, "b": 5})
    assert [Path(file).name for job in engine.jobs for file in job.source.files] == ["b.csv"]


class Killed(BaseException):
    """Stands for a process that ends at this very place."""


def test_what_was_claimed_is_done_by_the_next_process_and_recorded(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    put(setup, "a.csv", "id,x\na,1\n")

    def die(job: InferenceJob) -> InferenceSummary:
        raise Killed

    with pytest.raises(Killed), running(setup, engine=die, pins=FakePins()) as stream:
        stream.join()
    assert not results_of(setup)
    (tmp_path / "incoming" / "b.csv").write_text("id,x\nb,1\n")
    with running(setup) as stream:
        stream.until(lambda: answers(setup) == {"a": 5, "b": 5})
    with MetadataStore.open(setup.metadata) as store:
        states = sorted(str(run.properties["state"]) for run in store.list_runs("fives"))
    assert states == ["COMPLETE", "FAILED"]


def test_results_that_a_dead_process_could_not_record_are_recorded_by_the_next(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, tick_files=1)
    pins = FakePins()
    engine = FakeEngine(pins)

    def die_later(job: InferenceJob) -> InferenceSummary:
        if engine.jobs:
            raise Killed
        return engine(job)

    put(setup, "a.csv", "id,x\na,1\n")
    put(setup, "b.csv", "id,x\nb,1\n")
    with pytest.raises(Killed), running(setup, engine=die_later, pins=pins) as stream:
        stream.join()
    assert len(results_of(setup)) == 1
    with running(setup, Limits(max_inputs=1)) as stream:
        stream.join()
    inputs = []
    with MetadataStore.open(setup.metadata) as store:
        for run in store.list_runs("fives"):
            for execution in store.executions_of_run("fives", run.run_id):
                for result in store.outputs_of(execution.id).get("inference_result", []):
                    text = (Path(result.uri) / "manifest.jsonl").read_text()
                    inputs += [Path(json.loads(line)["input"]).name for line in text.splitlines()]
    assert sorted(inputs) == ["a.csv", "b.csv"]


def test_a_folder_that_is_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, missing_seconds=60)
    with running(setup) as stream:
        put(setup, "a.csv", "id,x\na,1\n")
        stream.until(lambda: results_of(setup))
        (tmp_path / "incoming").rename(tmp_path / "away")
        stream.until(lambda: stream.told("the watched folder is out of reach"))
        (tmp_path / "away").rename(tmp_path / "incoming")
        stream.until(lambda: stream.told("it works again"))
        put(setup, "b.csv", "id,x\nb,1\n")
        stream.until(lambda: answers(setup) == {"a": 5, "b": 5})


def test_a_folder_that_stays_away_ends_the_stream_with_one_error(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, missing_seconds=0.5)
    (tmp_path / "incoming").rmdir()
    lost = pytest.raises(
        SourceLostError, match="the watched folder is out of reach.*taken up by the next start"
    )
    with lost, running(setup) as stream:
        stream.join()
    assert len(stream.texts("waiting")) == 1
    with MetadataStore.open(setup.metadata) as store:
        (run,) = store.list_runs("fives")
    assert run.properties["state"] == "FAILED"


def test_a_tick_that_fails_is_tried_again_and_nothing_is_half_visible(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    pins = FakePins()
    engine = FakeEngine(pins)

    def full(job: InferenceJob) -> InferenceSummary:
        summary = engine(job)
        if len(engine.jobs) < 3:
            raise StorageError("cannot write /somewhere: the disk is full", input="/somewhere")
        return summary

    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, engine=full, pins=pins) as stream:
        stream.until(lambda: answers(setup) == {"a": 5})
        stream.until(lambda: stream.told("it works again"))
    assert [text for text in stream.texts("waiting") if "the disk is full" in text]


def test_sinks_get_each_file_once_also_when_it_is_scored_again(tmp_path: Path) -> None:
    sinks = (
        SinkSpec(path="lines", format="json_lines"),
        SinkSpec(url=f"sqlite:///{tmp_path / 'rows.db'}", table="answers", columns=("id", "y")),
    )
    setup = setup_in(tmp_path, replace(GRAPH, sinks=sinks))
    pins = FakePins()
    engine = FakeEngine(pins)
    put(setup, "a.csv", "id,x\na,1\nb,2\n")
    # The results cannot be published: the sinks have them by then, and get them again with the next attempt.
    Path(setup.places().output).write_text("in the way")
    with running(setup, engine=engine, pins=pins) as stream:
        stream.until(lambda: len(engine.jobs) >= 2)
        Path(setup.places().output).unlink()
        stream.until(lambda: results_of(setup))
    lines = [json.loads(line) for file in (tmp_path / "lines").rglob("*.jsonl") for line in file.open()]
    assert sorted((row["id"], row["y"]) for row in lines) == [("a", 5.0), ("b", 10.0)]
    with sqlite3.connect(tmp_path / "rows.db") as db:
        assert sorted(db.execute("SELECT id, y FROM answers")) == [("a", 5.0), ("b", 10.0)]


def test_of_files_that_were_taken_away_only_the_latest_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_FORGET_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(service, "_LONGEST_MANIFEST", 1)  # only what is recorded may be forgotten
    setup = setup_in(tmp_path, keep_done=2)
    with running(setup) as stream:
        for number in range(1, 5):
            put(setup, f"{number}.csv", f"id,x\n{number},1\n")
            stream.until(lambda wanted=number: len(results_of(setup)) == wanted)  # type: ignore[misc]  # its default
            (tmp_path / "incoming" / f"{number}.csv").unlink()
        stream.until(lambda: _remembered(setup) == 2)


def _remembered(setup: StreamSetup) -> int:
    with closing(sqlite3.connect(Path(setup.state_folder()) / "journal.db")) as db:
        count: int = db.execute("SELECT count(*) FROM inputs").fetchone()[0]
    return count


def test_one_state_folder_serves_one_stream(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    with running(setup) as stream:
        stream.until(lambda: stream.texts("models"))
        with pytest.raises(UsageError, match="in use by another stream"):
            serve(setup, threading.Event(), lambda event: None, pins=FakePins())


def test_limits_end_a_stream(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, tick_files=1)
    for name in ("a", "b", "c"):
        put(setup, f"{name}.csv", f"id,x\n{name},1\n")
    with running(setup, Limits(max_inputs=2)) as stream:
        stream.join()
    assert len(results_of(setup)) == 2
    with running(setup, Limits(idle_seconds=0.2)) as stream:
        stream.join()
    assert len(results_of(setup)) == 3


def test_the_status_file_says_what_is_done(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, Limits(max_inputs=1)) as stream:
        stream.join()
    status = json.loads(Path(setup.state_folder(), "status.json").read_text())
    assert (status["state"], status["inputs"], status["rows"], status["failed"]) == ("ended", 1, 1, 0)
    assert status["models"]["five"]["uri"] == str(tmp_path / "model")
    assert status["worst_latency_seconds"] >= 0


def test_the_status_file_tells_an_end_by_an_error_from_a_clean_one(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, missing_seconds=0.1)
    (tmp_path / "incoming").rmdir()
    with pytest.raises(SourceLostError), running(setup) as stream:
        stream.join()
    status = json.loads(Path(setup.state_folder(), "status.json").read_text())
    assert status["state"] == "failed"
    assert "the watched folder is out of reach" in status["last_warning"]
    assert stream.events[-1].kind == "failed"


def test_a_status_file_that_cannot_be_written_ends_no_stream(tmp_path: Path) -> None:
    setup = setup_in(tmp_path)
    Path(setup.state_folder(), "status.json.tmp").mkdir(parents=True)
    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, Limits(max_inputs=1)) as stream:
        stream.join()
    assert answers(setup) == {"a": 5}


def test_a_state_folder_that_is_taken_away_ends_it_before_anything_is_scored_twice(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, missing_seconds=0.1)
    pins = FakePins()
    stream = RunningStream(setup, None, FakeEngine(pins), pins)
    stream.until(lambda: stream.texts("models"))
    Path(setup.state_folder()).rename(tmp_path / "away")
    put(setup, "a.csv", "id,x\na,1\n")
    stream.join()
    assert isinstance(stream.error, StorageError)
    assert "was taken away" in str(stream.error)
    assert not results_of(setup)
    (tmp_path / "away").rename(setup.state_folder())
    with running(setup, Limits(max_inputs=1)) as stream:
        stream.join()
    assert answers(setup) == {"a": 5}


def test_a_file_that_is_only_to_be_tried_again_is_not_told_as_scored(tmp_path: Path) -> None:
    setup = setup_in(tmp_path, give_up_seconds=0.6)
    put(setup, "a.csv.gz", gzip.compress(b"id,x\na,1\n" * 1000)[:-20])
    with running(setup) as stream:
        stream.until(lambda: letters_of(setup))
    assert [event.facts["inputs"] for event in stream.events if event.kind == "scored"] == [1]


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("*", {"output": "incoming"}),
        ("*.csv", {"dead_letters": "incoming/"}),
        ("**/*", {"state": "incoming/below/state"}),
    ],
)
def test_a_stream_that_would_read_what_it_writes_is_refused(
    tmp_path: Path, pattern: str, place: dict[str, str]
) -> None:
    setup = setup_in(tmp_path, pattern=pattern, **place)
    with pytest.raises(ParameterError, match="cannot write into the folder that it watches") as refused:
        setup.ready()
    assert refused.value.input == f"stream.{next(iter(place))}"


def test_a_sink_in_the_watched_folder_is_refused_and_one_below_is_not(tmp_path: Path) -> None:
    def ready(path: str) -> StreamSetup:
        sink = SinkSpec(path=path, format="json_lines")
        return setup_in(tmp_path, replace(GRAPH, sinks=(sink,))).ready()

    with pytest.raises(ParameterError, match="cannot write"):
        ready("incoming")
    assert ready("incoming/below").graph.sinks[0].path == "incoming/below"


def test_what_the_journal_could_not_take_is_scored_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, refused = Journal.claim, iter([True])

    def full_once(self: Journal, *arguments: Any) -> None:
        if next(refused, False):
            raise StorageError("cannot write the journal: the disk is full")
        claim(self, *arguments)

    monkeypatch.setattr(Journal, "claim", full_once)
    setup = setup_in(tmp_path)
    put(setup, "a.csv", "id,x\na,1\n")
    with running(setup, Limits(idle_seconds=5)) as stream:
        stream.until(lambda: results_of(setup))
    assert answers(setup) == {"a": 5}
    assert stream.told("the disk is full")
