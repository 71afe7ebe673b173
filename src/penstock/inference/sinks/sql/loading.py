# SPDX-License-Identifier: Apache-2.0
"""Brings rows into a table as fast as a driver can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import insert

from penstock.inference.sinks.sql.bind import copy_text, objects_for, values_for
from penstock.inference.sinks.sql.table import quoted

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

ROW_NUMBER = "penstock_row"
"""Column of the rows' numbers, by which the last of several rows with one key is known."""


def load(connection: Connection, name: str, columns: Sequence[str], batches: Iterator[pa.RecordBatch]) -> int:
    """Adds rows to a table of PostgreSQL (psycopg), SQLite, MySQL or MariaDB.

    Args:
        connection: A connection with a transaction.
        name: The table, quoted.
        columns: Its columns, in the order of the batches'.
        batches: The rows.

    Returns:
        How many there were.
    """
    names = ", ".join(quoted(connection.dialect, column) for column in columns)
    if connection.dialect.driver == "psycopg":
        return _copy(connection, f"COPY {name} ({names}) FROM STDIN (FORMAT csv)", batches)
    placeholder = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    if placeholder == "%s":
        name, names = name.replace("%", "%%"), names.replace("%", "%%")
    values = ", ".join([placeholder] * len(columns))
    rows = 0
    for batch in batches:
        tuples = _tuples(batch, connection.dialect.name)
        connection.exec_driver_sql(f"INSERT INTO {name} ({names}) VALUES ({values})", tuples)
        rows += batch.num_rows
    return rows


def load_plainly(connection: Connection, table: Table, batches: Iterator[pa.RecordBatch]) -> int:
    """Adds rows to a table of any database through SQLAlchemy's own types; slower than :func:`load`."""
    rows = 0
    for batch in batches:
        connection.execute(insert(table), dictionaries(batch, connection.dialect.name))
        rows += batch.num_rows
    return rows


def dictionaries(batch: pa.RecordBatch, dialect: str) -> list[dict[str, Any]]:
    """Returns rows as dictionaries for SQLAlchemy."""
    columns = [objects_for(column, dialect) for column in batch.columns]
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yields batches with the rows' numbers as last column."""
    start = 0
    for batch in batches:
        numbers = pa.array(range(start, start + batch.num_rows), pa.int64())
        yield pa.RecordBatch.from_arrays([*batch.columns, numbers], [*batch.schema.names, ROW_NUMBER])
        start += batch.num_rows


def _copy(connection: Connection, statement: str, batches: Iterator[pa.RecordBatch]) -> int:
    rows = 0
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in batches:
            copy.write(copy_text(batch))
            rows += batch.num_rows
    return rows


def _tuples(batch: pa.RecordBatch, dialect: str) -> list[tuple[Any, ...]]:
    return list(zip(*(values_for(column, dialect) for column in batch.columns), strict=True))
