# SPDX-License-Identifier: Apache-2.0
"""Our own connection to a MySQL or MariaDB server, and what its errors mean.

The library says of a failed sign-in no more than that it failed, and cannot hold a lock. So everything is asked first
over a connection of PyMySQL's, which also holds the lock.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from penstock.errors import DependencyError, MetadataError
from penstock.metadata.config import PASSWORD_VARIABLE, ConnectionConfig
from penstock.metadata.failures import BusyError, LostError, UnreachableError

if TYPE_CHECKING:
    from pymysql.connections import Connection as Wire

_CONNECT_SECONDS = 10
_READ_MARGIN_SECONDS = 30

_LIBRARY_SIGNS_IN = (
    "the library signs in with mysql_native_password only: "
    "ALTER USER … IDENTIFIED WITH mysql_native_password BY … (MySQL 8 has another default, MySQL 9 none of it)"
)
_GRANTS = "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER ON {database}.* TO the user"
_BUSY = {1205, 1213, 3572}
"""A lock was waited for too long, or two transactions waited for each other."""
_UNREACHABLE = {1040, 1053, 2002, 2003, 2005}
_LOST = {0, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 2006, 2013, 2014, 2055, 4031}
_CAUSES = {
    "command denied": ("the user may not do this", _GRANTS),
    "read-only": ("the server is read-only", "give the address of the primary server, not of a replica"),
    "read_only": ("the server is read-only", "give the address of the primary server, not of a replica"),
    "No space left": ("the server's disk is full", "free space there and run again"),
    "Disk full": ("the server's disk is full", "free space there and run again"),
    "is full": ("a table or the disk of the server is full", "free space there and run again"),
    "Data too long": ("a name or value is too long for its column", "shorten it"),
    "marked as crashed": ("a table is damaged", "repair it, or bring it back from a backup"),
}
"""What the server says: in our words, and what to do."""


def sign_in(config: ConnectionConfig, *, with_database: bool = True) -> Wire:
    """Opens a connection that commits each statement.

    Args:
        config: The server.
        with_database: Whether to use the configuration's database at once.

    Raises:
        DependencyError: The driver is not installed.
        UnreachableError: The server does not answer.
        MetadataError: It does not let us in, or has no such database.
    """
    try:
        import pymysql
        from pymysql.constants import CLIENT
    except ImportError as error:
        raise DependencyError(
            "metadata stores on MySQL and MariaDB need PyMySQL",
            input=str(config),
            got=str(error),
            hint="pip install 'penstock[mysql]'",
        ) from error
    try:
        return pymysql.connect(
            host=address(config),
            port=config.port,
            user=config.username or None,
            password=config.secret(),
            database=config.database if with_database else None,
            charset="utf8mb4",
            autocommit=True,
            ssl_disabled=True,  # as the library: what works here works there; and TLS takes 30 ms to make ready
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=config.lock_timeout_seconds + _READ_MARGIN_SECONDS,
            client_flag=CLIENT.MULTI_STATEMENTS,  # a lock and its time-out go in one round trip
        )
    except pymysql.err.MySQLError as error:
        raise error_of(config, error) from None  # the cause would show how we sign in
    except (
        RuntimeError
    ):  # a way to sign in that wants further packages, and that the library does not know either
        raise _other_sign_in(config) from None


def query(wire: Wire, config: ConnectionConfig, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Runs statements, and returns the rows of the last one that has some.

    Raises:
        MetadataError: The server refuses it; ``LostError`` where the connection is gone.
    """
    import pymysql

    try:
        with wire.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            rows: list[tuple[Any, ...]] = list(cursor.fetchall())
            while cursor.nextset():
                rows = list(cursor.fetchall()) or rows
            return rows
    except pymysql.err.MySQLError as error:
        raise error_of(config, error) from None
    except (OSError, RuntimeError) as error:
        raise LostError(
            "the connection to the metadata store was lost", input=str(config), got=str(error)
        ) from None


def address(config: ConnectionConfig) -> str:
    """Returns the host; the library takes ``localhost`` for a socket file whose place it does not know."""
    return "127.0.0.1" if config.host.lower() == "localhost" else config.host


def error_of(config: ConnectionConfig, error: Exception) -> MetadataError:
    """Returns an error of the driver in our words; without the password, which is in none of the server's."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    text = str(error.args[1] if len(error.args) > 1 else error)
    store = str(config)
    if code == 1045:
        return MetadataError(
            "the server of the metadata store refuses user and password",
            input=store,
            got=text,
            hint=_password_hint(config),
        )
    if code in (1251, 1275, 2059, 3159):
        return _other_sign_in(config)
    if code == 1049:
        return MetadataError(
            "the server has no such database",
            input=store,
            got=text,
            hint=f"run a pipeline first, or have it made: {create_statement(config)}",
        )
    if code in (1044, 1142, 1227):
        return MetadataError(
            "the user may not use the metadata store so",
            input=store,
            got=text,
            hint=_GRANTS.format(database=config.database),
        )
    if code in (1129, 1130):
        return MetadataError(
            "the server of the metadata store does not let this machine in", input=store, got=text
        )
    if code in _UNREACHABLE:
        return UnreachableError(
            "the server of the metadata store does not answer",
            input=store,
            got=text,
            hint="is it running, and are host and port right?"
            if code != 1040
            else "raise its max_connections",
        )
    if code in _BUSY:
        return BusyError("the metadata store is locked by another program", input=store, got=text)
    if code in _LOST:
        return LostError("the connection to the metadata store was lost", input=store, got=text or None)
    cause, hint = explanation(text, config.database) or (text, None)
    return MetadataError(
        "the server of the metadata store refused a statement", input=store, got=cause, hint=hint
    )


def explanation(message: str, database: str) -> tuple[str, str] | None:
    """Returns what a server's message means for the user and what to do, where it is a common one."""
    for text, (cause, hint) in _CAUSES.items():
        if text.lower() in message.lower():
            return cause, hint.format(database=database)
    repeated = re.search(r"mysql_query (?:failed|aborted): errno: (.*), error: \1", message)
    return (repeated[1][:200], "see the server's log") if repeated else None


def library_refused(config: ConnectionConfig, message: str) -> MetadataError:
    """Returns what to say where we could sign in and the library could not."""
    if "mysql_real_connect failed" in message:
        return _other_sign_in(config)
    if any(part in message for part in ("Lost connection", "gone away", "Can't connect")):
        return LostError("the connection to the metadata store was lost", input=str(config))
    if "subset of tables" in message:
        return half_made(config)
    cause, hint = explanation(message, config.database) or (message[:200], None)
    return MetadataError("the metadata store cannot be opened", input=str(config), got=cause, hint=hint)


def half_made(config: ConnectionConfig) -> MetadataError:
    """Returns what to say where the making of the tables did not come to its end."""
    return MetadataError(
        "the database has some of ml-metadata's tables and not all",
        input=str(config),
        hint="if nothing else is in it, remove it and run again, which makes it anew: "
        f"DROP DATABASE {config.database}",
    )


def create_statement(config: ConnectionConfig) -> str:
    """Returns the statement that makes the database so that it tells upper from lower case."""
    return f"CREATE DATABASE {config.database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def _other_sign_in(config: ConnectionConfig) -> MetadataError:
    return MetadataError(
        "ml-metadata cannot sign in to the server",
        input=str(config),
        expected="a user with mysql_native_password, on a connection without TLS",
        hint=_LIBRARY_SIGNS_IN,
    )


def _password_hint(config: ConnectionConfig) -> str:
    variable = config.password_variable
    if variable is None:
        return "check both"
    if variable == PASSWORD_VARIABLE:
        return f"the password is taken from the environment variable {variable}; set it, in every process"
    return f"the password is what the environment variable {variable} holds; check it"
