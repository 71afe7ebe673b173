# SPDX-License-Identifier: Apache-2.0
"""Remembers in the database itself which deliveries it has had, so that rows without a key are not added twice."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from penstock.inference.databases.connecting import TryAgainError
from penstock.inference.sinks.sql.table import create

if TYPE_CHECKING:
    from sqlalchemy import Insert, Select
    from sqlalchemy.engine import Connection, Dialect

TABLE = "penstock_deliveries"
"""Name of the table; it stands in the schema of the table that takes the rows."""

_LENGTH = 64


def remembered(schema: str | None) -> Table:
    """Returns the definition of the table."""
    return Table(
        TABLE,
        MetaData(),
        Column("delivery", String(_LENGTH), primary_key=True),
        Column("table_name", String(255), nullable=False),
        Column("row_count", BigInteger, nullable=False),
        Column("delivered_at", String(40), nullable=False),
        schema=schema,
    )


def digest(table: str, run_token: str) -> str:
    """Returns what a delivery to a table is remembered by."""
    return hashlib.sha256(f"{table}\0{run_token}".encode()).hexdigest()[:_LENGTH]


def make_table(connection: Connection, table: str) -> Table:
    """Makes the table beside the one that takes the rows, where it is missing, and returns its definition."""
    schema = table.rpartition(".")[0] or None
    known = remembered(schema)
    if not inspect(connection).has_table(TABLE, schema=schema):
        create(connection, known)
    return known


def begin(connection: Connection, table: str, run_token: str, rows: int) -> bool:
    """Notes a delivery in the transaction that adds its rows.

    Returns:
        False where it was noted before; nothing is to be added then.

    Raises:
        TryAgainError: Another process notes it just now.
    """
    known = make_table(connection, table)
    if connection.scalar(_found(known, table, run_token)):
        return False
    try:
        connection.execute(_noted(known, table, run_token, rows))
    except IntegrityError as error:
        raise TryAgainError("another process delivers the same rows", input=table) from error
    return True


def statements(table: str, run_token: str, rows: int, dialect: Dialect) -> tuple[str, str]:
    """Returns what :func:`begin` runs as text: a count of notes, and the statement that notes the delivery."""
    known = remembered(table.rpartition(".")[0] or None)
    literal = {"literal_binds": True}
    found, noted = _found(known, table, run_token), _noted(known, table, run_token, rows)
    return tuple(str(part.compile(dialect=dialect, compile_kwargs=literal)) for part in (found, noted))  # type: ignore[return-value]  # two


def _found(known: Table, table: str, run_token: str) -> Select[Any]:
    return select(func.count()).select_from(known).where(known.c.delivery == digest(table, run_token))


def _noted(known: Table, table: str, run_token: str, rows: int) -> Insert:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    delivery = digest(table, run_token)
    return insert(known).values(delivery=delivery, table_name=table, row_count=rows, delivered_at=now)
