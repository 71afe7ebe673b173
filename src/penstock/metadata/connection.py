# SPDX-License-Identifier: Apache-2.0
"""Calls of the library: one at a time, queued among processes, retried where that helps, with errors in our words."""

from __future__ import annotations

import os
import random
import re
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeVar

from penstock.errors import MetadataError
from penstock.metadata import mlmd
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.dialect import Dialect
from penstock.metadata.failures import AlreadyExistsError as AlreadyExistsError
from penstock.metadata.failures import BusyError, LostError, UnreachableError
from penstock.metadata.failures import NotFoundError as NotFoundError
from penstock.metadata.mysql import MysqlDatabase
from penstock.metadata.sqlite import SqliteDatabase

T = TypeVar("T")

_NOT_FOUND, _ALREADY_EXISTS, _FAILED_PRECONDITION, _ABORTED, _INTERNAL, _UNAVAILABLE = 5, 6, 9, 10, 13, 14
_RETRY_SECONDS = (0.005, 0.05)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 1.0
_LOST = re.compile(
    r"Transaction already open|gone away|Lost connection|max_allowed_packet|Connection was killed|shutdown in progress",
    re.IGNORECASE,
)


class Database(Protocol):
    """What a kind of database has to say and do: ``SqliteDatabase``, ``MysqlDatabase``."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def timeout_seconds(self) -> float: ...
    @property
    def most_losses(self) -> int: ...
    def lock(self) -> AbstractContextManager[None]: ...
    def check_lock(self) -> None: ...
    def suspend(self) -> None: ...
    def prepare(self) -> None: ...
    def check_access(self, *, create: bool, read_only: bool) -> None: ...
    def check(self, *, create: bool, read_only: bool) -> None: ...
    def connect(self, *, read_only: bool) -> tuple[Any, Callable[[], None]]: ...
    def explain(self, message: str) -> tuple[str, str] | None: ...
    def refuse_size(self, size: int) -> None: ...


def database_of(config: ConnectionConfig) -> Database:
    """Returns the database that a configuration names."""
    if config.kind == "sqlite":
        return SqliteDatabase(config.path, config.lock_timeout_seconds)
    return MysqlDatabase(config)


class Connection:
    """A connection that threads may share, and processes too: each side of a fork gets its own.

    What another writer disturbed is repeated while the lock is held. What lost its connection is repeated from its
    start, with the lock taken anew, since the lock may have gone the same way.

    SQLite must not cross a fork: the child's copy believes in locks that only the parent holds, and may remove the
    journal under a living connection; on a server, both would speak at once. So every connection is closed before its
    process forks, and opened again by the next call on either side.
    """

    def __init__(self, database: Database, *, create: bool, read_only: bool) -> None:
        self.database = database
        self._read_only = read_only
        self._handle: Any = None
        self._release: weakref.finalize[[], Connection] | None = None
        self._writing = False
        self._is_closed = False
        self._mutex = threading.RLock()
        with self._mutex:
            with _registry:
                _connections.add(self)
            self._open(create=create and not read_only)

    def _open(self, *, create: bool) -> None:
        if create:
            self.database.prepare()
        self.database.check_access(create=create, read_only=self._read_only)
        with nullcontext() if self._read_only else self.database.lock():
            self.database.check(create=create, read_only=self._read_only)
            self._connect()

    def _connect(self) -> None:
        try:
            self._handle, release = self.database.connect(read_only=self._read_only)
        except RuntimeError as error:
            raise _failure("the metadata store cannot be opened", self.database, str(error)) from error
        self._release = weakref.finalize(self, release)  # a connection that nobody closes ends too
        self._release.atexit = False

    def call(self, request: Any) -> Any:
        """Calls one RPC and returns its response: ``GetArtifactsByIDRequest`` gives ``GetArtifactsByIDResponse``.

        Raises:
            NotFoundError: There is no such thing.
            AlreadyExistsError: There is one already.
            MetadataError: Anything else went wrong.
        """
        with self._mutex:
            if self._writing:
                return self._rpc(request)
            return self._reconnecting(lambda: self._patient(lambda: self._rpc(request)))

    def write(self, operation: Callable[[], T]) -> T:
        """Runs an operation that writes, alone among all processes.

        Args:
            operation: Makes any number of calls; it must come out the same when it is run again from its start.
        """
        with self._mutex:
            if self._writing:
                return operation()
            if self._read_only:
                raise MetadataError(
                    "the metadata store was opened for reading only", input=str(self.database)
                )
            return self._reconnecting(lambda: self._alone(operation))

    def _alone(self, operation: Callable[[], T]) -> T:
        with self.database.lock():
            self._writing = True
            try:
                return self._patient(operation)
            finally:
                self._writing = False

    def close(self) -> None:
        """Closes the connection; no call is possible afterwards."""
        with self._mutex:
            self.suspend()
            self._is_closed = True
        with _registry:
            _connections.discard(self)

    def suspend(self) -> None:
        """Closes the connection until the next call."""
        self._handle = None
        if self._release is not None:
            self._release()
            self._release = None
        self.database.suspend()

    @property
    def mutex(self) -> threading.RLock:
        """The lock of the connection's threads."""
        return self._mutex

    def _patient(self, operation: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.database.timeout_seconds
        while True:
            try:
                return operation()
            except BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(*_RETRY_SECONDS))

    def _reconnecting(self, operation: Callable[[], T]) -> T:
        deadline = time.monotonic() + self.database.timeout_seconds
        losses, pause = 0, 0.0
        while True:
            try:
                return operation()
            except LostError as error:
                self.suspend()
                losses += not isinstance(error, UnreachableError)
                if losses > self.database.most_losses or time.monotonic() > deadline:
                    raise
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(max(pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)

    def _rpc(self, request: Any) -> Any:
        if self._is_closed:
            raise MetadataError("the metadata store is closed", input=str(self.database))
        if self._handle is None:
            self._connect()
        name = type(request).__name__.removesuffix("Request")
        if self._writing and name.startswith("Put"):
            self.database.check_lock()
        data = request.SerializeToString()
        body, message, code = getattr(mlmd.extension, name)(self._handle, data)
        if code:
            error = self._error(name, code, message.decode("utf-8", "replace"))
            if isinstance(error, LostError):
                self.suspend()
                self.database.refuse_size(len(data))
            raise error
        response = getattr(mlmd.service, f"{name}Response")()
        response.ParseFromString(body)
        return response

    def _error(self, name: str, code: int, message: str) -> MetadataError:
        store = str(self.database)
        if code == _NOT_FOUND:
            return NotFoundError("the metadata store has no such entry", input=store, got=_summary(message))
        if code == _ALREADY_EXISTS:
            return AlreadyExistsError(
                "the metadata store has such an entry", input=store, got=_summary(message)
            )
        if code == _ABORTED:
            return BusyError(
                "the metadata store is locked by another program",
                input=store,
                expected=f"access within {self.database.timeout_seconds:g} s",
                hint="close what has the store open, a database browser for instance",
            )
        if code == _UNAVAILABLE or _LOST.search(message) or (code == _INTERNAL and not message):
            return LostError(
                "the connection to the metadata store was lost", input=store, got=_summary(message)
            )
        return _failure(f"the metadata store failed in {name}", self.database, message)


def _failure(what: str, database: Database, message: str) -> MetadataError:
    cause, hint = database.explain(message) or (_summary(message), None)
    return MetadataError(what, input=str(database), got=cause, hint=hint)


def _summary(message: str) -> str:
    """Returns the start of an error's text without the properties of the node, which may be secret."""
    return (
        re.split(r"\s(?:custom_)?properties\b|\n|:\s+CREATE TABLE", message)[0].strip()[:200]
        or "no reason given"
    )


_connections: weakref.WeakSet[Connection] = weakref.WeakSet()
_registry = threading.Lock()
_forking: list[Connection] = []


def _before_fork() -> None:
    _registry.acquire()
    for connection in sorted(_connections, key=id):
        connection.mutex.acquire()
        connection.suspend()
        _forking.append(connection)


def _after_fork() -> None:
    while _forking:
        _forking.pop().mutex.release()
    _registry.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
