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

    What it knows only ever widens: one value a row becomes a list, text becomes bytes. A feature without any value
    counts as text. Features stand in the order in which they were first seen.
    """

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def observe(self, batch: pa.RecordBatch) -> None:
        """Takes notice of a batch.

        Raises:
            DataError: A feature has another kind than before, or none that a feature can have.
        """
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            seen = self._seen.setdefault(name, _Seen())
            self._observe_kind(name, column, seen)
            if is_list(column.type) and not seen.is_list:
                seen.is_list = _has_lists(column)
            if seen.kind == "bytes" and seen.is_text:
                seen.is_text = _is_text(column)

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

    def _observe_kind(self, name: str, column: pa.Array, seen: _Seen) -> None:
        if column.null_count == len(column):
            return
        try:
            kind = kind_of(column.type)
        except DataError as error:
            error.input = name
            raise
        if kind is None or kind == seen.kind:
            return
        if seen.kind is not None:
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
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return True
    large = pa.types.is_large_binary(values.type)
    try:
        pc.cast(values, pa.large_string() if large else pa.string())
    except pa.ArrowInvalid:
        return False
    return True
