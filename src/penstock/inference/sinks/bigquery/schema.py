# SPDX-License-Identifier: Apache-2.0
"""The schema of a BigQuery table for the columns of rows, and the rows as it takes them.

Types: https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types
"""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from penstock.errors import DataError, ParameterError
from penstock.inference.sinks.plain_values import json_values

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_TABLE = re.compile(r"[a-z0-9.:-]+:[A-Za-z0-9_]+\.[^\s:.`/]+")
_INNER = "values"
"""Name of the one field of the record that stands for a list inside a list, which BigQuery does not have."""


def check_table(table: str) -> None:
    """Refuses what names no table.

    Raises:
        ParameterError: It is not ``project:dataset.table``.
    """
    if not _TABLE.fullmatch(table):
        raise ParameterError(
            f"{table!r} names no table of BigQuery", input="bigquery", expected="project:dataset.table"
        )


def bigquery_schema(schema: pa.Schema) -> dict[str, Any]:
    """Returns the table's schema as BigQuery's JSON has it, ``{"fields": [{"name", "type", "mode"}]}``.

    A list is a repeated field, a struct a record, a map text that is JSON.

    Raises:
        DataError: A column has a name that BigQuery does not take, or a type that it does not have.
    """
    seen: dict[str, str] = {}
    for name in schema.names:
        other = seen.setdefault(name.lower(), name)
        if other != name or schema.names.count(name) > 1:
            raise DataError(f"BigQuery does not tell columns {other!r} and {name!r} apart", input=name)
    return {"fields": [_field(field.name, field.type, field.nullable) for field in schema]}


def schema_json(schema: pa.Schema) -> str:
    """Returns the fields as the text that ``bq mk --schema`` takes."""
    return json.dumps(bigquery_schema(schema)["fields"], indent=2)


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Returns rows as dictionaries of JSON's values; a list that is missing is empty, as BigQuery has it."""
    columns = []
    for column in batch.columns:
        values = json_values(column)
        columns.append([_row_value(value, column.type) for value in values])
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _field(name: str, type_: pa.DataType, nullable: bool = True) -> dict[str, Any]:
    if not _NAME.fullmatch(name):
        raise DataError(
            f"BigQuery takes no column that is called {name!r}",
            input=name,
            expected="letters, digits and underscores, a digit not first, at most 300",
            hint="rename it in a function step, or choose columns for the sink",
        )
    types = pa.types
    if types.is_dictionary(type_):
        return _field(name, type_.value_type, nullable)
    if _is_list(type_):
        item = type_.value_type
        # A list in a list is a record with a repeated field.
        inner = _field(name, pa.struct([(_INNER, item)])) if _is_list(item) else _field(name, item)
        return {**inner, "mode": "REPEATED"}
    mode = "NULLABLE" if nullable else "REQUIRED"
    if types.is_struct(type_):
        fields = [_field(part.name, part.type, part.nullable) for part in _parts(type_)]
        return {"name": name, "type": "RECORD", "mode": mode, "fields": fields}
    return {"name": name, "type": _scalar(name, type_), "mode": mode}


def _scalar(name: str, type_: pa.DataType) -> str:
    types = pa.types
    if types.is_decimal(type_):
        fits_numeric = type_.scale <= 9 and type_.precision - type_.scale <= 29
        return "NUMERIC" if fits_numeric else "BIGNUMERIC"
    if types.is_timestamp(type_):
        return "TIMESTAMP" if type_.tz else "DATETIME"
    if types.is_uint64(type_):
        return "NUMERIC"
    tests = (
        ("INTEGER", types.is_integer),
        ("FLOAT", types.is_floating),
        ("BOOLEAN", types.is_boolean),
        ("STRING", types.is_string),
        ("STRING", types.is_large_string),
        ("BYTES", types.is_binary),
        ("BYTES", types.is_large_binary),
        ("BYTES", types.is_fixed_size_binary),
        ("DATE", types.is_date),
        ("TIME", types.is_time),
        ("STRING", types.is_map),
        ("STRING", types.is_null),
    )
    for found, holds in tests:
        if holds(type_):
            return found
    raise DataError(
        f"BigQuery has no column for {type_}", input=name, hint="convert the column in a function step"
    )


def _row_value(value: Any, type_: pa.DataType) -> Any:
    types = pa.types
    if types.is_dictionary(type_):
        return _row_value(value, type_.value_type)
    if _is_list(type_):
        item = type_.value_type
        kept = [part for part in value or [] if part is not None or _is_list(item)]
        values = [_row_value(part, item) for part in kept]
        return [{_INNER: part} for part in values] if _is_list(item) else values
    if value is None:
        return None
    if types.is_struct(type_):
        return {part.name: _row_value(value[part.name], part.type) for part in _parts(type_)}
    if types.is_map(type_):
        return json.dumps(value, ensure_ascii=False)
    return value


def _is_list(type_: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_))


def _parts(type_: pa.DataType) -> list[pa.Field]:
    return [type_[index] for index in range(type_.num_fields)]
