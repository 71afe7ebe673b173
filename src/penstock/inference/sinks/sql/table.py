# SPDX-License-Identifier: Apache-2.0
"""The table that takes the rows: made where it is missing, compared with the rows where it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import JSON, Column, Integer, MetaData, PrimaryKeyConstraint, Table, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from penstock.errors import DataError, PenstockError, did_you_mean
from penstock.inference.databases.column_types import family_of, fits, sql_type
from penstock.inference.databases.connecting import TryAgainError
from penstock.inference.databases.lookup import reflected

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect


@dataclass(frozen=True, slots=True)
class Target:
    """The table of a sink.

    Attributes:
        table: The table as SQLAlchemy knows it: all of its columns.
        name: Its name, quoted as its database wants it.
        columns: Columns that are written, in the order of the rows.
        key: Columns that tell rows apart; none where rows are only added.
        key_is_unique: Whether the database itself keeps the key, and nothing else, from occurring twice.
    """

    table: Table
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    key_is_unique: bool


def defined(name: str, schema: pa.Schema, key: Sequence[str]) -> Table:
    """Returns the table that is made for rows, with the key as its primary key.

    Raises:
        DataError: No database takes one of the columns.
    """
    owner, _, plain = name.rpartition(".")
    columns: list[Any] = []
    for field in schema:
        try:
            type_ = sql_type(field.type, is_key=field.name in key)
        except DataError as error:
            error.input = field.name
            raise
        columns.append(Column(field.name, type_, nullable=field.name not in key, autoincrement=False))
    constraints = [PrimaryKeyConstraint(*key)] if key else []
    return Table(plain, MetaData(), *columns, *constraints, schema=owner or None)


def statement(table: Table, dialect: Dialect) -> str:
    """Returns the statement that makes a table."""
    return str(CreateTable(table).compile(dialect=dialect)).strip()


def create(connection: Connection, table: Table) -> None:
    """Makes a table.

    Raises:
        TryAgainError: Another process makes it just now.
    """
    try:
        connection.execute(CreateTable(table, if_not_exists=True))
    except IntegrityError as error:
        # PostgreSQL looks whether there is a table before it waits for others that make it.
        raise TryAgainError("another process makes the same table", input=table.fullname) from error


def quoted(dialect: Dialect, name: str) -> str:
    """Returns a column's name as statements have it."""
    return _single_percents(dialect, dialect.identifier_preparer.quote(name))


def quoted_table(dialect: Dialect, table: Table) -> str:
    """Returns a table's name, with that of its schema, as statements have it."""
    return _single_percents(dialect, dialect.identifier_preparer.format_table(table))


def _single_percents(dialect: Dialect, name: str) -> str:
    # SQLAlchemy doubles them for drivers that put values in places of %s, which is not how we run statements.
    return name.replace("%%", "%") if dialect.paramstyle in ("format", "pyformat") else name


def prepared(connection: Connection, name: str, schema: pa.Schema, key: Sequence[str]) -> Target:
    """Returns the table for rows; it is made where it is missing.

    Raises:
        DataError: The table does not take the rows.
    """
    owner, _, plain = name.rpartition(".")
    made = defined(name, schema, key)
    inspector = inspect(connection)
    if not inspector.has_table(plain, schema=owner or None):
        create(connection, made)
        table, unique = made, bool(key)
    else:
        table = reflected(connection, name)
        _check(table, schema, connection.dialect.name)
        _take_none_for_null(table)
        unique = bool(key) and _only_unique(table, inspector, owner or None, key)
    named = quoted_table(connection.dialect, table)
    return Target(table, named, tuple(schema.names), tuple(key), unique)


def _take_none_for_null(table: Table) -> None:
    """Lets a missing value be missing in columns of JSON too, where SQLAlchemy writes JSON's own null."""
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type.none_as_null = True


def _check(table: Table, schema: pa.Schema, dialect: str) -> None:
    there = {column.name: column for column in table.columns}
    missing = [name for name in schema.names if name not in there]
    if missing:
        raise _clash(
            table,
            f"has no column {missing[0]!r}",
            hint=f"{did_you_mean(missing[0], there)}; choose columns for the sink, or name another table",
        )
    for field in schema:
        column = there[field.name]
        if not fits(field.type, column.type, dialect):
            raise _clash(
                table,
                f"has column {field.name!r} of another type",
                expected=f"a type for {family_of(field.type)} ({field.type})",
                got=str(column.type),
                hint="change the type there, convert the column in a function step, or name another table",
            )
    for column in there.values():
        if column.name not in schema.names and _needs_value(column, table, dialect):
            raise _clash(
                table,
                f"has column {column.name!r}, which needs a value that the rows do not have",
                hint="give it a default value there, or name another table",
            )


def _needs_value(column: Column[Any], table: Table, dialect: str) -> bool:
    made_there = (
        column.server_default is not None or column.identity is not None or column.computed is not None
    )
    is_row_id = (
        dialect == "sqlite" and list(table.primary_key) == [column] and isinstance(column.type, Integer)
    )
    return not (column.nullable or made_there or column.autoincrement is True or is_row_id)


def _clash(table: Table, what: str, **fields: str) -> PenstockError:
    return DataError(f"table {table.fullname} {what}", input=table.fullname, **fields)


def _only_unique(table: Table, inspector: Any, owner: str | None, key: Sequence[str]) -> bool:
    """Says whether the key is unique and nothing else is.

    MySQL's ``ON DUPLICATE KEY UPDATE`` would take a row for another that is equal in some other unique column.
    """
    found = [frozenset(column.name for column in table.primary_key)]
    found += [frozenset(row["column_names"]) for row in inspector.get_unique_constraints(table.name, owner)]
    found += [
        frozenset(row["column_names"])
        for row in inspector.get_indexes(table.name, owner)
        if row["unique"] and not row.get("dialect_options", {}).get("postgresql_where")
    ]
    return {columns for columns in found if columns} == {frozenset(key)}
