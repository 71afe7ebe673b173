# SPDX-License-Identifier: Apache-2.0
"""From a database's columns to features: each keeps one kind from the first row to the last."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError
from penstock.examples.ingest import ReadAgainError
from penstock.examples.kinds import FeatureKind
from penstock.examples.layout import is_list, kind_of, list_parts
from penstock.examples.shards import as_features


class FeatureRows:
    """Turns record batches of a database into such of features, and remembers the kinds.

    Only databases that do not type their columns, as SQLite, have one whose integers turn into floats later; the rows
    are then read again.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, FeatureKind] = {}

    def of(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns a batch with columns of types that features have.

        Raises:
            DataError: Columns have no name or the same, or hold what no feature holds.
            ReadAgainError: A column that was of integers so far is of floats.
        """
        _check_names(batch.schema.names)
        numbers = pa.RecordBatch.from_arrays(
            [_numbers(column) for column in batch.columns], batch.schema.names
        )
        features = as_features(numbers)
        columns = [
            self._of_one_kind(name, column)
            for name, column in zip(features.schema.names, features.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, features.schema.names)

    def _of_one_kind(self, name: str, column: pa.Array) -> pa.Array:
        kind = kind_of(column.type)
        if kind is None:
            return column
        known = self._kinds.setdefault(name, kind)
        if (known, kind) == ("float", "int") and not is_list(column.type):
            return pc.cast(column, pa.float64())
        if (known, kind) == ("int", "float"):
            self._kinds[name] = "float"
            raise ReadAgainError
        if known != kind:
            raise DataError(
                f"column {name!r} changes its kind of value",
                input=name,
                expected=f"{known}, as in earlier rows",
                got=kind,
                hint="give it one type in the query with CAST",
            )
        return column


def _check_names(names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice or "" in names:
        raise DataError(
            f"the query gives two columns the name {twice[0]!r}"
            if twice
            else "the query gives a column no name",
            expected="a name of its own for each column",
            got=", ".join(map(repr, names)),
            hint="name them in the query with AS",
        )


def _numbers(column: pa.Array) -> pa.Array:
    """Returns dates as days and times as microseconds; other columns as they are, and lists of either."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    type_, types = column.type, pa.types
    if types.is_fixed_size_list(type_):
        column = pc.cast(column, pa.list_(type_.value_type))
    if is_list(column.type):
        return _number_lists(column)
    if types.is_date(type_):
        return pc.cast(pc.cast(pc.cast(column, pa.date32()), pa.int32()), pa.int64())
    if types.is_timestamp(type_):
        return pc.cast(pc.cast(column, pa.timestamp("us", type_.tz), safe=False), pa.int64())
    if types.is_time(type_):
        return pc.cast(pc.cast(column, pa.time64("us"), safe=False), pa.int64())
    if types.is_duration(type_):
        return pc.cast(pc.cast(column, pa.duration("us"), safe=False), pa.int64())
    if types.is_fixed_size_binary(type_):
        return pc.cast(column, pa.binary())
    return column


def _number_lists(column: pa.Array) -> pa.Array:
    offsets, values, valid = list_parts(column)
    converted = _numbers(values)
    if pa.types.is_boolean(converted.type):
        converted = pc.cast(converted, pa.int64())
    elif pa.types.is_decimal(converted.type):
        converted = pc.cast(converted, pa.float64())
    if converted is values:
        return column
    starts = pa.array(offsets) if valid.all() else pa.array(offsets, mask=np.append(~valid, False))
    return pa.LargeListArray.from_arrays(starts, converted)
