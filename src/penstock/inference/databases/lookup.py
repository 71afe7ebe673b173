# SPDX-License-Identifier: Apache-2.0
"""Reads rows of a table by key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError, UsageError, did_you_mean
from penstock.inference.databases.column_types import arrow_type, family_in_table, family_of
from penstock.inference.databases.connecting import ATTEMPTS, open_engine, with_retries
from penstock.inference.databases.url import database_url, shown

if TYPE_CHECKING:
    from sqlalchemy import Select, Table
    from sqlalchemy.engine import Connection, Engine

KEYS_PER_QUERY = 1000
"""Most keys that one query asks for."""

_PLAIN = (type(None), int, float, str, bytes)
_TEXT = (type(None), str)
_NUMBERS = frozenset({"integer", "number"})


class Database:
    """A database that rows are looked up in, with one connection that is kept and made anew where it was lost.

    It is opened at the first use, and again after it was pickled to another process.

    Args:
        url: As SQLAlchemy writes it; ``${NAME}`` stands for an environment variable.
        project_root: Folder of the project, which the file of a SQLite database is relative to.
        attempts: How often a query is tried whose connection is lost.
    """

    def __init__(self, url: str, project_root: str = ".", *, attempts: int = ATTEMPTS) -> None:
        self._text = url
        self._project_root = project_root
        self._attempts = attempts
        self._engine: Engine | None = None
        self._tables: dict[str, Table] = {}

    def schema(self, table: str) -> pa.Schema:
        """Returns the columns of a table or view; those whose type only the values tell are of type null.

        Raises:
            UsageError: There is no such table.
            StorageError: The database cannot be reached, or refuses.
        """
        columns = self._table(table).columns
        return pa.schema([(column.name, arrow_type(column.type) or pa.null()) for column in columns])

    def fetch(
        self, table: str, key_column: str, keys: pa.Array | Sequence[Any], columns: Sequence[str] = ()
    ) -> pa.Table:
        """Returns the rows of a table whose key is among ``keys``.

        Args:
            table: Table or view, ``schema.table`` for one of another schema.
            key_column: Column of the table that is compared.
            keys: The keys; nulls and repetitions count for nothing.
            columns: Columns to return after the key; all others where none is given.

        Returns:
            The key column and the others, in no order; a key that is in several rows of the table comes as often, one
            that is in none not at all. Whole numbers are int64, others float64 or decimals, nested values JSON text.

        Raises:
            UsageError: There is no such table or column.
            DataError: The keys are of another type than the column.
            StorageError: The database cannot be reached, or refuses.
        """
        from sqlalchemy import select

        found = self._table(table)
        names = self._names(found, key_column, columns)
        wanted = self._keys(found, key_column, keys)
        selected = [found.columns[name] for name in names]
        types = [arrow_type(column.type) for column in selected]
        rows: list[Any] = []
        for start in range(0, len(wanted), KEYS_PER_QUERY):
            query = select(*selected).where(
                found.columns[key_column].in_(wanted[start : start + KEYS_PER_QUERY])
            )
            rows += self._do(partial(_all_rows, query), f"read table {table}")
        values = zip(*rows, strict=True) if rows else ([] for _ in names)
        arrays = [_array(list(column), type_) for column, type_ in zip(values, types, strict=True)]
        return pa.Table.from_arrays(arrays, list(names))

    def close(self) -> None:
        """Closes the connection; the next use opens another."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def __getstate__(self) -> tuple[str, str, int]:
        return self._text, self._project_root, self._attempts

    def __setstate__(self, state: tuple[str, str, int]) -> None:
        self.__init__(state[0], state[1], attempts=state[2])  # type: ignore[misc]  # as new in another process

    def _opened(self) -> Engine:
        if self._engine is None:
            self._engine = open_engine(database_url(self._text, self._project_root), pooled=True)
        return self._engine

    def _do(self, read: Any, action: str) -> Any:
        engine = self._opened()

        def work() -> Any:
            with engine.connect() as connection:
                return read(connection)

        return with_retries(work, action=action, url=engine.url, attempts=self._attempts)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            self._tables[name] = self._do(
                lambda connection: reflected(connection, name), f"read table {name}"
            )
        return self._tables[name]

    def _names(self, table: Table, key_column: str, columns: Sequence[str]) -> tuple[str, ...]:
        known = [column.name for column in table.columns]
        for name in (key_column, *columns):
            if name not in known:
                raise UsageError(
                    f"table {table.name} has no column {name!r}",
                    input=shown(self._opened().url),
                    hint=did_you_mean(name, known),
                )
        return tuple(dict.fromkeys((key_column, *(columns or known))))

    def _keys(self, table: Table, key_column: str, keys: pa.Array | Sequence[Any]) -> list[Any]:
        array = keys if isinstance(keys, (pa.Array, pa.ChunkedArray)) else pa.array(keys)
        wanted, there = family_of(array.type), family_in_table(table.columns[key_column].type)
        if None not in (wanted, there) and wanted != there and not {wanted, there} <= _NUMBERS:
            raise DataError(
                f"keys of type {array.type} are looked up in column {key_column!r} of table {table.name}",
                expected=str(table.columns[key_column].type),
                got=str(array.type),
                hint="convert the key in a function step, or name another key",
            )
        values: list[Any] = pc.unique(array).drop_null().to_pylist() if len(array) else []
        return values


def reflected(connection: Connection, name: str) -> Table:
    """Returns what a database knows of a table or view.

    Raises:
        UsageError: There is none of that name.
    """
    from sqlalchemy import MetaData, Table, inspect
    from sqlalchemy.exc import NoSuchTableError

    schema, _, plain = name.rpartition(".")
    try:
        return Table(plain, MetaData(), schema=schema or None, autoload_with=connection, resolve_fks=False)
    except NoSuchTableError:
        inspector = inspect(connection)
        names = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        raise UsageError(
            f"the database has no table {name!r}",
            input=shown(connection.engine.url),
            hint=did_you_mean(plain, names),
        ) from None


def _all_rows(query: Select[Any], connection: Connection) -> list[Any]:
    return list(connection.execute(query))


def _array(values: list[Any], type_: pa.DataType | None) -> pa.Array:
    if type_ is None:
        return pa.array([value if isinstance(value, _PLAIN) else str(value) for value in values])
    if pa.types.is_floating(type_):
        # MySQL's own type gives decimals.
        values = [None if value is None else float(value) for value in values]
    elif pa.types.is_string(type_):
        values = [
            value if isinstance(value, _TEXT) else json.dumps(value, ensure_ascii=False) for value in values
        ]
    return pa.array(values, type_)
