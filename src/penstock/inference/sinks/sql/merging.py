# SPDX-License-Identifier: Apache-2.0
"""Brings rows from a temporary table into the one that is to have them, by key, in one transaction.

The statements are those of SQLite, PostgreSQL, MySQL and MariaDB. Each refers to the temporary table once, because
MySQL can open it only once in a statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from penstock.inference.sinks.sql.loading import ROW_NUMBER

STAGING = "penstock_rows"
"""Name of the temporary table."""


class Session(Protocol):
    """What runs statements of one transaction."""

    def execute(self, statement: str) -> None:
        """Runs a statement."""

    def number(self, statement: str) -> int:
        """Runs a statement and returns the number that it asks for."""

    def quote(self, name: str) -> str:
        """Returns a column's name as statements have it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What is merged into which table.

    Attributes:
        dialect: Name of the database as SQLAlchemy says it.
        table: The table, quoted.
        columns: Columns of the rows.
        key: Columns that tell rows apart.
        key_is_unique: Whether the table itself keeps the key from occurring twice.
        casts: Types that values of the temporary table are cast to, by column.
    """

    dialect: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    key_is_unique: bool
    casts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging came to; ``None`` for what is not known.

    Attributes:
        duplicates: Rows whose key a later row has.
        replaced: Rows that took the place of one in the table.
    """

    duplicates: int | None
    replaced: int | None


def merge(session: Session, what: Merge, rows: int) -> Merged:
    """Writes the rows of the temporary table: the last one of each key, instead of what the table has under it."""
    quote = session.quote
    keys = ", ".join(quote(name) for name in what.key)
    # Of one column MariaDB counts faster in the first form, which not all have for several columns.
    of_one = f"SELECT COUNT(DISTINCT {keys}) FROM {STAGING}"
    of_several = f"SELECT COUNT(*) FROM (SELECT DISTINCT {keys} FROM {STAGING}) AS penstock_keys"
    distinct = session.number(of_one if len(what.key) == 1 else of_several)
    latest = STAGING if distinct == rows else _latest(session, what)
    same = " AND ".join(f"t.{quote(name)} = {_cast(session, what, name, 's')}" for name in what.key)
    found = f"SELECT 1 FROM {what.table} AS t WHERE {same}"
    replaced = session.number(f"SELECT COUNT(*) FROM {latest} AS s WHERE EXISTS ({found})")
    if replaced and not what.key_is_unique:
        session.execute(_deletion(what, same))
    session.execute(_insertion(session, what, latest))
    return Merged(rows - distinct, replaced)


def add(session: Session, what: Merge) -> None:
    """Writes the rows of the temporary table in addition to what the table has."""
    session.execute(_insertion(session, what, STAGING))


def _cast(session: Session, what: Merge, name: str, alias: str) -> str:
    quoted = f"{alias}.{session.quote(name)}"
    return f"CAST({quoted} AS {what.casts[name]})" if name in what.casts else quoted


def _latest(session: Session, what: Merge) -> str:
    names = ", ".join(session.quote(name) for name in what.columns)
    keys = ", ".join(session.quote(name) for name in what.key)
    number = session.quote(ROW_NUMBER)
    ranked = (
        f"SELECT {names}, ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {number} DESC) AS penstock_rank "
        f"FROM {STAGING}"
    )
    return f"(SELECT {names} FROM ({ranked}) AS penstock_ranked WHERE penstock_rank = 1)"


def _deletion(what: Merge, same: str) -> str:
    if what.dialect in ("mysql", "mariadb"):
        return f"DELETE t FROM {what.table} AS t WHERE EXISTS (SELECT 1 FROM {STAGING} AS s WHERE {same})"
    return f"DELETE FROM {what.table} AS t WHERE EXISTS (SELECT 1 FROM {STAGING} AS s WHERE {same})"


def _insertion(session: Session, what: Merge, source: str) -> str:
    quote = session.quote
    names = ", ".join(quote(name) for name in what.columns)
    values = ", ".join(_cast(session, what, name, "s") for name in what.columns)
    # Without WHERE, SQLite takes the ON of what follows for that of a join.
    insertion = f"INSERT INTO {what.table} ({names}) SELECT {values} FROM {source} AS s WHERE 1 = 1"
    if not (what.key and what.key_is_unique):
        return insertion
    others = [name for name in what.columns if name not in what.key]
    if what.dialect in ("mysql", "mariadb"):
        # Setting the key to itself changes nothing, and says "leave that row".
        written = others or list(what.key[:1])
        updates = ", ".join(f"{quote(name)} = VALUES({quote(name)})" for name in written)
        return f"{insertion} ON DUPLICATE KEY UPDATE {updates}"
    keys = ", ".join(quote(name) for name in what.key)
    if not others:
        return f"{insertion} ON CONFLICT ({keys}) DO NOTHING"
    updates = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in others)
    return f"{insertion} ON CONFLICT ({keys}) DO UPDATE SET {updates}"
