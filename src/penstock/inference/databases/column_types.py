# SPDX-License-Identifier: Apache-2.0
"""Arrow's types and a database's: which stands for which, and which do not fit each other."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import types as sql
from sqlalchemy.dialects import mysql

from penstock.errors import DataError

Family = Literal["integer", "number", "truth", "text", "bytes", "date", "time", "moment", "nested"]

_MYSQL = ("mysql", "mariadb")
_KEY_LENGTH = 255
_INTEGERS: tuple[tuple[pa.DataType, type[sql.TypeEngine[Any]]], ...] = (
    (pa.int8(), sql.SmallInteger),
    (pa.int16(), sql.SmallInteger),
    (pa.uint8(), sql.SmallInteger),
    (pa.int32(), sql.Integer),
    (pa.uint16(), sql.Integer),
    (pa.int64(), sql.BigInteger),
    (pa.uint32(), sql.BigInteger),
)
_FITS: dict[Family, frozenset[Family]] = {
    "integer": frozenset({"integer", "number"}),
    "number": frozenset({"number"}),
    "truth": frozenset({"truth"}),
    "text": frozenset({"text"}),
    "bytes": frozenset({"bytes"}),
    "date": frozenset({"date", "text"}),
    "time": frozenset({"time", "text"}),
    "moment": frozenset({"moment", "text"}),
    "nested": frozenset({"nested", "text"}),
}
"""Which columns of a table take the values of a column, by family."""


def family_of(type_: pa.DataType) -> Family | None:
    """Returns the family of an Arrow type; ``None`` for a column of nulls, which fits any.

    Raises:
        DataError: No database takes such a column.
    """
    types = pa.types
    if types.is_dictionary(type_):
        return family_of(type_.value_type)
    tests: tuple[tuple[Family, tuple[Any, ...]], ...] = (
        ("truth", (types.is_boolean,)),
        ("integer", (types.is_integer,)),
        ("number", (types.is_floating, types.is_decimal)),
        ("text", (types.is_string, types.is_large_string)),
        ("bytes", (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)),
        ("date", (types.is_date,)),
        ("time", (types.is_time,)),
        ("moment", (types.is_timestamp,)),
        ("nested", (types.is_nested, types.is_fixed_size_list)),
    )
    for family, holds in tests:
        if any(test(type_) for test in holds):
            return family
    if types.is_null(type_):
        return None
    raise DataError(
        f"a column of type {type_} cannot be written to a database",
        hint="convert it in a function step, for instance durations into seconds",
    )


def sql_type(type_: pa.DataType, *, is_key: bool = False) -> sql.TypeEngine[Any]:
    """Returns the type of the column that is made for an Arrow type.

    Args:
        type_: The Arrow type.
        is_key: Whether the column tells rows apart; MySQL and MariaDB then take at most 255 characters.

    Raises:
        DataError: No database takes such a column.
    """
    if pa.types.is_dictionary(type_):
        return sql_type(type_.value_type, is_key=is_key)
    for arrow, made in _INTEGERS:
        if type_ == arrow:
            return made()
    if pa.types.is_uint64(type_):
        return sql.Numeric(20, 0).with_variant(sql.BigInteger(), "sqlite")
    if pa.types.is_decimal(type_):
        return sql.Numeric(type_.precision, type_.scale).with_variant(sql.Text(), "sqlite")
    return _by_family(family_of(type_), type_, is_key)


def _by_family(family: Family | None, type_: pa.DataType, is_key: bool) -> sql.TypeEngine[Any]:
    if family == "bytes":
        return sql.LargeBinary().with_variant(
            mysql.VARBINARY(_KEY_LENGTH) if is_key else mysql.LONGBLOB(), *_MYSQL
        )
    if family == "moment":
        made: sql.TypeEngine[Any] = sql.DateTime(timezone=type_.tz is not None)
        return made.with_variant(mysql.DATETIME(fsp=6), *_MYSQL)
    if family == "time":
        return sql.Time().with_variant(mysql.TIME(fsp=6), *_MYSQL)
    if family == "nested":
        return sql.JSON(none_as_null=True)
    if family in ("text", None):
        # The server's own character set may not hold all text, and its collation may take 'a' for 'A'.
        long = mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin")
        key = mysql.VARCHAR(_KEY_LENGTH, charset="utf8mb4", collation="utf8mb4_bin")
        return sql.Text().with_variant(key if is_key else long, *_MYSQL)
    plain: dict[str | None, sql.TypeEngine[Any]] = {
        "number": sql.Double(),
        "truth": sql.Boolean(),
        "date": sql.Date(),
    }
    return plain[family]


def family_in_table(type_: sql.TypeEngine[Any]) -> Family | None:
    """Returns the family of a table's column; ``None`` for a type of the database's own, which may take anything."""
    tests: tuple[tuple[Family, tuple[type[Any], ...]], ...] = (
        ("truth", (sql.Boolean,)),
        ("integer", (sql.Integer,)),
        ("number", (sql.Numeric, sql.Float)),
        ("nested", (sql.JSON,)),
        ("bytes", (sql.LargeBinary, sql.BINARY, sql.VARBINARY)),
        ("moment", (sql.DateTime,)),
        ("date", (sql.Date,)),
        ("time", (sql.Time,)),
    )
    for family, kinds in tests:
        if isinstance(type_, kinds):
            return family
    is_text = isinstance(type_, sql.String) and not isinstance(type_, sql.Enum)
    return "text" if is_text else None


def fits(column: pa.DataType, table: sql.TypeEngine[Any], dialect: str) -> bool:
    """Says whether a table's column takes the values of an Arrow column."""
    wanted, there = family_of(column), family_in_table(table)
    if wanted is None or there is None or there in _FITS[wanted]:
        return True
    if pa.types.is_decimal(column) and dialect == "sqlite":
        return there == "text"
    if wanted == "truth":
        # MySQL's own truth values are small integers.
        return there == "integer" and dialect != "postgresql"
    return there == "integer" and wanted == "number" and pa.types.is_decimal(column) and column.scale == 0


def arrow_type(type_: sql.TypeEngine[Any]) -> pa.DataType | None:
    """Returns the Arrow type of what is read from a table's column; ``None`` where only the values can tell."""
    family = family_in_table(type_)
    if family == "number":
        return _number(type_)
    if family == "moment":
        return pa.timestamp("us", "UTC") if getattr(type_, "timezone", False) else pa.timestamp("us")
    return {
        "integer": pa.int64(),
        "truth": pa.bool_(),
        "text": pa.string(),
        "bytes": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
        "nested": pa.string(),
    }.get(str(family))


def _number(type_: sql.TypeEngine[Any]) -> pa.DataType | None:
    if not isinstance(type_, sql.Numeric) or isinstance(type_, sql.Float) or not type_.asdecimal:
        return pa.float64()
    if type_.precision is None:
        return None
    return pa.decimal128(type_.precision, type_.scale or 0) if type_.precision <= 38 else pa.float64()
