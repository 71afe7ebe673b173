# SPDX-License-Identifier: Apache-2.0
"""Several processes on one server, processes that fork, are killed, or see the server go and come back."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from metadata_recorder import TRAINER, Recorder, mysql_config
from servers import Mariadb, MissingProgramError, Server, restartable_mariadb

from penstock.artifacts.standard import Model
from penstock.errors import MetadataError
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.connection import Connection, database_of
from penstock.metadata.mysql import MysqlDatabase
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

WORKERS, EACH = 8, 15
Publisher = subprocess.Popen[str]
StartPublisher = Callable[..., Publisher]
Sql = Callable[..., "list[tuple[object, ...]]"]


@pytest.fixture
def url(config: ConnectionConfig, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store that is not there yet, for other processes."""
    return url_of(config, monkeypatch)


def url_of(config: ConnectionConfig, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STORE_PASSWORD", config.secret())
    return f"mysql://{config.username}:${{STORE_PASSWORD}}@{config.host}:{config.port}/{config.database}"


def say_go(publishers: list[Publisher]) -> None:
    for publisher in publishers:
        assert publisher.stdin is not None
        publisher.stdin.write("go\n")
        publisher.stdin.flush()


def check_ends(publishers: list[Publisher]) -> None:
    ends = [publisher.communicate(timeout=300) for publisher in publishers]
    assert [publisher.returncode for publisher in publishers] == [0] * len(publishers), [e[1] for e in ends]


def check_complete(store: MetadataStore, worker: str, count: int) -> None:
    """Checks that a worker's executions are there once each, whole and complete."""
    executions = [e for e in store.executions_of_run("taxi", "r0") if e.properties["worker"] == worker]
    assert sorted(e.name for e in executions) == sorted(f"{worker}/{number}" for number in range(count))
    outputs = store.outputs_of_all([execution.id for execution in executions])
    for execution in executions:
        assert execution.state == "COMPLETE"
        assert {key: len(group) for key, group in outputs[execution.id].items()} == {
            "examples": 2,
            "model": 1,
        }


def test_eight_processes_publish_at_once_into_a_database_that_is_not_there(
    config: ConnectionConfig, url: str, start_publisher: StartPublisher, sql: Sql
) -> None:
    publishers = [start_publisher(url, worker, EACH) for worker in range(WORKERS)]
    say_go(publishers)
    check_ends(publishers)
    with MetadataStore.open(config, read_only=True) as store:
        for worker in range(WORKERS):
            check_complete(store, str(worker), EACH)
        order = [str(e.properties["worker"]) for e in store.executions_of_run("taxi", "r0")]
    # The lock is given in the order of asking: when the first has done its work, all have done about as much.
    first_done = next(
        end for end in range(len(order)) if max(Counter(order[:end]).values(), default=0) == EACH
    )
    progress = Counter(order[:first_done])
    assert min(progress[str(worker)] for worker in range(WORKERS)) >= EACH // 3, progress
    # None has done another's work twice.
    assert sql(f"SELECT count(*) FROM {config.database}.Artifact") == [(3 * WORKERS * EACH,)]
    assert sql(f"SELECT name FROM {config.database}.Type GROUP BY name, type_kind HAVING count(*) > 1") == []


def test_two_runs_at_once_both_succeed(
    config: ConnectionConfig, url: str, start_publisher: StartPublisher
) -> None:
    publishers = [start_publisher(url, run, 10, f"run-{run}") for run in ("a", "b")]
    say_go(publishers)
    check_ends(publishers)
    with MetadataStore.open(config, read_only=True) as store:
        assert {run.run_id for run in store.unfinished_runs("taxi")} == {"run-a", "run-b"}
        for run in ("a", "b"):
            assert [e.state for e in store.executions_of_run("taxi", f"run-{run}")] == ["COMPLETE"] * 10


def lock_holder(config: ConnectionConfig) -> Iterator[None]:
    """Holds the lock of a store with a connection of its own."""
    with MysqlDatabase(config).lock():
        yield


hold = contextmanager(lock_holder)


def test_a_writer_that_is_killed_leaves_the_lock(
    config: ConnectionConfig, url: str, start_publisher: StartPublisher
) -> None:
    with MetadataStore.open(config) as store:
        for kill in range(6):
            publisher = start_publisher(url, f"k{kill}", 100_000)
            say_go([publisher])
            time.sleep(0.3 + 0.05 * kill)
            publisher.send_signal(signal.SIGKILL)
            publisher.wait()
            store.begin_run("taxi", f"after{kill}", {})  # at once, though most likely it held the lock
            check_whole(store)
        for execution, owner in store.running_executions("taxi"):
            assert owner is not None
            assert not owner.is_alive()
            store.finish_execution(execution.id, "FAILED", {}, {})
        assert store.running_executions("taxi") == []


def test_a_killed_holder_of_the_lock_is_not_waited_for(config: ConnectionConfig) -> None:
    with MetadataStore.open(config) as store:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with hold(config):
                os.write(writing, b"held")
                time.sleep(600)
            os._exit(1)
        assert os.read(reading, 4) == b"held"
        killer = threading.Timer(0.5, os.kill, (child, signal.SIGKILL))
        killer.start()
        store.begin_run("taxi", "r0", {})
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        os.close(reading)
        os.close(writing)


def test_a_lock_that_is_held_for_too_long_is_named(mariadb: Server, config: ConnectionConfig) -> None:
    MetadataStore.open(config).close()
    impatient = mysql_config(mariadb, config.database, lock_timeout_seconds=0.5)
    with (
        hold(config),
        pytest.raises(
            MetadataError, match=r"locked by another process; .*within 0.5 s; got: held by penstock at 127"
        ),
    ):
        MetadataStore.open(impatient)


def check_whole(store: MetadataStore) -> None:
    executions = store.executions_of_run("taxi", "r0")
    outputs = store.outputs_of_all([execution.id for execution in executions])
    for execution in executions:
        made = {key: len(group) for key, group in outputs[execution.id].items()}
        assert made == ({"examples": 2, "model": 1} if execution.state == "COMPLETE" else {}), execution


def run_child(action: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_both_sides_of_a_fork_go_on(config: ConnectionConfig, sql: Sql) -> None:
    with MetadataStore.open(config) as store:
        recorder = Recorder(store)
        recorder.publish({"model": [Model("/before")]}, name="before")
        for number in range(3):

            def in_child(number: int = number) -> None:
                # The parent's connections are closed, so that none is there twice.
                Recorder(store).publish({"model": [Model(f"/child{number}")]}, name=f"child{number}")

            assert run_child(in_child) == 0
            recorder.publish({"model": [Model(f"/after{number}")]}, name=f"after{number}")
        assert store.execution_by_name(TRAINER, "child2") is not None
        assert len(store.latest_artifacts("Model")) == 7
    waiting = time.monotonic() + 10
    connected = "SELECT count(*) FROM information_schema.processlist WHERE db = %s"
    while sql(connected, config.database) != [(0,)]:
        assert time.monotonic() < waiting, "a connection stayed open"
        time.sleep(0.05)


def test_a_connection_that_the_server_ends_is_made_anew(config: ConnectionConfig, sql: Sql) -> None:
    with MetadataStore.open(config) as store:
        recorder = Recorder(store)
        for number in range(4):
            for (connection,) in sql(
                "SELECT id FROM information_schema.processlist WHERE db = %s", config.database
            ):
                sql(f"KILL {connection}")
            recorder.publish({"model": [Model(f"/{number}")]}, name=f"e{number}")
        assert len(store.latest_artifacts("Model")) == 4


def test_a_write_whose_lock_was_lost_begins_again_with_the_lock(config: ConnectionConfig, sql: Sql) -> None:
    MetadataStore.open(config).close()
    connection = Connection(database_of(config), create=False, read_only=False)
    starts: list[str] = []

    def operation() -> None:
        database = connection.database
        assert isinstance(database, MysqlDatabase)
        starts.append("start")
        if len(starts) == 1:
            for (holder,) in sql("SELECT IS_USED_LOCK(%s)", f"penstock.{config.database}"):
                sql(f"KILL {holder}")
            with pytest.raises(
                MetadataError, match="lock of the metadata store was lost|connection .* was lost"
            ):
                database.check_lock()
        database.check_lock()

    connection.write(operation)
    connection.close()
    assert starts == ["start", "start"]


@pytest.fixture
def own_server() -> Iterator[Mariadb]:
    """A server that a test may stop; it keeps what it has confirmed, as servers do by default."""
    try:
        with restartable_mariadb() as mariadb:
            yield mariadb
    except MissingProgramError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_publishers_live_through_a_restart_of_the_server(
    how: signal.Signals,
    own_server: Mariadb,
    start_publisher: StartPublisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = mysql_config(own_server.server, "runs")
    with MetadataStore.open(config) as store:
        publishers = [start_publisher(url_of(config, monkeypatch), worker, 40) for worker in range(3)]
        say_go(publishers)
        restarts = 0
        while all(publisher.poll() is None for publisher in publishers) and restarts < 2:
            time.sleep(0.7)
            own_server.stop(how)
            time.sleep(0.5)
            own_server.start()
            restarts += 1
        check_ends(publishers)
        assert restarts == 2
        for worker in range(3):
            check_complete(store, str(worker), 40)
        assert len(store.latest_artifacts("Model")) == 3 * 40


def test_a_server_that_stays_away_is_said_after_the_time(own_server: Mariadb) -> None:
    with MetadataStore.open(mysql_config(own_server.server, "runs", lock_timeout_seconds=1.0)) as store:
        own_server.stop()
        with pytest.raises(MetadataError, match="does not answer.*what to do: is it running"):
            store.begin_run("taxi", "r0", {})
        own_server.start()
        assert store.begin_run("taxi", "r0", {}).run_id == "r0"
