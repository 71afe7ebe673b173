# SPDX-License-Identifier: Apache-2.0
"""Delivers rows to a table of a database: all of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import and_, bindparam, delete, text

from penstock.errors import ParameterError
from penstock.inference.databases.connecting import open_engine, with_retries
from penstock.inference.databases.url import database_url, shown
from penstock.inference.sinks.report import SinkReport
from penstock.inference.sinks.result_rows import ResultRows
from penstock.inference.sinks.sql import tokens
from penstock.inference.sinks.sql.loading import ROW_NUMBER, dictionaries, load, load_plainly, numbered
from penstock.inference.sinks.sql.merging import STAGING, Merge, Merged, merge
from penstock.inference.sinks.sql.rows import with_keys
from penstock.inference.sinks.sql.table import Target, prepared, quoted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

_FAST_DRIVERS = frozenset({"pysqlite", "psycopg", "pymysql", "mysqldb"})
"""Drivers that rows are brought to as tuples, and whose databases merge them from a temporary table."""

_NOT_MERGED = Merged(0, 0)
_MYSQL = ("mysql", "mariadb")


def deliver_rows(
    rows: ResultRows,
    url_text: str,
    table: str,
    key: Sequence[str],
    options: Mapping[str, Any],
    *,
    project_root: str,
    run_token: str,
    component: str | None = None,
) -> SinkReport:
    """Writes rows to a table, all of them or none.

    A row whose key the table has replaces that row. Without a key the rows are added, once for each ``run_token``.

    Args:
        rows: The rows.
        url_text: The database, as the user has written it.
        table: The table; it is made where it is missing.
        key: Columns that tell rows apart.
        options: All options of a database.
        project_root: Folder of the project.
        run_token: What tells this delivery from others, the same when it is tried again.
        component: Node that the work is for.

    Raises:
        DataError: The table does not take the rows, or a key has no value.
        StorageError: The database cannot be reached, refuses, or was lost again and again.
    """
    url = database_url(url_text, project_root)
    run: Callable[[], Merged | None]
    if options["driver"] == "adbc":
        from penstock.inference.sinks.sql.adbc import AdbcDelivery

        run = AdbcDelivery(rows, table, tuple(key), run_token, url).run
    else:
        run = _Delivery(rows, table, tuple(key), run_token, open_engine(url)).run
    action = f"write to table {table}"
    merged = with_retries(run, action=action, url=url, attempts=options["attempts"], component=component)
    done = merged or _NOT_MERGED
    return SinkReport(
        f"{shown(url)} table {table}",
        rows.rows,
        duplicates=done.duplicates,
        replaced=done.replaced if key else 0,
        repeated=merged is None,
    )


class _Delivery:
    """One delivery, as often as it is tried."""

    def __init__(
        self, rows: ResultRows, table: str, key: tuple[str, ...], run_token: str, engine: Engine
    ) -> None:
        self._rows = rows
        self._table = table
        self._key = key
        self._run_token = run_token
        self._engine = engine

    def run(self) -> Merged | None:
        """Does all in one transaction; ``None`` where an earlier one has done it."""
        with self._engine.begin() as connection:
            return self._write(connection)

    def _write(self, connection: Connection) -> Merged | None:
        target = prepared(connection, self._table, self._rows.schema, self._key)
        if not self._key and not tokens.begin(connection, self._table, self._run_token, self._rows.rows):
            return None
        is_fast = connection.dialect.driver in _FAST_DRIVERS
        batches = with_keys(self._rows.batches(), self._key)
        if not self._key:
            if is_fast:
                load(connection, target.name, target.columns, batches)
            else:
                load_plainly(connection, target.table, batches)
            return _NOT_MERGED
        return _merged(connection, target, batches) if is_fast else _replaced(connection, target, batches)


class _Statements:
    """Runs statements on a connection of SQLAlchemy."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str) -> None:
        self._connection.execute(self._text(statement))

    def number(self, statement: str) -> int:
        return int(self._connection.execute(self._text(statement)).scalar_one())

    def quote(self, name: str) -> str:
        return quoted(self._connection.dialect, name)

    def _text(self, statement: str) -> Any:
        # A colon in a column's name is no parameter.
        return text(statement.replace(":", r"\:"))


def _merged(connection: Connection, target: Target, batches: Iterator[pa.RecordBatch]) -> Merged:
    session = _Statements(connection)
    names = ", ".join(session.quote(name) for name in target.columns)
    session.execute(
        f"CREATE TEMPORARY TABLE {STAGING} AS SELECT {names}, 0 AS {ROW_NUMBER} FROM {target.name} WHERE 1 = 0"
    )
    rows = load(connection, STAGING, (*target.columns, ROW_NUMBER), numbered(batches))
    what = Merge(connection.dialect.name, target.name, target.columns, target.key, target.key_is_unique)
    done = merge(session, what, rows)
    session.execute(
        f"DROP TABLE {STAGING}" if what.dialect not in _MYSQL else f"DROP TEMPORARY TABLE {STAGING}"
    )
    return done


def _replaced(connection: Connection, target: Target, batches: Iterator[pa.RecordBatch]) -> Merged:
    """Deletes what has the rows' keys and adds the rows, batch by batch: what any database can."""
    table = target.table
    matches = [table.c[name] == bindparam(f"key_{index}") for index, name in enumerate(target.key)]
    deletion = delete(table).where(and_(*matches))
    for batch in batches:
        rows = dictionaries(batch, connection.dialect.name)
        last = {tuple(row[name] for name in target.key): row for row in rows}
        connection.execute(deletion, [{f"key_{i}": value for i, value in enumerate(found)} for found in last])
        connection.execute(table.insert(), list(last.values()))
    return Merged(None, None)


def check_database(url_text: str, table: str | None, project_root: str, options: Mapping[str, Any]) -> None:
    """Refuses what can be refused before anything is connected.

    Raises:
        ParameterError: There is no table, the URL cannot be read, or a variable in it is not set.
        DependencyError: SQLAlchemy or the driver is not installed.
    """
    if not table:
        raise ParameterError("a sink with a url needs a table", hint="add table: name")
    url = database_url(url_text, project_root)
    open_engine(url).dispose()
    if options["driver"] == "adbc":
        from penstock.inference.databases.adbc import check_adbc

        check_adbc(url)
