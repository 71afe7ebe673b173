# SPDX-License-Identifier: Apache-2.0
"""The two layouts of a record batch, and the way between them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow_hotfix  # noqa: F401  closes CVE-2023-47248 in pyarrow below 14.0.1

from penstock.errors import DataError, DependencyError
from penstock.examples.kinds import METADATA_KEY, FeatureKind, FeatureSet, FeatureSpec

_EXAMPLE_VALUES = {"int": pa.int64(), "float": pa.float32(), "bytes": pa.large_binary()}
_TABLE_VALUES = {"int": pa.int64(), "float": pa.float32(), "bytes": pa.binary()}


def table_type(feature: FeatureSpec) -> pa.DataType:
    """Returns the Arrow type of a feature in the table layout."""
    value = pa.string() if feature.is_text else _TABLE_VALUES[feature.kind]
    return pa.list_(value) if feature.is_list else value


@lru_cache(maxsize=256)
def table_schema(features: FeatureSet) -> pa.Schema:
    """Returns the schema of the table layout, with the features in its metadata."""
    fields = [pa.field(feature.name, table_type(feature)) for feature in features]
    return pa.schema(fields, metadata={METADATA_KEY: features.to_json().encode("utf-8")})


def example_type(kind: FeatureKind) -> pa.DataType:
    """Returns the Arrow type of a feature in the example layout."""
    return pa.large_list(_EXAMPLE_VALUES[kind])


def example_schema(features: FeatureSet) -> pa.Schema:
    """Returns the schema of the example layout."""
    return pa.schema([pa.field(feature.name, example_type(feature.kind)) for feature in features])


def is_list(type_: pa.DataType) -> bool:
    """Says whether a column of this type holds lists of values."""
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))


def kind_of(type_: pa.DataType) -> FeatureKind | None:
    """Returns the kind that a column's type stands for, ``None`` where it holds no value at all.

    Raises:
        DataError: No feature can hold such values.
    """
    value = type_.value_type if is_list(type_) else type_
    types = pa.types
    if types.is_null(value):
        return None
    if types.is_integer(value):
        return "int"
    if types.is_floating(value):
        return "float"
    if _is_bytes(value):
        return "bytes"
    raise DataError(
        f"a column of type {type_} cannot be a feature",
        expected="integers, floats, text or bytes, one a row or in lists",
        hint="convert it where the data is made, for instance times into seconds",
    )


def to_example_layout(batch: pa.RecordBatch, features: FeatureSet | None = None) -> pa.RecordBatch:
    """Returns a batch of either layout in the example layout.

    Args:
        batch: The rows.
        features: Which columns the result has, in this order; one that the batch lacks is missing in every row.
            ``None`` means the batch's own columns.

    Raises:
        DataError: A column is of another kind than its feature.
    """
    return _example_batch(batch, _kinds(batch, features), batch.num_rows)


def to_table_layout(batch: pa.RecordBatch, features: FeatureSet) -> pa.RecordBatch:
    """Returns a batch of either layout in the table layout of these features.

    Raises:
        DataError: A column does not fit its feature: another kind, several values where one is declared, not UTF-8.
    """
    columns = [
        _as_table_column(_column(batch, feature.name, batch.num_rows), feature) for feature in features
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table_schema(features))


def list_parts(column: pa.Array) -> tuple[npt.NDArray[np.int64], pa.Array, npt.NDArray[np.bool_]]:
    """Takes a list column apart.

    Returns:
        The offsets of the rows in the values (one more than there are rows), the values of all rows, and which rows
        are present.
    """
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets, column.flatten(), column.is_valid().to_numpy(zero_copy_only=False)


def encode_examples(batch: pa.RecordBatch) -> list[bytes]:
    """Returns the rows of a batch of either layout as serialized tf.Examples.

    The bytes of equal rows may differ from call to call: tf.Example holds a map, whose order is not fixed.
    """
    encoded: list[bytes] = _encoder().encode(to_example_layout(batch))
    return encoded


def decode_examples(records: list[bytes], features: FeatureSet | None = None) -> pa.RecordBatch:
    """Returns serialized tf.Examples as a batch in the example layout.

    Args:
        records: The examples; batches of about 1,000 are fastest.
        features: Which columns the result has; ``None`` means those that some record has, sorted by name, of type
            null where no record says a kind.

    Raises:
        DataError: A record is no tf.Example, or a feature has several kinds of value.
    """
    try:
        decoded = _decoder().DecodeBatch(records)
    except (ValueError, RuntimeError) as error:
        raise DataError(
            "the records are not tf.Examples, or a feature changes its kind", got=str(error)
        ) from error
    if features is not None:
        return _example_batch(decoded, _kinds(decoded, features), len(records))
    names = sorted(decoded.schema.names)
    return pa.RecordBatch.from_arrays([_column(decoded, name, len(records)) for name in names], names)


@lru_cache(maxsize=1)
def _encoder() -> Any:
    return _example_coder().RecordBatchToExamplesEncoder()


@lru_cache(maxsize=1)
def _decoder() -> Any:
    return _example_coder().ExamplesToRecordBatchDecoder()


def _example_coder() -> Any:
    try:
        from tfx_bsl.coders import example_coder
    except ModuleNotFoundError as error:
        raise DependencyError(
            "TFRecord of tf.Example needs the library tfx-bsl",
            got=str(error),
            hint="pip install 'penstock[tensorflow]', or use Parquet",
        ) from error
    return example_coder


def _is_bytes(type_: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(type_)
        or types.is_large_string(type_)
        or types.is_binary(type_)
        or types.is_large_binary(type_)
    )


def _kinds(batch: pa.RecordBatch, features: FeatureSet | None) -> dict[str, FeatureKind]:
    if features is not None:
        return {feature.name: feature.kind for feature in features}
    return {field.name: _kind(field.name, field.type) or "bytes" for field in batch.schema}


def _example_batch(batch: pa.RecordBatch, kinds: Mapping[str, FeatureKind], rows: int) -> pa.RecordBatch:
    """Returns the columns of these kinds; a batch without columns has no rows either, so ``rows`` says how many."""
    columns = [_as_example_column(name, _column(batch, name, rows), kind) for name, kind in kinds.items()]
    return pa.RecordBatch.from_arrays(columns, list(kinds))


def _column(batch: pa.RecordBatch, name: str, rows: int) -> pa.Array:
    index = batch.schema.get_field_index(name)
    return pa.nulls(rows) if index < 0 else batch.column(index)


def _kind(name: str, type_: pa.DataType) -> FeatureKind | None:
    try:
        return kind_of(type_)
    except DataError as error:
        error.input = name
        raise


def _check_kind(name: str, type_: pa.DataType, kind: FeatureKind) -> bool:
    """Checks a column's kind; says whether it holds any value at all."""
    found = _kind(name, type_)
    if found not in (None, kind):
        raise DataError(
            f"feature {name!r} changes its kind of value", input=name, expected=kind, got=str(type_)
        )
    return found is not None


def _as_example_column(name: str, column: pa.Array, kind: FeatureKind) -> pa.Array:
    type_ = example_type(kind)
    if column.type == type_:
        return column
    if not _check_kind(name, column.type, kind):
        return _without_values(column, type_)
    if is_list(column.type):
        offsets, values, valid = list_parts(column)
    else:
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        offsets, values = _offsets_of_singles(valid), column.drop_null() if column.null_count else column
    return _lists(pa.LargeListArray, offsets, _cast_values(values, type_.value_type, name), valid)


def _as_table_column(column: pa.Array, feature: FeatureSpec) -> pa.Array:
    type_ = table_type(feature)
    if column.type == type_ and not feature.is_list:
        return column
    if not _check_kind(feature.name, column.type, feature.kind):
        return _without_values(column, type_)
    if feature.is_list:
        return _as_table_lists(column, feature, type_)
    if is_list(column.type):
        column = _single_values(column, feature)
    return _cast_values(column, type_, feature.name)


def _as_table_lists(column: pa.Array, feature: FeatureSpec, type_: pa.DataType) -> pa.Array:
    if is_list(column.type):
        offsets, values, valid = list_parts(column)
    else:
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        offsets, values = _offsets_of_singles(valid), column.drop_null()
    return _lists(
        pa.ListArray, offsets.astype(np.int32), _cast_values(values, type_.value_type, feature.name), valid
    )


def _without_values(column: pa.Array, type_: pa.DataType) -> pa.Array:
    """Retypes a column of nulls, or of lists that hold no value."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), type_)
    offsets, _, valid = list_parts(column)
    if not is_list(type_):
        return pa.nulls(len(column), type_)
    array = pa.LargeListArray if pa.types.is_large_list(type_) else pa.ListArray
    offsets = offsets if pa.types.is_large_list(type_) else offsets.astype(np.int32)
    return _lists(array, offsets, pa.array([], type_.value_type), valid)


def _offsets_of_singles(valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    offsets = np.zeros(len(valid) + 1, dtype=np.int64)
    np.cumsum(valid, out=offsets[1:])
    return offsets


def _lists(
    array: type[pa.Array], offsets: npt.NDArray[np.int64], values: pa.Array, valid: npt.NDArray[np.bool_]
) -> pa.Array:
    if valid.all():
        return array.from_arrays(pa.array(offsets), values)
    return array.from_arrays(pa.array(offsets, mask=np.append(~valid, False)), values)


def _single_values(column: pa.Array, feature: FeatureSpec) -> pa.Array:
    offsets, values, valid = list_parts(column)
    counts = np.diff(offsets)
    if np.any(counts[valid] != 1):
        raise DataError(
            f"feature {feature.name!r} has rows with several values or an empty list",
            input=feature.name,
            expected="at most one value a row",
        )
    if valid.all():
        return values
    return values.take(pa.array(offsets[:-1], mask=~valid))


def _cast_values(values: pa.Array, type_: pa.DataType, name: str) -> pa.Array:
    try:
        return pc.cast(values, type_)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"feature {name!r} has a value that does not fit",
            input=name,
            expected="UTF-8 text" if pa.types.is_string(type_) else f"values that {type_} can hold",
            got=str(error),
        ) from error
