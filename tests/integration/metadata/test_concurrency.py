# SPDX-License-Identifier: Apache-2.0
"""Several processes on one store at once, and processes that fork while they have one open."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from metadata_recorder import TRAINER, Recorder, config_of

from penstock.artifacts.standard import Model
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

WORKERS, EACH = 8, 40
StartPublisher = Callable[..., "subprocess.Popen[str]"]


def go(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Lets waiting publishers begin together and waits for all to end well."""
    waiting = list(processes)
    for process in waiting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=300) for process in waiting]
    assert [process.returncode for process in waiting] == [0] * len(waiting), [end[1] for end in ends]


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])


def test_eight_processes_publish_at_once_into_a_new_store(
    tmp_path: Path, start_publisher: StartPublisher
) -> None:
    path = tmp_path / "m.db"
    go([start_publisher(path, worker, EACH) for worker in range(WORKERS)])
    assert integrity(path) == "ok"
    with MetadataStore.open(config_of(path), read_only=True) as store:
        executions = store.executions_of_run("taxi", "r0")
        assert Counter(e.properties["worker"] for e in executions) == dict.fromkeys("01234567", EACH)
        assert {execution.state for execution in executions} == {"COMPLETE"}
        outputs = store.outputs_of_all([execution.id for execution in executions])
        for execution in executions:
            made = {key: [artifact.uri for artifact in group] for key, group in outputs[execution.id].items()}
            base = f"/{execution.name}"
            assert made == {"examples": [f"{base}/0", f"{base}/1"], "model": [f"{base}/model"]}
    # Nobody starves: when the first has done all of its work, each of the others has done some of its own.
    order = [str(execution.properties["worker"]) for execution in executions]
    first_done = next(
        end for end in range(len(order)) if max(Counter(order[:end]).values(), default=0) == EACH
    )
    progress = Counter(order[:first_done])
    assert min(progress[str(worker)] for worker in range(WORKERS)) >= EACH // 10, progress


def test_two_runs_of_one_pipeline_at_once_both_succeed(
    tmp_path: Path, start_publisher: StartPublisher
) -> None:
    path = tmp_path / "m.db"
    go([start_publisher(path, run, 15, f"run-{run}") for run in ("a", "b")])
    with MetadataStore.open(config_of(path), read_only=True) as store:
        assert {run.run_id for run in store.list_runs("taxi")} == {"run-a", "run-b"}
        for run in ("a", "b"):
            executions = store.executions_of_run("taxi", f"run-{run}")
            assert [e.state for e in executions] == ["COMPLETE"] * 15
        assert len(store.executions_of_node("taxi", "node0")) == 10


def test_a_reader_never_waits_for_a_writer(tmp_path: Path, start_publisher: StartPublisher) -> None:
    path = tmp_path / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        store.begin_run("taxi", "r0", {})
        publisher = start_publisher(path, "w", 100)
        ending = threading.Thread(target=go, args=([publisher],))
        ending.start()
        counts = []
        while ending.is_alive():
            for execution in store.executions_of_run("taxi", "r0"):
                outputs = store.outputs_of(execution.id)
                assert (sum(map(len, outputs.values())) == 3) or execution.state == "RUNNING"
            counts.append(len(store.latest_artifacts("Model")))
        ending.join()
        assert counts == sorted(counts)
        assert len(store.latest_artifacts("Model")) == 100


def run_child(action: Callable[[], None]) -> int:
    """Forks, runs ``action`` in the child, and returns its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def files_open(path: Path) -> list[str]:
    names = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue
    return [name for name in names if name.startswith(str(path))]


def test_a_forked_child_inherits_no_connection(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        store.begin_run("taxi", "r0", {})
        assert files_open(path)

        def check() -> None:
            assert files_open(path) == []

        assert run_child(check) == 0


def test_both_sides_of_a_fork_go_on(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        recorder = Recorder(store)
        for number in range(5):
            recorder.publish({"model": [Model(f"/before{number}")]}, name=f"before{number}")

            def in_child(number: int = number) -> None:
                Recorder(store).publish({"model": [Model(f"/child{number}")]}, name=f"child{number}")
                with MetadataStore.open(config_of(path)) as own:
                    Recorder(own).publish({"model": [Model(f"/own{number}")]}, name=f"own{number}")

            assert run_child(in_child) == 0
            assert store.execution_by_name(TRAINER, f"own{number}") is not None
            recorder.publish({"model": [Model(f"/after{number}")]}, name=f"after{number}")
        assert len(store.latest_artifacts("Model")) == 20
    assert integrity(path) == "ok"
    assert sorted(os.listdir(tmp_path)) == ["m.db", "m.db.lock"]


def test_a_fork_waits_for_the_writes_of_other_threads(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        recorder = Recorder(store)
        failures: list[BaseException] = []

        def publish() -> None:
            try:
                for number in range(60):
                    recorder.publish({"model": [Model(f"/{number}")]}, name=f"t{number}")
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=publish)
        thread.start()
        codes = []
        while thread.is_alive():
            codes.append(run_child(lambda: _use(store)))
        thread.join()
        assert failures == []
        assert set(codes) == {0}
        assert len(store.latest_artifacts("Model")) == 60
    assert integrity(path) == "ok"


def _use(store: MetadataStore) -> None:
    store.list_runs()
    store.begin_run("taxi", f"child{os.getpid()}", {})
