# SPDX-License-Identifier: Apache-2.0
"""One schema for batches that come from several files or calls: columns that some lack, types that some have wider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  closes CVE-2023-47248 in pyarrow below 14.0.1

from penstock.errors import DataError


def common_schema(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Returns a schema that holds the columns of all, in the order in which they were first seen.

    Raises:
        DataError: A column has types that have nothing in common.
    """
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            known = types.get(field.name)
            if known is None or known != field.type:
                types[field.name] = field.type if known is None else _wider(field.name, known, field.type)
    return pa.schema([pa.field(name, type_) for name, type_ in types.items()])


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Returns a batch with the columns of a schema; those that it lacks are null.

    Raises:
        DataError: A value does not fit its column's type.
    """
    if batch.schema.equals(schema):
        return batch
    columns = [_conformed(batch, field) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """Returns a schema for files: a column that never had a value is text."""
    return pa.schema([pa.field(field.name, _stored(field.type)) for field in schema])


def concat_arrays(parts: Sequence[pa.Array]) -> pa.Array:
    """Returns arrays one after the other; the widest of their types is that of all."""
    if all(part.type == parts[0].type for part in parts[1:]):
        return pa.concat_arrays(list(parts)) if len(parts) > 1 else parts[0]
    schema = common_schema(pa.schema([pa.field("values", part.type)]) for part in parts)
    wanted = schema.field(0)
    return pa.concat_arrays([_cast(part, wanted) for part in parts])


def _conformed(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    index = batch.schema.get_field_index(field.name)
    return pa.nulls(batch.num_rows, field.type) if index < 0 else _cast(batch.column(index), field)


def _cast(column: pa.Array, field: pa.Field) -> pa.Array:
    if column.type == field.type:
        return column
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), field.type)
    try:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if _is_list(field.type) and not _is_list(column.type):
            return _as_lists(pc.cast(column, field.type.value_type), field.type)
        return pc.cast(column, field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"column {field.name!r} has values that do not fit",
            input=field.name,
            expected=str(field.type),
            got=str(error),
        ) from error


def _as_lists(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """Returns lists of one value each; null stays null."""
    lists = pa.ListArray.from_arrays(pa.array(range(len(values) + 1), pa.int32()), values)
    if values.null_count:
        lists = pc.if_else(values.is_valid(), lists, pa.nulls(len(values), lists.type))
    return pc.cast(lists, type_)


def _wider(name: str, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_dictionary(one) or pa.types.is_dictionary(other):
        return _wider(name, _decoded(one), _decoded(other))
    if _is_list(one) or _is_list(other):
        value = _wider(name, _value_of(one), _value_of(other))
        large = pa.types.is_large_list(one) or pa.types.is_large_list(other)
        return pa.large_list(value) if large else pa.list_(value)
    wider = _wider_plain(one, other)
    if wider is None:
        raise DataError(
            f"column {name!r} changes its type",
            input=name,
            expected=f"{one}, as in earlier rows",
            got=str(other),
            hint="give the column one type where it is made",
        )
    return wider


def _wider_plain(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    types = pa.types
    if _is_number(one) and _is_number(other):
        return _wider_number(one, other)
    if _is_text(one) and _is_text(other):
        return pa.large_string()
    if (_is_text(one) or _is_binary(one)) and (_is_text(other) or _is_binary(other)):
        large = any(types.is_large_binary(type_) or types.is_large_string(type_) for type_ in (one, other))
        return pa.large_binary() if large else pa.binary()
    return None


def _wider_number(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    types = pa.types
    if types.is_boolean(one) or types.is_boolean(other):
        return other if types.is_boolean(one) else one
    floats = [type_ for type_ in (one, other) if types.is_floating(type_)]
    if len(floats) == 2:
        return max(floats, key=lambda type_: type_.bit_width)
    if floats:
        # A 32-bit float beside whole numbers is what CSV and tf.Example make of such a column.
        return floats[0] if floats[0].bit_width > 16 else pa.float32()
    if types.is_signed_integer(one) == types.is_signed_integer(other):
        return max(one, other, key=lambda type_: type_.bit_width)
    return pa.int64()


def _stored(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_null(type_):
        return pa.string()
    if pa.types.is_dictionary(type_):
        return _stored(type_.value_type)
    if pa.types.is_list(type_):
        return pa.list_(_stored(type_.value_type))
    if pa.types.is_large_list(type_):
        return pa.large_list(_stored(type_.value_type))
    return type_


def _decoded(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _value_of(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if _is_list(type_) else type_


def _is_list(type_: pa.DataType) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(type_) or pa.types.is_integer(type_) or pa.types.is_floating(type_))


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _is_binary(type_: pa.DataType) -> bool:
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_))
