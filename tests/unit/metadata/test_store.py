# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import pytest
from metadata_recorder import Recorder, config_of

from penstock.artifacts.standard import Model
from penstock.errors import MetadataError
from penstock.metadata import mlmd, sqlite
from penstock.metadata.connection import Connection, database_of
from penstock.metadata.store import MetadataStore


def open_files(folder: Path) -> list[str]:
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))
    return [target for link in links if (target := _target(link)).startswith(str(folder))]


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def test_opening_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    with MetadataStore.open(config_of(tmp_path / "a" / "b" / "m.db")):
        assert (tmp_path / "a" / "b" / "m.db").exists()


def test_closing_leaves_no_file_open_and_no_journal(tmp_path: Path) -> None:
    store = MetadataStore.open(config_of(tmp_path / "m.db"))
    store.begin_run("taxi", "r0", {})
    store.close()
    assert open_files(tmp_path) == []
    assert sorted(os.listdir(tmp_path)) == ["m.db", "m.db.lock"]
    store.close()
    with pytest.raises(MetadataError, match="is closed"):
        store.list_runs()


def test_what_was_written_is_there_when_opened_again(tmp_path: Path) -> None:
    with MetadataStore.open(config_of(tmp_path / "m.db")) as store:
        run = store.begin_run("taxi", "r0", {"a": 1})
    with MetadataStore.open(config_of(tmp_path / "m.db"), create=False) as store:
        assert store.list_runs() == [run]


def test_two_stores_on_one_file_in_one_process_see_each_other(tmp_path: Path) -> None:
    config = config_of(tmp_path / "m.db")
    with MetadataStore.open(config) as one, MetadataStore.open(config) as two:
        for number in range(5):
            one.begin_run("taxi", f"one{number}", {})
            two.begin_run("taxi", f"two{number}", {})
        assert len(one.list_runs()) == len(two.list_runs()) == 10


def test_a_store_that_nobody_closed_is_no_longer_open_once_it_is_gone(tmp_path: Path) -> None:
    gc.collect()
    before = sum(sqlite._open_here.values())
    store = MetadataStore.open(config_of(tmp_path / "m.db"))
    assert sum(sqlite._open_here.values()) == before + 1
    del store
    gc.collect()
    assert open_files(tmp_path) == []
    assert sum(sqlite._open_here.values()) == before


def test_threads_may_share_a_store(store: MetadataStore, recorder: Recorder) -> None:
    failures: list[BaseException] = []

    def publish(number: int) -> None:
        try:
            for item in range(10):
                recorder.publish(
                    {"model": [Model(f"/{number}/{item}")]}, name=f"t{number}.{item}", type=f"my.T{number}"
                )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.latest_artifacts("Model")) == 40


def test_reading_only_refuses_writes_and_sees_later_ones(tmp_path: Path) -> None:
    config = config_of(tmp_path / "m.db")
    with MetadataStore.open(config) as writer, MetadataStore.open(config, read_only=True) as reader:
        writer.begin_run("taxi", "r0", {})
        assert [run.run_id for run in reader.list_runs()] == ["r0"]
        with pytest.raises(MetadataError, match="opened for reading only"):
            reader.begin_run("taxi", "r1", {})


class Flaky:
    """Stands in for the library: fails as told, then passes the calls on."""

    def __init__(self, failures: list[tuple[bytes, int]], calls: list[str]) -> None:
        self._failures = failures
        self._calls = calls
        self._real = mlmd.extension

    def __getattr__(self, name: str) -> object:
        function = getattr(self._real, name)
        if name == "CreateMetadataStore":
            self._calls.append("connect")
            return function

        def call(handle: object, request: bytes) -> object:
            self._calls.append(name)
            if self._failures:
                message, code = self._failures.pop(0)
                return b"", message, code
            return function(handle, request)

        return call


def flaky(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: list[tuple[bytes, int]], timeout: float = 5.0
) -> tuple[Connection, list[str]]:
    calls: list[str] = []
    connection = Connection(
        database_of(config_of(tmp_path / "m.db", lock_timeout_seconds=timeout)), create=True, read_only=False
    )
    monkeypatch.setattr(mlmd, "extension", Flaky(failures, calls))
    return connection, calls


def test_a_call_that_another_writer_disturbed_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, calls = flaky(tmp_path, monkeypatch, [(b"database is locked", 10)] * 3)
    connection.call(mlmd.service.GetArtifactsRequest())
    assert calls == ["GetArtifacts"] * 4


def test_an_operation_is_repeated_from_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, calls = flaky(tmp_path, monkeypatch, [])

    def operation() -> None:
        calls.append("start")
        connection.call(mlmd.service.GetArtifactsRequest())
        if calls.count("start") == 1:
            mlmd.extension._failures.append((b"", 10))
        connection.call(mlmd.service.GetExecutionsRequest())

    connection.write(operation)
    assert calls == ["start", "GetArtifacts", "GetExecutions"] * 2


def test_repeating_ends_with_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection, _ = flaky(tmp_path, monkeypatch, [(b"", 10)] * 10_000, timeout=0.1)
    with pytest.raises(MetadataError, match="locked by another program.*within 0.1 s"):
        connection.call(mlmd.service.GetArtifactsRequest())


@pytest.mark.parametrize(
    "failure", [(b"Transaction already open", 9), (b"", 13), (b"MySQL server has gone away", 13)]
)
def test_a_lost_connection_is_made_anew_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: tuple[bytes, int]
) -> None:
    connection, calls = flaky(tmp_path, monkeypatch, [failure])
    connection.call(mlmd.service.GetArtifactsRequest())
    assert calls == ["GetArtifacts", "connect", "GetArtifacts"]
    mlmd.extension._failures.extend([failure, failure])
    with pytest.raises(MetadataError, match="was lost"):
        connection.call(mlmd.service.GetArtifactsRequest())


@pytest.mark.parametrize(
    ("message", "got"),
    [
        (
            b"Error: database or disk is full",
            "got: the disk is full; what to do: free space there, or give another store, and run again$",
        ),
        (
            b"attempt to write a readonly database",
            "got: the file is read-only; what to do: change its permissions, or give another store$",
        ),
        (b'Cannot do id: 1 custom_properties { key: "password" value: "s3cret" }', "got: Cannot do id: 1$"),
    ],
)
def test_errors_say_the_cause_and_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: bytes, got: str
) -> None:
    connection, _ = flaky(tmp_path, monkeypatch, [(message, 13)])
    with pytest.raises(MetadataError, match=f"failed in GetArtifacts; .*{got}"):
        connection.call(mlmd.service.GetArtifactsRequest())
