# SPDX-License-Identifier: Apache-2.0
"""Delivers rows through ADBC: record batches go to the database as they are, without Python values in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from penstock.inference.databases.adbc import check_adbc, connect_adbc
from penstock.inference.databases.connecting import open_engine
from penstock.inference.sinks.plain_values import (
    decoded,
    finite_doubles,
    is_nested,
    nested_texts,
    plain_texts,
)
from penstock.inference.sinks.result_rows import ResultRows
from penstock.inference.sinks.sql import tokens
from penstock.inference.sinks.sql.bind import values_for
from penstock.inference.sinks.sql.loading import numbered
from penstock.inference.sinks.sql.merging import STAGING, Merge, Merged, add, merge
from penstock.inference.sinks.sql.rows import with_keys
from penstock.inference.sinks.sql.table import Target, prepared, quoted

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect


class AdbcDelivery:
    """One delivery through ADBC, as often as it is tried.

    The table is made beforehand in a transaction of its own; the rows come in one of ADBC's.

    Args:
        rows: The rows.
        table: The table.
        key: Columns that tell rows apart; none where rows are only added.
        run_token: What tells this delivery from others.
        url: The database.
    """

    def __init__(self, rows: ResultRows, table: str, key: tuple[str, ...], run_token: str, url: URL) -> None:
        check_adbc(url)
        self._rows = rows
        self._table = table
        self._key = key
        self._run_token = run_token
        self._url = url

    def run(self) -> Merged | None:
        """Does all in one transaction; ``None`` where an earlier one has done it."""
        engine = open_engine(self._url)
        with engine.begin() as connection:
            target = prepared(connection, self._table, self._rows.schema, self._key)
            if not self._key:
                tokens.make_table(connection, self._table)
        with closing(connect_adbc(self._url)) as connection, closing(connection.cursor()) as cursor:
            merged = self._write(cursor, target, engine.dialect)
            connection.commit()
        return merged

    def _write(self, cursor: Any, target: Target, dialect: Dialect) -> Merged | None:
        session = _Statements(cursor, dialect)
        if not self._key and not self._is_new(session, dialect):
            return None
        source = numbered(plain_batches(with_keys(self._rows.batches(), self._key), dialect.name))
        first = next(source, None)
        if first is None:
            return Merged(0, 0)
        reader = pa.RecordBatchReader.from_batches(first.schema, _chained(first, source))
        cursor.adbc_ingest(STAGING, reader, mode="create", temporary=True)
        casts = {} if dialect.name == "sqlite" else _casts(target, dialect)
        what = Merge(dialect.name, target.name, target.columns, target.key, target.key_is_unique, casts)
        if self._key:
            return merge(session, what, self._rows.rows)
        add(session, what)
        return Merged(0, 0)

    def _is_new(self, session: _Statements, dialect: Dialect) -> bool:
        found, noted = tokens.statements(self._table, self._run_token, self._rows.rows, dialect)
        if session.number(found):
            return False
        session.execute(noted)
        return True


def plain_batches(batches: Iterator[pa.RecordBatch], dialect: str) -> Iterator[pa.RecordBatch]:
    """Yields batches with columns of types that ADBC's drivers take; the others as text."""
    for batch in batches:
        columns = [_plain(column, dialect) for column in batch.columns]
        yield pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _plain(column: pa.Array, dialect: str) -> pa.Array:
    column, types = decoded(column), pa.types
    type_ = column.type
    if types.is_floating(type_):
        return finite_doubles(column)
    if is_nested(type_):
        return nested_texts(column)
    if types.is_boolean(type_) and dialect == "sqlite":
        return pc.cast(column, pa.int64())
    if types.is_integer(type_) and not types.is_uint64(type_):
        return pc.cast(column, pa.int64())
    if types.is_timestamp(type_) and dialect != "sqlite":
        return pc.cast(column, pa.timestamp("us", "UTC" if type_.tz else None), safe=False)
    if types.is_time(type_) or (dialect == "sqlite" and (types.is_timestamp(type_) or types.is_date(type_))):
        return pa.array(values_for(column, "sqlite"), pa.string())
    if types.is_decimal(type_) or types.is_uint64(type_):
        return plain_texts(column)
    if types.is_null(type_):
        return pc.cast(column, pa.string())
    return column


def _chained(first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from others


def _casts(target: Target, dialect: Dialect) -> dict[str, str]:
    return {name: target.table.c[name].type.compile(dialect=dialect) for name in target.columns}


class _Statements:
    """Runs statements on a cursor of ADBC."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def execute(self, statement: str) -> None:
        # A query is not run before its result is asked for.
        self._cursor.execute(statement)
        self._cursor.fetchall()

    def number(self, statement: str) -> int:
        self._cursor.execute(statement)
        return int(self._cursor.fetchone()[0])

    def quote(self, name: str) -> str:
        return quoted(self._dialect, name)
