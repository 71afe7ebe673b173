# SPDX-License-Identifier: Apache-2.0
"""The rows of a batch as one step sees or leaves them, and how they meet those of other steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.inference.schemas import concat_arrays
from penstock.inference.ways import JoinedColumn, Origin, joined_columns

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """The rows of a flow as one step sees or leaves them.

    Attributes:
        batch: Their columns.
        positions: Position of each in the source's batch, ascending.
        origins: Step that has added each column.
        sample: Where no row is left, one that was there before, so that steps behind can tell which columns they add.
    """

    batch: pa.RecordBatch
    positions: Positions
    origins: tuple[str, ...]
    sample: pa.RecordBatch | None = None

    @property
    def num_rows(self) -> int:
        """Number of the rows."""
        return len(self.positions)

    def select(self, kept: npt.NDArray[np.bool_]) -> View:
        """Returns the rows for which ``kept`` is true."""
        if kept.all():
            return self
        sample = None if kept.any() else self.batch.slice(0, 1)
        return View(filter_batch(self.batch, kept), self.positions[kept], self.origins, sample)

    def adding(self, step: str, columns: pa.RecordBatch, sample: pa.RecordBatch | None = None) -> View:
        """Returns the rows with a step's columns, which take the place of those of the same name.

        Args:
            step: Name of the step.
            columns: Its columns.
            sample: The same for the sample.
        """
        fresh = set(columns.schema.names)
        kept = [
            origin
            for name, origin in zip(self.batch.schema.names, self.origins, strict=True)
            if name not in fresh
        ]
        return View(
            beside(self.batch, columns),
            self.positions,
            (*kept, *(step for _ in columns.schema.names)),
            None if self.sample is None or sample is None else beside(self.sample, sample),
        )


def make_batch(names: Sequence[str], columns: Sequence[pa.Array], rows: int) -> pa.RecordBatch:
    """Returns a batch; one without columns still knows its rows."""
    if columns:
        return pa.RecordBatch.from_arrays(list(columns), list(names))
    return pa.RecordBatch.from_struct_array(pa.StructArray.from_buffers(pa.struct([]), rows, [None]))


def beside(batch: pa.RecordBatch, columns: pa.RecordBatch) -> pa.RecordBatch:
    """Returns a batch with more columns, which take the place of those of the same name."""
    kept = [name for name in batch.schema.names if name not in columns.schema.names]
    found = [batch.column(batch.schema.get_field_index(name)) for name in kept]
    return make_batch([*kept, *columns.schema.names], [*found, *columns.columns], batch.num_rows)


def filter_batch(batch: pa.RecordBatch, kept: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    """Returns the rows of a batch for which ``kept`` is true."""
    mask = pa.array(kept)
    return make_batch(batch.schema.names, [column.filter(mask) for column in batch.columns], int(kept.sum()))


def join_views(names: Sequence[str], ways: Sequence[View], unprefixed: Collection[str]) -> View:
    """Returns the rows of several ways, each once.

    Args:
        names: What the ways are called.
        ways: The ways.
        unprefixed: Columns that keep their name; see :func:`penstock.inference.ways.joined_columns`.
    """
    positions = ways[0].positions
    for way in ways[1:]:
        if not np.array_equal(positions, way.positions):
            positions = np.union1d(positions, way.positions)
    labels = [Origin.parse(name).label for name in names]
    known = [dict(zip(way.batch.schema.names, way.origins, strict=True)) for way in ways]
    joined = joined_columns(list(zip(labels, known, strict=True)), unprefixed)
    columns = [_spread(positions, _values_of(column, ways)) for column in joined]
    batch = make_batch([column.name for column in joined], columns, len(positions))
    sample = None if len(positions) else _joined_sample(joined, ways)
    return View(batch, positions, tuple(column.added_by for column in joined), sample)


def _joined_sample(joined: Sequence[JoinedColumn], ways: Sequence[View]) -> pa.RecordBatch | None:
    samples = [way.sample for way in ways]
    columns = []
    for column in joined:
        sample = samples[column.way]
        if sample is None or column.column not in sample.schema.names:
            return None
        columns.append(sample.column(sample.schema.get_field_index(column.column)))
    return make_batch([column.name for column in joined], columns, 1)


def _values_of(column: JoinedColumn, ways: Sequence[View]) -> list[tuple[Positions, pa.Array]]:
    """Returns the values of a column in every way that has it, with the positions of their rows."""
    found = []
    for way in ways:
        index = way.batch.schema.get_field_index(column.column)
        if index >= 0 and way.origins[index] == column.added_by:
            found.append((way.positions, way.batch.column(index)))
    return found


def _spread(positions: Positions, found: Sequence[tuple[Positions, pa.Array]]) -> pa.Array:
    """Returns the values at these positions, from whichever way has one; null where none has."""
    for known, values in found:
        if len(known) == len(positions):
            return values
    taken = np.zeros(len(positions), dtype=np.int64)
    there = np.zeros(len(positions), dtype=bool)
    start = 0
    for known, values in found:
        at = np.searchsorted(positions, known)
        taken[at] = np.arange(start, start + len(known))
        there[at] = True
        start += len(values)
    every: Any = concat_arrays([values for _, values in found])
    return every.take(pa.array(taken, mask=~there))
