# SPDX-License-Identifier: Apache-2.0
"""SQLite as the database of the metadata store.

Everything that can be wrong with a file is found here, before the library opens it, and said in plain words. The file
is looked at with Python's own ``sqlite3``, a second copy of SQLite, which must never touch a file that the library has
open in the same process: closing it would drop the locks of both. So files are counted while they are open.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from penstock.errors import MetadataError
from penstock.metadata import mlmd
from penstock.metadata.dialect import SQLITE, Dialect
from penstock.metadata.failures import check_schema_version
from penstock.metadata.locking import FileLock

_MAGIC = b"SQLite format 3\0"
_CAUSES = {
    "disk is full": ("the disk is full", "free space there, or give another store, and run again"),
    "readonly database": ("the file is read-only", "change its permissions, or give another store"),
    "disk I/O error": ("the disk failed", "check the disk; some network file systems do not carry SQLite"),
    "malformed": ("the file is damaged", "bring it back from a backup, or give another store"),
}
"""What SQLite says of a disk or a file: in our words, and what to do."""
_open_here: Counter[tuple[int, int]] = Counter()
"""How often the library has each file (device and inode) open in this process."""


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """One SQLite file.

    Attributes:
        path: Its absolute path.
        timeout_seconds: How long to wait for other processes.
    """

    path: str
    timeout_seconds: float

    @property
    def dialect(self) -> Dialect:
        """What the database can hold."""
        return SQLITE

    @property
    def most_losses(self) -> int:
        """How often in one call the connection may be lost before the call fails."""
        return 1

    def __str__(self) -> str:
        return self.path

    def lock(self) -> AbstractContextManager[None]:
        """Returns the lock that every writer takes."""
        return FileLock(f"{self.path}.lock", self.timeout_seconds).hold()

    def check_lock(self) -> None:
        """Finds out whether the lock is still held; that of a file always is."""

    def suspend(self) -> None:
        """Closes what the database itself has open, of which there is nothing here."""

    def prepare(self) -> None:
        """Makes the folder of the file.

        Raises:
            MetadataError: It cannot be made.
        """
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
        except OSError as error:
            raise MetadataError(
                "the folder of the metadata store cannot be made",
                input=os.path.dirname(self.path),
                got=error.strerror,
                hint="give a store in a folder that can be written, with --metadata on the command line",
            ) from error

    def check_access(self, *, create: bool, read_only: bool) -> None:
        """Finds out whether the file is there, or may be made, with the permissions that are needed.

        Raises:
            MetadataError: It is not, for the reason that the message gives.
        """
        folder = os.path.dirname(self.path)
        if os.path.isdir(self.path):
            raise self._unusable("a folder")
        if not os.path.exists(self.path):
            if read_only or not create:
                raise MetadataError(
                    "there is no metadata store",
                    input=self.path,
                    hint="run a pipeline first, or give another path",
                )
        elif not os.access(self.path, os.R_OK):
            raise self._unusable("no permission to read it")
        elif not read_only and not os.access(self.path, os.W_OK):
            raise self._not_writable("the file")
        elif self._start() not in (b"", _MAGIC):
            raise self._unusable("a file of another format")  # known before a lock file is laid beside it
        if not read_only and not os.access(folder, os.W_OK | os.X_OK):
            raise self._not_writable("its folder, where the journal goes,")

    def check(self, *, create: bool, read_only: bool) -> None:
        """Finds out whether the library can use what is in the file, and makes it where it does not exist.

        Raises:
            MetadataError: It cannot, for the reason that the message gives.
        """
        if os.path.exists(self.path) and _open_here[_identity(self.path)]:
            return  # was checked when it was opened
        self._check_content(create=create, read_only=read_only)
        deadline = time.monotonic() + self.timeout_seconds
        while True:
            try:
                self._check_database(read_only=read_only)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise self._failed(str(error)) from error
                if time.monotonic() > deadline:
                    raise self._locked() from error
                time.sleep(random.uniform(0.005, 0.05))
            except sqlite3.DatabaseError as error:
                raise self._failed(str(error)) from error
            else:
                return

    def connect(self, *, read_only: bool) -> tuple[Any, Callable[[], None]]:
        """Opens the file with the library.

        Returns:
            The library's handle, which closes when it is deleted, and what to call after that.
        """
        config = mlmd.pb.ConnectionConfig()
        config.sqlite.filename_uri = self._uri(read_only=read_only)
        modes = mlmd.pb.SqliteMetadataSourceConfig
        config.sqlite.connection_mode = modes.READONLY if read_only else modes.READWRITE_OPENCREATE
        handle = mlmd.extension.CreateMetadataStore(
            config.SerializeToString(), mlmd.pb.MigrationOptions().SerializeToString()
        )
        identity = _identity(self.path)
        _open_here[identity] += 1
        return handle, lambda: _open_here.subtract([identity])

    def explain(self, message: str) -> tuple[str, str] | None:
        """Returns what SQLite's message means for the user and what to do, where it is about the disk or the file."""
        return _told(message)

    def refuse_size(self, size: int) -> None:
        """Refuses a request that the database can never take; SQLite takes any."""

    def _check_content(self, *, create: bool, read_only: bool) -> None:
        if not os.path.exists(self.path):
            return
        start = self._start()
        if not start and create and not read_only:
            return
        if start != _MAGIC:
            raise self._unusable("an empty file" if not start else "a file of another format")

    def _start(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read(len(_MAGIC))

    def _check_database(self, *, read_only: bool) -> None:
        mode = "ro" if read_only else "rwc"
        uri = (
            self._uri(read_only=True)
            if self._is_frozen(read_only)
            else f"file:{quote(self.path)}?mode={mode}"
        )
        with closing(sqlite3.connect(uri, uri=True, timeout=0.1, isolation_level=None)) as database:
            version = self._schema_version(database)
            if not read_only:
                _set_write_ahead_log(database)
        if version is None:
            if read_only:
                raise self._unusable("an SQLite database without tables")
        else:
            check_schema_version(version, self.path)

    def _schema_version(self, database: sqlite3.Connection) -> int | None:
        """Returns the version of the library's tables, ``None`` where there are no tables at all."""
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "MLMDEnv" not in tables:
            raise self._unusable("an SQLite database of something else")
        row = database.execute("SELECT schema_version FROM MLMDEnv").fetchone()
        return int(row[0]) if row else 0

    def _uri(self, *, read_only: bool) -> str:
        """Returns the name under which SQLite opens the file."""
        if self._is_frozen(read_only):
            return f"file:{quote(self.path)}?immutable=1"
        return self.path

    def _is_frozen(self, read_only: bool) -> bool:
        """Says whether the file can only be read as one that nobody changes: SQLite cannot even make its lock file."""
        writable = os.access(os.path.dirname(self.path), os.W_OK)
        return read_only and not writable and not os.path.exists(f"{self.path}-wal")

    def _unusable(self, got: str) -> MetadataError:
        return MetadataError(
            "the metadata store cannot be used",
            input=self.path,
            expected="an SQLite file of ml-metadata",
            got=got,
        )

    def _failed(self, message: str) -> MetadataError:
        cause = _told(message)
        if cause is None:
            return self._unusable(message)
        got, hint = cause
        return MetadataError("the metadata store cannot be used", input=self.path, got=got, hint=hint)

    def _not_writable(self, what: str) -> MetadataError:
        return MetadataError(
            f"the metadata store is read-only: {what} cannot be written",
            input=self.path,
            hint="change its permissions, or give another store",
        )

    def _locked(self) -> MetadataError:
        return MetadataError(
            "the metadata store is locked by another program",
            input=self.path,
            expected=f"access within {self.timeout_seconds:g} s",
            hint="close what has the file open, a database browser for instance",
        )


def _told(message: str) -> tuple[str, str] | None:
    return next((cause for text, cause in _CAUSES.items() if text in message), None)


def _set_write_ahead_log(database: sqlite3.Connection) -> None:
    """Lets readers and the writer work without waiting for each other; the setting stays with the file."""
    try:
        database.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if not _is_busy(error):  # while another program has it open the file works as it is, only slower
            raise


def _identity(path: str) -> tuple[int, int]:
    status = Path(path).stat()
    return status.st_dev, status.st_ino


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error) or "busy" in str(error)
