# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from bench import Bench
from light.component import Add, Number

from penstock.errors import CancelledError, DataError, MetadataError, NodeFailedError
from penstock.ir.model import PipelineIR
from penstock.runners import session as sessions
from penstock.runners.session import (
    RunReport,
    RunRequest,
    finish,
    library_settings,
    open_session,
    worker_environment,
)
from penstock.runtime import run as runs
from penstock.runtime.observer import Silent
from penstock.runtime.run import NodeResult


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def ir(bench: Bench) -> PipelineIR:
    number = Number(3)
    return bench.compile(number, Add([number.outputs["number"]]))


class Host:
    """A host that takes note of what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def execute(self, task: Any, report: Any) -> dict[str, Any]:
        self.calls.append(task.node_id)
        raise DataError("no")

    def cancel(self) -> None:
        self.calls.append("cancel")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host()
    monkeypatch.setattr(sessions, "InProcessHost", lambda: made)
    return made


def session_of(ir: PipelineIR, **options: Any) -> Any:
    return open_session(ir, RunRequest(run_id="r"), in_process=True, **options)


def test_a_session_ends_with_the_state_of_its_nodes(bench: Bench, ir: PipelineIR) -> None:
    with session_of(ir) as session:
        for node in ir.nodes:
            session.launch(node.id)
        report = finish(session, session.results, started=0.0)
    assert (report.state, report.run_id, report.pipeline, report.signal) == ("COMPLETE", "r", "p", None)
    assert [node.summary for node in report.nodes] == ["= 3", "= 3"]
    assert bench.state("r") == "COMPLETE"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RuntimeError("a defect"), "FAILED"),
        (DataError("no"), "FAILED"),
        (CancelledError("by a signal"), "CANCELED"),
        (KeyboardInterrupt(), "CANCELED"),
    ],
)
def test_a_session_that_is_left_by_an_error_is_recorded_and_closed(
    bench: Bench, ir: PipelineIR, host: Host, error: BaseException, state: str
) -> None:
    with pytest.raises(type(error)), session_of(ir):
        raise error
    assert bench.state("r") == state
    assert host.calls == ["close"]


def test_a_store_that_fails_at_the_end_does_not_hide_why(
    ir: PipelineIR, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MetadataError("locked")

    monkeypatch.setattr(runs, "end", broken)
    with pytest.raises(DataError, match="the cause"), session_of(ir):
        raise DataError("the cause")
    assert host.calls == ["close"]


def test_cancelling_ends_what_runs_and_lets_nothing_start(ir: PipelineIR, host: Host) -> None:
    with session_of(ir) as session:
        session.cancel(15)
        session.cancel(2)
        assert session.cancelled
        assert session.launch("Number").state == "cancelled"
        report = finish(session, session.results, started=0.0)
    assert (report.state, report.signal) == ("CANCELED", 15)
    assert host.calls == ["cancel", "cancel", "close"]


class Broken(Silent):
    """An observer whose terminal has gone."""

    def node_finished(self, result: NodeResult) -> None:
        raise BrokenPipeError("gone")


def test_what_cannot_be_told_cancels_the_others(ir: PipelineIR, host: Host) -> None:
    with session_of(ir, observer=Broken()) as session:
        with pytest.raises(BrokenPipeError):
            session.launch("Number")
        assert session.cancelled
    assert host.calls == ["Number", "cancel", "close"]


def test_a_blocked_node_is_recorded_and_told(bench: Bench, ir: PipelineIR, host: Host) -> None:
    told: list[NodeResult] = []

    class Telling(Silent):
        def node_finished(self, result: NodeResult) -> None:
            told.append(result)

    blocked = NodeResult("Add", "not run", "Number failed")
    with session_of(ir, observer=Telling()) as session:
        session.ended(blocked)
        session.recorder.flush()
        assert session.results == {"Add": blocked}
    assert told == [blocked]
    assert bench.recorded("r") == {"Add": blocked}


def test_nodes_that_the_pipeline_has_no_longer_do_not_count(ir: PipelineIR, host: Host) -> None:
    results = {
        "gone": NodeResult("gone", "failed"),
        "Add": NodeResult("Add", "ran"),
        "Number": NodeResult("Number", "ran"),
    }
    with session_of(ir) as session:
        report = finish(session, results, started=0.0)
    assert report.state == "COMPLETE"
    assert [node.node_id for node in report.nodes] == ["Number", "Add"]


def test_several_threads_may_cancel_at_once(ir: PipelineIR, host: Host) -> None:
    with session_of(ir) as session:
        threads = [threading.Thread(target=session.cancel, args=(2,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (session.cancelled, session.signal) == (True, 2)


def report(state: Any, *nodes: NodeResult) -> RunReport:
    return RunReport("p", "r", state, nodes, 1.0)


def test_a_report_raises_what_failed() -> None:
    report("COMPLETE", NodeResult("a", "skipped")).raise_for_failure()
    failed = [
        NodeResult("a", "failed", "a: no rows"),
        NodeResult("b", "not run"),
        NodeResult("c", "failed", "stop"),
    ]
    with pytest.raises(
        NodeFailedError, match="^a failed: no rows; c failed: stop; .*--resume r when it is mended"
    ):
        report("FAILED", *failed).raise_for_failure()
    with pytest.raises(CancelledError, match="run r was cancelled; .*--resume r"):
        report("CANCELED", NodeResult("a", "cancelled")).raise_for_failure()


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("0", "0"), ("1", "1")])
def test_the_keras_that_the_user_has_chosen_is_used_everywhere(
    ir: PipelineIR, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    if given is None:
        monkeypatch.delenv("TF_USE_LEGACY_KERAS", raising=False)
    else:
        monkeypatch.setenv("TF_USE_LEGACY_KERAS", given)
    assert library_settings() == {"TF_USE_LEGACY_KERAS": used}
    assert worker_environment(ir).get("TF_USE_LEGACY_KERAS", given) == used


def test_what_the_user_has_set_stays(ir: PipelineIR, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.delenv("KERAS_HOME", raising=False)
    environment = worker_environment(ir)
    assert "TF_CPP_MIN_LOG_LEVEL" not in environment
    assert environment["KERAS_HOME"].startswith(ir.project_root)
