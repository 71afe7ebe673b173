# SPDX-License-Identifier: Apache-2.0
"""What goes through the pipeline: one batch of the source, with what every step has made of it so far."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.inference.schemas import concat_arrays
from penstock.inference.spec import SOURCE
from penstock.inference.ways import JoinedColumn, Origin, joined_columns

Stage = Literal["read", "preprocess", "inference", "postprocess", "function", "lookup"]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that was given up.

    Attributes:
        row: Its number in its file, the first being 0.
        step: Step that gave it up.
        stage: What of the step did.
        error_type: Type of what was raised.
        error: Why, in a line.
        text: What could be read of it, where it could not be read as a row.
        file: Its file, where that is another than its batch's.
    """

    row: int
    step: str
    stage: Stage
    error_type: str
    error: str
    text: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """What is known of a model once it is loaded.

    Attributes:
        load_seconds: Time that loading took.
        size_bytes: Bytes of its parameters where the framework tells, of its files else.
        device: Where it runs.
        flavor: Its flavor, or the handler's name.
    """

    load_seconds: float
    size_bytes: int
    device: str
    flavor: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model.

    Attributes:
        model: Name of the model.
        rows: Rows in the call.
        seconds: Time that it took.
        facts: What is known of the model.
    """

    model: str
    rows: int
    seconds: float
    facts: LoadedFacts


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch comes from.

    Attributes:
        unit: Number of its piece of work; the pieces' order is the order of the rows.
        number: Its number among the batches of that piece of work.
        file: URI of its file.
        first_row: Number in the file of its first row, or of the first unreadable row before that.
        is_last: Whether its piece of work has no further batch.
        skipped: Numbers of rows, from ``first_row`` on, that could not be read and are not in the batch.
        row_files: File of each row of the batch, where rows are whole files.
    """

    unit: int
    number: int
    file: str
    first_row: int
    is_last: bool
    skipped: tuple[int, ...] = ()
    row_files: tuple[str, ...] = ()

    def file_of(self, position: int) -> str:
        """Returns the file of a row of the batch."""
        return self.row_files[position] if self.row_files else self.file

    def row_number(self, position: int) -> int:
        """Returns the number in the file of a row of the batch."""
        number = self.first_row + position
        while True:
            shifted = self.first_row + position + bisect_right(self.skipped, number)
            if shifted == number:
                return number
            number = shifted


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


@dataclass(frozen=True, slots=True)
class Flow:
    """One batch on its way.

    Attributes:
        place: Where it comes from.
        views: What each step (and each way of a split, ``<step>.<way>``) has left, by name.
        failures: The rows that were given up so far.
        lost: Positions of those of them that are in the source's batch.
        calls: Calls of models so far.
    """

    place: Place
    views: Mapping[str, View]
    failures: tuple[Failure, ...] = ()
    lost: frozenset[int] = frozenset()
    calls: tuple[Call, ...] = ()

    @classmethod
    def start(cls, place: Place, batch: pa.RecordBatch, unreadable: Sequence[Failure] = ()) -> Flow:
        """Returns the flow of a batch as it was read.

        Args:
            place: Where it comes from.
            batch: Its rows.
            unreadable: Rows around it that could not be read.
        """
        positions = np.arange(batch.num_rows, dtype=np.int64)
        view = View(batch, positions, (SOURCE,) * batch.num_columns)
        return cls(place, {SOURCE: view}, tuple(unreadable))

    @property
    def source(self) -> pa.RecordBatch:
        """The rows as they were read, failed ones among them."""
        return self.views[SOURCE].batch

    @property
    def rows_read(self) -> int:
        """Rows of the source that the flow stands for, those that could not be read among them."""
        return int(self.source.num_rows) + len(self.failures) - len(self.lost)

    def at(self, sources: Sequence[str], unprefixed: Collection[str] = ()) -> View:
        """Returns the rows that come to a step from others; each once, without those that failed meanwhile.

        Args:
            sources: Names of views.
            unprefixed: Columns that keep their name where several ways meet; of the others
                :func:`penstock.inference.ways.joined_columns` tells.
        """
        ways = [self._alive(self.views[name]) for name in sources]
        return ways[0] if len(ways) == 1 else _joined(sources, ways, unprefixed)

    def with_view(self, name: str, view: View) -> Flow:
        """Returns the flow with what a step has left."""
        return replace(self, views={**self.views, name: view})

    def with_calls(self, calls: Sequence[Call]) -> Flow:
        """Returns the flow with more calls of models."""
        return replace(self, calls=(*self.calls, *calls)) if calls else self

    def without(self, failures: Mapping[int, Failure]) -> Flow:
        """Returns the flow without rows that failed.

        Args:
            failures: By position in the source's batch.
        """
        if not failures:
            return self
        return replace(self, failures=(*self.failures, *failures.values()), lost=self.lost.union(failures))

    def _alive(self, view: View) -> View:
        if not self.lost:
            return view
        return view.select(~np.isin(view.positions, np.fromiter(self.lost, np.int64, len(self.lost))))


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


def _joined(names: Sequence[str], ways: Sequence[View], unprefixed: Collection[str]) -> View:
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
