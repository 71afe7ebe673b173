# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be used: one clear error each, raised before the library sees them, and the file untouched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from metadata_recorder import config_of

from penstock.errors import MetadataError
from penstock.metadata.locking import FileLock
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        store.begin_run("taxi", "r0", {})
    return path


def refused(path: Path, message: str, *, read_only: bool = False) -> None:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(MetadataError, match=message) as caught:
        MetadataStore.open(config_of(path, lock_timeout_seconds=0.3), read_only=read_only)
    assert str(path) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def test_a_file_of_another_format(tmp_path: Path) -> None:
    path = tmp_path / "trips.csv"
    path.write_text("a,b\n1,2\n")
    refused(path, "cannot be used.*SQLite file of ml-metadata; got: a file of another format")
    assert os.listdir(tmp_path) == ["trips.csv"]


def test_a_file_that_only_begins_like_a_database(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    refused(path, "cannot be used.*got: file is not a database|malformed|unsupported")


def test_a_damaged_database(made: Path) -> None:
    content = made.read_bytes()
    made.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    refused(made, "cannot be used.*got: the file is damaged; what to do: bring it back from a backup")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    sql(path, "CREATE TABLE airports (code TEXT)")
    refused(path, "got: an SQLite database of something else")


def test_a_newer_schema(made: Path) -> None:
    sql(made, "UPDATE MLMDEnv SET schema_version = 11")
    refused(made, "newer release of ml-metadata.*expected: schema version 10; got: schema version 11")
    refused(made, "newer release", read_only=True)


def test_an_older_schema(made: Path) -> None:
    sql(made, "UPDATE MLMDEnv SET schema_version = 9")
    refused(made, "older release of ml-metadata.*got: schema version 9.*enable_upgrade_migration")


def test_a_folder(tmp_path: Path) -> None:
    refused(tmp_path, "cannot be used.*got: a folder")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        MetadataError, match="folder of the metadata store cannot be made.*(Not a directory|File exists)"
    ):
        MetadataStore.open(config_of(tmp_path / "file" / "m.db"))


def test_an_empty_file_becomes_a_store_and_is_none_to_read(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.touch()
    refused(path, "got: an empty file", read_only=True)
    with MetadataStore.open(config_of(path)) as store:
        store.begin_run("taxi", "r0", {})


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_no_file_where_one_is_wanted(tmp_path: Path, options: dict[str, bool]) -> None:
    with pytest.raises(MetadataError, match="there is no metadata store; input: .*run a pipeline first"):
        MetadataStore.open(config_of(tmp_path / "a" / "m.db"), **options)
    assert os.listdir(tmp_path) == []


def test_a_lock_held_by_another_process(made: Path) -> None:
    with FileLock(f"{made}.lock", 1.0).hold():
        script = (
            "import sys; from penstock.metadata.config import ConnectionConfig as C; "
            "from penstock.metadata.store import MetadataStore as S; "
            "S.open(C('sqlite', filename_uri=sys.argv[1], lock_timeout_seconds=0.2))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(made)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert f"locked by another process; input: {made}.lock; expected: the lock within 0.2 s" in done.stderr
    assert f"held by process {os.getpid()} on" in done.stderr


HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA locking_mode = EXCLUSIVE") if sys.argv[2] == "always" else None
database.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def held() -> Iterator[Callable[[Path, str], None]]:
    """Has another program hold an exclusive lock on a database."""
    holders: list[subprocess.Popen[str]] = []

    def hold(path: Path, how: str) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        holders.append(holder)
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_a_database_that_another_program_has_locked(made: Path, held: Callable[[Path, str], None]) -> None:
    sql(made, "PRAGMA journal_mode = DELETE")
    held(made, "once")
    refused(made, "locked by another program.*within 0.3 s.*database browser")


def test_a_write_while_another_program_writes(made: Path, held: Callable[[Path, str], None]) -> None:
    with MetadataStore.open(config_of(made, lock_timeout_seconds=0.3)) as store:
        held(made, "once")
        assert [run.run_id for run in store.list_runs()] == ["r0"]
        with pytest.raises(MetadataError, match="locked by another program.*within 0.3 s"):
            store.begin_run("taxi", "r1", {})


@pytest.fixture
def shared(made: Path) -> Iterator[Path]:
    """A copy of the store in a folder that other users can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-test-", dir="/tmp"))
    folder.chmod(0o777)
    shutil.copy(made, folder / "m.db")
    yield folder / "m.db"
    folder.chmod(0o777)
    shutil.rmtree(folder)


AS_NOBODY = """
import os, sys
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
MetadataStore.open(ConnectionConfig("sqlite", filename_uri=sys.argv[3])).close()  # loads all that is needed
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with MetadataStore.open(ConnectionConfig("sqlite", filename_uri=sys.argv[1]), read_only=sys.argv[2] == "read") as store:
    print([run.run_id for run in store.list_runs()])
"""


def as_nobody(path: Path, mode: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(path), mode, f"{path}.other"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_that_may_only_be_read(shared: Path) -> None:
    shared.chmod(0o444)
    assert "the metadata store is read-only: the file cannot be written" in as_nobody(shared, "write").stderr
    assert as_nobody(shared, "read").stdout == "['r0']\n"


def test_a_folder_that_may_only_be_read(shared: Path) -> None:
    shared.chmod(0o666)
    shared.parent.chmod(0o555)
    assert "the metadata store is read-only: its folder" in as_nobody(shared, "write").stderr
    shared.chmod(0o444)
    done = as_nobody(shared, "read")
    assert done.stdout == "['r0']\n", done.stderr


def test_a_file_that_may_not_be_read(shared: Path) -> None:
    shared.chmod(0o000)
    assert "got: no permission to read it" in as_nobody(shared, "read").stderr


def test_a_store_in_the_rollback_mode_of_others_is_changed_to_the_write_ahead_log(made: Path) -> None:
    sql(made, "PRAGMA journal_mode = DELETE")
    with MetadataStore.open(config_of(made)) as store:
        store.begin_run("taxi", "r1", {})
        assert Path(f"{made}-wal").exists()
