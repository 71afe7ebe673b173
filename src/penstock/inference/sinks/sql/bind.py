# SPDX-License-Identifier: Apache-2.0
"""Columns as what drivers take."""

from __future__ import annotations

import datetime
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from penstock.inference.sinks.plain_values import (
    decoded,
    finite_values,
    is_bytes,
    is_nested,
    iso_texts,
    moment_texts,
    nested_texts,
    plain_texts,
    without_infinite,
)


def values_for(column: pa.Array, dialect: str) -> list[Any]:
    """Returns a column as values for a driver: nested ones as JSON text, what is no finite number as ``None``.

    Args:
        column: The column.
        dialect: Name of the database as SQLAlchemy says it. SQLite gets text in the form in which SQLAlchemy reads
            it back; MySQL and MariaDB, which know no time zones, get moments in UTC.
    """
    column, types = decoded(column), pa.types
    values: list[Any]
    if is_nested(column.type):
        values = nested_texts(column).to_pylist()
    elif types.is_timestamp(column.type):
        values = _moments(column, dialect)
    elif dialect == "sqlite" and (types.is_temporal(column.type) or types.is_decimal(column.type)):
        values = plain_texts(_in_microseconds(column)).to_pylist()
    elif types.is_time(column.type):
        values = _in_microseconds(column).to_pylist()
    else:
        values = finite_values(column)
    return values


def objects_for(column: pa.Array, dialect: str) -> list[Any]:
    """Returns a column as values for SQLAlchemy's own types, which make JSON and text themselves."""
    if is_nested(column.type):
        return [None if text is None else json.loads(text) for text in nested_texts(column).to_pylist()]
    if pa.types.is_decimal(column.type) and dialect == "sqlite":
        return list(plain_texts(column).to_pylist())
    return values_for(column, "" if dialect == "sqlite" else dialect)


def copy_text(batch: pa.RecordBatch) -> bytes:
    """Returns rows as PostgreSQL's COPY reads them in its CSV form."""
    columns = [_copied(decoded(column)) for column in batch.columns]
    buffer = io.BytesIO()
    rows = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    pa_csv.write_csv(rows, buffer, pa_csv.WriteOptions(include_header=False))
    return buffer.getvalue()


def _copied(column: pa.Array) -> pa.Array:
    types = pa.types
    if types.is_floating(column.type):
        return without_infinite(column)
    if types.is_integer(column.type) or types.is_boolean(column.type) or types.is_null(column.type):
        return column
    if is_bytes(column.type):
        values = column.to_pylist()
        return pa.array([None if value is None else f"\\x{value.hex()}" for value in values], pa.string())
    if types.is_temporal(column.type):
        return iso_texts(_in_microseconds(column))
    return plain_texts(column)


def _in_microseconds(column: pa.Array) -> pa.Array:
    if not pa.types.is_time(column.type):
        return column
    return pc.cast(column, pa.time64("us"), safe=False)


def _moments(column: pa.Array, dialect: str) -> list[Any]:
    zone = column.type.tz
    in_utc = pc.cast(column, pa.timestamp("us", "UTC" if zone else None), safe=False)
    if dialect == "sqlite":
        texts: list[Any] = moment_texts(in_utc).to_pylist()
        return texts
    without_zone = zone and dialect in ("mysql", "mariadb")
    values: list[datetime.datetime | None] = (
        pc.cast(in_utc, pa.timestamp("us")) if without_zone else in_utc
    ).to_pylist()
    return values
