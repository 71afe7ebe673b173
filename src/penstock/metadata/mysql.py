# SPDX-License-Identifier: Apache-2.0
"""A MySQL or MariaDB server as the database of the metadata store, for several machines.

Writers queue at a lock of the server's (``GET_LOCK``), first come, first served: without it the library's transactions
deadlock, and what takes several calls, such as the list of open runs, could be overwritten. The lock belongs to a
connection of ours and ends with it, so also with a process that is killed; of a machine that vanished the server ends
it after a while. Before each write we ask whether we still have it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from penstock.errors import MetadataError
from penstock.metadata import mlmd
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.dialect import MYSQL, Dialect
from penstock.metadata.failures import LostError, check_schema_version
from penstock.metadata.mysql_session import (
    address,
    create_statement,
    explanation,
    half_made,
    library_refused,
    query,
    sign_in,
)

if TYPE_CHECKING:
    from pymysql.connections import Connection as Wire

_OLDEST = {"MySQL": (5, 7), "MariaDB": (10, 2)}
_SILENT_HOLDER_SECONDS = 30
"""After how long the server takes the lock from a holder that says nothing: its machine is gone."""
_LONGEST_LOCK_NAME = 64
_CHARACTER_SETS = ("utf8mb4", "utf8mb3", "utf8", "latin1", "binary")
_TABLES = (
    *(
        "artifact",
        "artifactproperty",
        "association",
        "attribution",
        "context",
        "contextproperty",
        "event",
        "eventpath",
    ),
    *("execution", "executionproperty", "mlmdenv", "parentcontext", "parenttype", "type", "typeproperty"),
)
_RIGHTS = (
    "INSERT INTO Association (context_id, execution_id) SELECT 1, 1 FROM Association WHERE FALSE",
    "UPDATE Context SET name = name WHERE FALSE",
    "DELETE FROM EventPath WHERE FALSE",
)
"""Statements that change nothing and fail where the user may not write."""


class MysqlDatabase:
    """One database of a server."""

    def __init__(self, config: ConnectionConfig) -> None:
        self._config = config
        self._wire: Wire | None = None
        self._largest_packet = 0

    @property
    def dialect(self) -> Dialect:
        """What the database can hold."""
        return MYSQL

    @property
    def timeout_seconds(self) -> float:
        """How long to wait for other processes, and for a server that starts again."""
        return self._config.lock_timeout_seconds

    @property
    def most_losses(self) -> int:
        """How often in one call the connection may be lost while the server answers, before the call fails."""
        return 5

    def __str__(self) -> str:
        return str(self._config)

    # ---------------------------------------------------------------------------------------------------------- lock

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the lock that every writer takes.

        Raises:
            LostError: The server is gone.
            MetadataError: Another process holds the lock for too long.
        """
        self._take()
        try:
            yield
        finally:
            # What was written is written; a connection that is lost has lost the lock too.
            with suppress(MetadataError):
                self._give_back()

    def check_lock(self) -> None:
        """Finds out whether the lock is still ours: the server may have restarted, or this machine slept.

        Raises:
            LostError: It is not.
        """
        rows = self._ask("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", self._lock_name) if self._wire else []
        if not rows or rows[0][0] != 1:
            raise LostError(
                "the lock of the metadata store was lost",
                input=str(self),
                got="the server ended our connection",
            )

    def suspend(self) -> None:
        """Closes our connection until it is wanted again."""
        wire, self._wire = self._wire, None
        if wire is not None:
            with suppress(
                Exception
            ):  # it may be closed at the other end, in ways that the driver does not foresee
                wire.close()

    @property
    def _lock_name(self) -> str:
        # Locks have one name space on the server. Databases that share a cut name only wait for each other.
        return f"penstock.{self._config.database.lower()}"[:_LONGEST_LOCK_NAME]

    def _take(self) -> None:
        try:
            taken = self._get_lock()
        except LostError:  # idle for too long, most likely
            self.suspend()
            taken = self._get_lock()
        if not taken:
            raise MetadataError(
                "the metadata store is locked by another process",
                input=str(self),
                expected=f"the lock within {self.timeout_seconds:g} s",
                got=self._holder(),
                hint="wait for that process, or end it; the lock goes with it",
            )

    def _get_lock(self) -> bool:
        rows = self._ask(
            f"SET SESSION wait_timeout = {_SILENT_HOLDER_SECONDS}; SELECT GET_LOCK(%s, %s)",
            self._lock_name,
            math.ceil(self.timeout_seconds),  # MySQL takes whole seconds
        )
        if rows[0][0] is None:
            raise LostError("the server ended the wait for the lock of the metadata store", input=str(self))
        return bool(rows[0][0])

    def _give_back(self) -> None:
        if self._wire is not None:
            self._ask("DO RELEASE_LOCK(%s); SET SESSION wait_timeout = DEFAULT", self._lock_name)

    def _holder(self) -> str:
        rows = self._ask(
            "SELECT user, host FROM information_schema.processlist WHERE id = IS_USED_LOCK(%s)",
            self._lock_name,
        )
        return f"held by {rows[0][0]} at {rows[0][1]}" if rows else "still held"

    def _ask(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        if self._wire is None:
            self._wire = sign_in(self._config)
        try:
            return query(self._wire, self._config, statement, *arguments)
        except LostError:
            self.suspend()
            raise

    # ------------------------------------------------------------------------------------------------------- opening

    def prepare(self) -> None:
        """Makes the database where there is none.

        Raises:
            MetadataError: It cannot be made.
        """
        wire = sign_in(self._config, with_database=False)
        try:
            name = "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s"
            if not query(wire, self._config, name, self._config.database):
                statement = create_statement(self._config).replace("DATABASE", "DATABASE IF NOT EXISTS", 1)
                query(wire, self._config, statement)
        finally:
            wire.close()

    def check_access(self, *, create: bool, read_only: bool) -> None:
        """Signs in and finds out whether the server is one that the library can use.

        Raises:
            MetadataError: It is not, for the reason that the message gives.
        """
        del create, read_only
        ((version, packet),) = self._ask("SELECT VERSION(), @@max_allowed_packet")
        self._largest_packet = int(packet)
        check_version(str(version), str(self))

    def check(self, *, create: bool, read_only: bool) -> None:
        """Finds out whether the library can use what is in the database.

        Raises:
            MetadataError: It cannot, for the reason that the message gives.
        """
        tables = self._tables()
        if not tables:
            self._check_empty(create=create, read_only=read_only)
            return
        if len(tables) < len(_TABLES):
            raise half_made(self._config)
        for engine, collation in tables.values():
            self._check_table(engine, collation)
        rows = self._ask("SELECT schema_version FROM MLMDEnv")
        check_schema_version(int(rows[0][0]) if rows else 0, str(self))
        if not read_only:
            self._ask("; ".join(_RIGHTS))

    def connect(self, *, read_only: bool) -> tuple[Any, Callable[[], None]]:
        """Opens the database with the library.

        Returns:
            The library's handle, which closes when it is deleted, and what to call after that.
        """
        self._ask("DO 1")  # the library says nothing of why a server does not let it in
        config = mlmd.pb.ConnectionConfig()
        server = config.mysql
        server.host, server.port = address(self._config), self._config.port
        server.user, server.password = self._config.username, self._config.secret()
        server.database, server.skip_db_creation = self._config.database, True
        options = mlmd.pb.MigrationOptions().SerializeToString()
        try:
            handle = mlmd.extension.CreateMetadataStore(config.SerializeToString(), options)
        except RuntimeError as error:
            raise library_refused(self._config, str(error)) from None
        if read_only:
            self.suspend()
        return handle, lambda: None

    def _tables(self) -> dict[str, tuple[str, str]]:
        """Returns engine and collation of those of the library's tables that are there."""
        rows = self._ask(
            "SELECT LOWER(table_name), engine, table_collation FROM information_schema.tables "
            "WHERE table_schema = %s",  # DATABASE() would have the server look at those of all databases
            self._config.database,
        )
        return {name: (str(engine), str(collation)) for name, engine, collation in rows if name in _TABLES}

    def _check_empty(self, *, create: bool, read_only: bool) -> None:
        if read_only or not create:
            raise MetadataError(
                "there is no metadata store",
                input=str(self),
                got="a database without tables of ml-metadata",
                hint="run a pipeline first, or give another database",
            )
        ((engine, collation),) = self._ask("SELECT @@default_storage_engine, @@collation_database")
        self._check_table(str(engine), str(collation))

    def _check_table(self, engine: str, collation: str) -> None:
        if engine.lower() != "innodb":
            raise MetadataError(
                "the tables of the metadata store need transactions",
                input=str(self),
                expected="InnoDB",
                got=engine,
                hint="set default_storage_engine=InnoDB on the server, and use a new database",
            )
        if collation.partition("_")[0] not in _CHARACTER_SETS:
            raise MetadataError(
                "the character set of the database would lose text",
                input=str(self),
                expected=", ".join(_CHARACTER_SETS[:2]) + " or latin1",
                got=collation,
                hint=f"use a database made by: {create_statement(self._config)}",
            )

    # --------------------------------------------------------------------------------------------------------- errors

    def explain(self, message: str) -> tuple[str, str] | None:
        """Returns what a server's message means for the user and what to do, where it is a common one."""
        return explanation(message, self._config.database)

    def refuse_size(self, size: int) -> None:
        """Refuses a request that the server can never take: it ends the connection instead of saying so.

        Raises:
            MetadataError: The request has about the size of what it takes, or more.
        """
        if self._largest_packet and size > self._largest_packet // 2:
            raise MetadataError(
                "a record is too large for the server of the metadata store",
                input=str(self),
                expected=f"less than {self._largest_packet / 1e6:.0f} MB, its max_allowed_packet",
                got=f"{size / 1e6:.0f} MB",
                hint="keep large values in files of an artifact",
            )


def check_version(version: str, store: str) -> None:
    """Refuses servers that the library's tables do not work on.

    Raises:
        MetadataError: The server is older.
    """
    product = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    # MariaDB behind some proxies and replicas says 5.5.5- first, for old clients.
    found = re.match(r"(?:5\.5\.5-(?=\d+\.))?(\d+)\.(\d+)", version)
    oldest = _OLDEST[product]
    if found is not None and (int(found[1]), int(found[2])) < oldest:
        raise MetadataError(
            "the server of the metadata store is too old",
            input=store,
            expected=f"{product} {oldest[0]}.{oldest[1]} or newer",
            got=version,
        )
