# SPDX-License-Identifier: Apache-2.0
"""Finds out, batch by batch, what the features of a set of examples are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind, FeatureSet, FeatureSpec
from penstock.examples.layout import is_list, kind_of, list_parts


@dataclass(slots=True)
class _Seen:
    kind: FeatureKind | None = None
    is_list: bool = False
    is_text: bool = True


class FeatureDiscovery:
    """Watches batches of either layout go by and knows what they had in common so far.

    What it knows only ever widens: one value a row becomes a list, text becomes bytes. A feature whose
    columns never had a type counts as text. Features stand in the order in which they were first seen.

    Args:
        known: What is known beforehand.
    """

    def __init__(self, known: FeatureSet | None = None) -> None:
        self._seen: dict[str, _Seen] = {}
        if known is not None:
            self.include(known)

    def observe(self, batch: pa.RecordBatch) -> None:
        """Takes notice of a batch.

        Raises:
            DataError: A feature has another kind than before, or none that a feature can have.
        """
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            seen = self._seen.setdefault(name, _Seen())
            kind = _named_kind(name, column.type)
            if kind is not None:
                _set_kind(name, kind, seen)
            if is_list(column.type) and not seen.is_list:
                seen.is_list = _has_lists(column)
            if seen.kind == "bytes" and seen.is_text:
                seen.is_text = _is_text(column)

    def include(self, features: FeatureSet) -> None:
        """Takes notice of the features of other examples.

        Raises:
            DataError: A feature has another kind than before.
        """
        for feature in features:
            seen = self._seen.setdefault(feature.name, _Seen())
            _set_kind(feature.name, feature.kind, seen)
            seen.is_list |= feature.is_list
            seen.is_text &= feature.is_text

    def include_schema(self, schema: pa.Schema) -> None:
        """Takes notice of the columns of other examples, which may be all that is known of these.

        Raises:
            DataError: A column has another kind than before, or none that a feature can have.
        """
        for field in schema:
            seen = self._seen.setdefault(field.name, _Seen())
            kind = _named_kind(field.name, field.type)
            if kind is not None:
                _set_kind(field.name, kind, seen)
            seen.is_list |= is_list(field.type)
            seen.is_text &= kind != "bytes" or _is_string(_value_type(field.type))

    def without_kind(self) -> tuple[str, ...]:
        """Returns the names of features whose columns never had a type."""
        return tuple(name for name, seen in self._seen.items() if seen.kind is None)

    def features(self) -> FeatureSet:
        """Returns the features as known so far."""
        return FeatureSet(
            tuple(
                FeatureSpec(
                    name, seen.kind or "bytes", seen.is_list, seen.kind in (None, "bytes") and seen.is_text
                )
                for name, seen in self._seen.items()
            )
        )


def _named_kind(name: str, type_: pa.DataType) -> FeatureKind | None:
    try:
        return kind_of(type_)
    except DataError as error:
        error.input = name
        raise


def _value_type(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if is_list(type_) else type_


def _is_string(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _set_kind(name: str, kind: FeatureKind, seen: _Seen) -> None:
    if seen.kind not in (None, kind):
        raise DataError(
            f"feature {name!r} changes its kind of value",
            input=name,
            expected=f"{seen.kind}, as in earlier rows",
            got=kind,
            hint="give the feature one type where the data is made",
        )
    seen.kind = kind


def _has_lists(column: pa.Array) -> bool:
    offsets, _, valid = list_parts(column)
    return bool(np.any(np.diff(offsets)[valid] != 1))


def _is_text(column: pa.Array) -> bool:
    values = column.flatten() if is_list(column.type) else column
    if _is_string(values.type):
        return True
    large = pa.types.is_large_binary(values.type)
    try:
        pc.cast(values, pa.large_string() if large else pa.string())
    except pa.ArrowInvalid:
        return False
    return True
