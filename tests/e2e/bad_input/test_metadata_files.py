# SPDX-License-Identifier: Apache-2.0
"""Metadata stores that cannot be used: refused before anything is run, and left as they are."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from projects import Project
from rows_project import ROWS

RUN = ("run", "pipelines/rows.py", "--in-process")

IMPATIENT = """
    from dataclasses import replace
    from penstock.orchestration.metadata import sqlite_metadata_connection_config
    store = sqlite_metadata_connection_config(".penstock/metadata.db")
    config = replace(store, lock_timeout_seconds=0.5)
"""

HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def impatient(ran: Project) -> tuple[str, ...]:
    """The command for the same pipeline on the same store, which waits for a lock for half a second only."""
    source = ROWS.replace("    examples =", f"{IMPATIENT}    examples =", 1)
    ran.write(
        "pipelines/impatient.py",
        source.replace("enable_cache", "metadata_connection_config=config, enable_cache"),
    )
    return ("run", "pipelines/impatient.py", "--in-process")


@contextmanager
def held_by_another_program(path: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.kill()


def test_a_store_that_another_process_has_locked(ran: Project, impatient: tuple[str, ...]) -> None:
    before = ran.published("rows")
    with open(f"{ran.metadata}.lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = ran.cli(*impatient)
    assert ended.code == 1
    assert ended.error.message == "the metadata store is locked by another process"
    assert ended.error["expected"] == "the lock within 0.5 s"
    assert ended.error["got"].startswith("held by process ")
    assert "the lock goes with it" in ended.error["what to do"]
    assert ran.published("rows") == before
    assert ran.cli(*impatient).code == 0


def test_a_store_that_another_program_is_writing(ran: Project, impatient: tuple[str, ...]) -> None:
    before = ran.published("rows")
    with held_by_another_program(ran.metadata):
        ended = ran.cli(*impatient)
    assert ended.code == 1
    assert ended.error.message == "the metadata store is locked by another program"
    assert ended.error["expected"] == "access within 0.5 s"
    assert "a database browser" in ended.error["what to do"]
    assert ran.published("rows") == before
    assert ran.cli(*impatient).code == 0


def sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def newer(path: Path, good: bytes) -> None:
    path.write_bytes(good)
    sql(path, "UPDATE MLMDEnv SET schema_version = 11")


def of_something_else(path: Path, _: bytes) -> None:
    sql(path, "CREATE TABLE trips (hour INTEGER)")


def cut_off(path: Path, good: bytes) -> None:
    path.write_bytes(good[: len(good) // 2])


def a_folder(path: Path, _: bytes) -> None:
    path.mkdir()


def a_text(path: Path, _: bytes) -> None:
    path.write_text("a,b\n1,2\n")


@pytest.mark.parametrize(
    ("make", "message", "expected", "got"),
    [
        (newer, "was written by a newer release of ml-metadata", "schema version 10", "schema version 11"),
        (of_something_else, "cannot be used", "an SQLite file of ml-metadata", "an SQLite database of something else"),
        (cut_off, "cannot be used", "", "the file is damaged"),
        (a_folder, "cannot be used", "an SQLite file of ml-metadata", "a folder"),
        (a_text, "cannot be used", "an SQLite file of ml-metadata", "a file of another format"),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_used(
    ran: Project, tmp_path: Path, make: object, message: str, expected: str, got: str
) -> None:
    sql(ran.metadata, "PRAGMA wal_checkpoint(TRUNCATE)")
    store = tmp_path / "store.db"
    make(store, ran.metadata.read_bytes())  # type: ignore[operator]
    before = store.read_bytes() if store.is_file() else None
    root = tmp_path / "root"
    ended = ran.cli(*RUN, "--metadata", store, "--pipeline-root", root)
    assert ended.code == 1
    assert ended.error.message == f"the metadata store {message}"
    assert (ended.error["input"], ended.error["expected"], ended.error["got"]) == (str(store), expected, got)
    assert (store.read_bytes() if store.is_file() else None) == before
    assert not root.exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://user:secret@host/db", "PostgreSQL is refused as a metadata store: "),
        ("postgres://host/db", "PostgreSQL is refused as a metadata store: "),
        ("mongodb://host/db", "the metadata store is of an unknown kind"),
        (":memory:", "a metadata store in memory is seen by one process only, and a run has several"),
    ],
)
def test_a_store_of_a_kind_that_is_refused(ran: Project, url: str, message: str) -> None:
    with ran.nothing_lost("rows"):
        ended = ran.cli(*RUN, "--metadata", url)
    assert ended.code == 1
    assert ended.error.message.startswith(message)
    assert ended.error["expected"] or ended.error["what to do"]
    assert "secret" not in ended.out + ended.err


def test_a_store_that_was_deleted_or_is_another_one_leaves_the_artifacts_of_the_first(
    project: Project,
) -> None:
    assert project.cli(*RUN).code == 0
    first = project.published("rows")
    other = project.cli(*RUN, "--metadata", "other.db")
    assert other.states() == {"CsvExampleGen": "ran", "Trainer": "ran", "Pusher": "ran"}
    assert project.published("rows") == first
    for file in project.metadata.parent.glob("metadata.db*"):
        file.unlink()
    assert project.cli(*RUN).states()["CsvExampleGen"] == "ran"
    folders = list(project.pipeline_root("rows").glob("CsvExampleGen/examples/*"))
    assert len(folders) == 3
    assert len(list((project.root / "serving").iterdir())) == 1
