# SPDX-License-Identifier: Apache-2.0
"""Reads the rows that queries give as record batches of a few megabytes, however many there are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError, PenstockError, UsageError
from penstock.inference.databases.adbc import check_adbc, connect_adbc
from penstock.inference.databases.connecting import is_database_error, open_engine, with_retries
from penstock.inference.databases.failures import TEMPORARY, database_error, meaning
from penstock.inference.databases.url import shown

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, CursorResult

NamedQuery = tuple[str, str]
"""What a query is called in errors, and the query."""

_FIRST_ROWS = 1_024
_MOST_ROWS = 16_384
_BATCH_BYTES = 8 * 2**20
_PLAIN = (bool, int, float, str, bytes, date, datetime, time, timedelta)
_SNAPSHOTS = ("postgresql", "mysql", "mariadb")
_JSON_OF_POSTGRESQL = (114, 3802)
"""Type numbers of json and jsonb; psycopg gives values of these as Python's, which may be lists that are no arrays."""


def read_rows(url: URL, queries: Sequence[NamedQuery]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yields the rows of queries, one query after the other, through SQLAlchemy.

    Columns are of the Arrow types that their values have: integers int64, floats and decimals float64, moments with a
    time zone timestamps in UTC, arrays lists, JSON and types of the database's own text. One without a value in a
    batch is of type null there. Where there are several queries, all see the same state of the database if it has
    snapshots. Nothing is committed.

    Args:
        url: The database.
        queries: The queries, each with a name that goes with its batches.

    Raises:
        StorageError: The database cannot be reached, refuses, or goes away.
        UsageError: A query is wrong, or gives no rows by its nature.
        DataError: A column mixes values that have no type in common.
    """
    _check_file(url)
    engine = open_engine(url)
    level = "REPEATABLE READ" if len(queries) > 1 and url.get_backend_name() in _SNAPSHOTS else None
    connected = partial(_connected, engine, level)
    with with_retries(connected, action="connect to the database", url=url) as connection:
        try:
            for name, query in queries:
                with _said(f"read {name}", url):
                    result = connection.exec_driver_sql(_statement(query))
                    for batch in _batches(result, name, url):
                        yield name, batch
        except BaseException:
            connection.invalidate()  # closing it in good order would first read all rows that are left
            raise


def read_rows_by_adbc(url: URL, queries: Sequence[NamedQuery]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yields the rows of queries as :func:`read_rows` does, as the record batches that ADBC's driver makes.

    Raises:
        ParameterError: ADBC does not serve that database.
        DependencyError: The driver is not installed.
        StorageError: The database cannot be reached, refuses, or goes away.
        UsageError: A query is wrong.
    """
    check_adbc(url)
    _check_file(url)
    with (
        closing(
            with_retries(lambda: connect_adbc(url), action="connect to the database", url=url)
        ) as connection,
        closing(connection.cursor()) as cursor,
    ):
        for name, query in queries:
            with _said(f"read {name}", url):
                cursor.execute(_statement(query))
                for batch in cursor.fetch_record_batch():
                    yield name, _with_numbers(batch)


def _connected(engine: Any, isolation_level: str | None) -> Connection:
    options: dict[str, Any] = {
        # A cursor of the server's, where there is one; and '%' in a query is a '%'.
        "stream_results": True,
        "max_row_buffer": _MOST_ROWS,
        "no_parameters": True,
    }
    if isolation_level is not None:
        options["isolation_level"] = isolation_level
    connection: Connection = engine.connect().execution_options(**options)
    return connection


def _statement(query: str) -> str:
    return query.strip().rstrip(";").rstrip()


def _check_file(url: URL) -> None:
    """Refuses a SQLite database that is not there, which reading would make."""
    name = url.database or ""
    if url.get_backend_name() != "sqlite" or name in ("", ":memory:") or name.startswith("file:"):
        return
    if not os.path.isfile(name):
        raise DataError(
            f"there is no database file {name}",
            input=shown(url),
            expected="a file of SQLite",
            hint="a relative path starts at the project's root",
        )


@contextmanager
def _said(action: str, url: URL) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, PenstockError) or not is_database_error(error):
            raise
        failure = database_error(error, action, url)
        if meaning(error) in TEMPORARY:
            failure.hint = f"{failure.hint}; with_retries(…) lets a node try again by itself"
        raise failure from error


def _batches(result: CursorResult[Any], name: str, url: URL) -> Iterator[pa.RecordBatch]:
    if not result.returns_rows:
        raise UsageError(
            f"{name} gives no rows by its nature",
            input=shown(url),
            expected="a query such as SELECT * FROM trips",
        )
    names = list(result.keys())
    json_columns = _json_columns(result, url)
    size = _FIRST_ROWS
    while rows := result.fetchmany(size):
        columns = [
            _array(column, list(values), place in json_columns)
            for place, (column, values) in enumerate(zip(names, zip(*rows, strict=True), strict=True))
        ]
        batch = pa.RecordBatch.from_arrays(columns, names)
        yield batch
        size = max(1, min(_MOST_ROWS, len(rows) * _BATCH_BYTES // max(1, batch.nbytes)))


def _json_columns(result: CursorResult[Any], url: URL) -> frozenset[int]:
    described = getattr(result.cursor, "description", None)
    if url.get_backend_name() != "postgresql" or described is None:
        return frozenset()
    return frozenset(place for place, column in enumerate(described) if column[1] in _JSON_OF_POSTGRESQL)


def _array(name: str, values: list[Any], is_json: bool) -> pa.Array:
    if is_json:
        return pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False) for v in values], pa.string()
        )
    first = next((value for value in values if value is not None), None)
    type_ = None
    if isinstance(first, list):
        element = next((v for value in values if value for v in value if v is not None), None)
        values = [None if value is None else [_plain(v, element) for v in value] for value in values]
    else:
        values = [_plain(value, first) for value in values]
        if isinstance(first, datetime) and first.tzinfo is not None:
            type_ = pa.timestamp("us", "UTC")
    try:
        return pa.array(values, type_)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise DataError(
            f"column {name!r} has values that have no type in common, or that no number of 64 bits holds",
            input=name,
            got=str(error),
            hint="give it one type in the query with CAST",
        ) from error


def _plain(value: Any, first: Any) -> Any:
    """Returns a value as Arrow takes it, where the column's first value is of a kind that Arrow does not."""
    if value is None or isinstance(first, _PLAIN):
        return value
    if isinstance(first, Decimal):
        return float(value)
    if isinstance(first, (memoryview, bytearray)):
        return bytes(value)
    return str(value)


def _with_numbers(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Turns PostgreSQL's decimals, which its ADBC driver gives as text, into numbers."""
    columns = [
        pc.cast(column, pa.float64()) if _is_decimal_text(field) else column
        for field, column in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _is_decimal_text(field: pa.Field) -> bool:
    return (field.metadata or {}).get(b"ADBC:postgresql:typname") == b"numeric"
