# SPDX-License-Identifier: Apache-2.0
"""What goes through the pipeline: one batch of the source, with what every step has made of it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.inference.spec import SOURCE

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
        file: URI of its file.
        first_row: Number of its first row in the file.
        is_last: Whether its piece of work has no further batch.
    """

    unit: int
    file: str
    first_row: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class View:
    """The rows of a flow as one step sees or leaves them.

    Attributes:
        batch: Their columns.
        positions: Position of each in the source's batch, ascending.
        origins: Step that has added each column.
    """

    batch: pa.RecordBatch
    positions: Positions
    origins: tuple[str, ...]

    @property
    def num_rows(self) -> int:
        """Number of the rows."""
        return len(self.positions)

    def select(self, kept: npt.NDArray[np.bool_]) -> View:
        """Returns the rows for which ``kept`` is true."""
        if kept.all():
            return self
        return View(_filter(self.batch, kept), self.positions[kept], self.origins)

    def adding(self, step: str, columns: pa.RecordBatch) -> View:
        """Returns the rows with a step's columns, which take the place of those of the same name."""
        fresh = set(columns.schema.names)
        kept = [index for index, name in enumerate(self.batch.schema.names) if name not in fresh]
        return View(
            make_batch(
                [*(self.batch.schema.names[index] for index in kept), *columns.schema.names],
                [*(self.batch.column(index) for index in kept), *columns.columns],
                self.num_rows,
            ),
            self.positions,
            (*(self.origins[index] for index in kept), *(step for _ in columns.schema.names)),
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """One batch on its way.

    Attributes:
        place: Where it comes from.
        num_rows: Rows that the source's batch has.
        views: What each step (and each way of a split, ``<step>.<way>``) has left, by name.
        failures: The rows that were given up so far.
        lost: Which of the rows of the source's batch these are.
        calls: Calls of models so far.
    """

    place: Place
    num_rows: int
    views: Mapping[str, View]
    failures: tuple[Failure, ...] = ()
    lost: frozenset[int] = frozenset()
    calls: tuple[Call, ...] = ()
    unread: int = field(default=0)

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
        return cls(place, batch.num_rows, {SOURCE: view}, tuple(unreadable), unread=len(unreadable))

    @property
    def source(self) -> pa.RecordBatch:
        """The rows as they were read, failed ones among them."""
        return self.views[SOURCE].batch

    def at(self, sources: Sequence[str]) -> View:
        """Returns the rows that come to a step from others; each once, without those that failed meanwhile.

        Of several sources, columns that two or more of them have from a common step stand once and keep their name;
        all others are prefixed with their source's name.
        """
        ways = [self._alive(self.views[name]) for name in sources]
        return ways[0] if len(ways) == 1 else _joined(sources, ways)

    def with_view(self, name: str, view: View) -> Flow:
        """Returns the flow with what a step has left."""
        return replace(self, views={**self.views, name: view})

    def with_calls(self, calls: Sequence[Call]) -> Flow:
        """Returns the flow with more calls of models."""
        return replace(self, calls=(*self.calls, *calls))

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
    return pa.RecordBatch.from_struct_array(pa.nulls(rows, pa.struct([])))


def _filter(batch: pa.RecordBatch, kept: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    mask = pa.array(kept)
    return make_batch(batch.schema.names, [column.filter(mask) for column in batch.columns], int(kept.sum()))


def _joined(names: Sequence[str], ways: Sequence[View]) -> View:
    positions = ways[0].positions
    for way in ways[1:]:
        if not np.array_equal(positions, way.positions):
            positions = np.union1d(positions, way.positions)
    columns: dict[str, pa.Array] = {}
    origins: list[str] = []
    for target, origin, found in _columns_of(names, ways):
        columns[target] = _spread(positions, found)
        origins.append(origin)
    return View(make_batch(list(columns), list(columns.values()), len(positions)), positions, tuple(origins))


def _columns_of(
    names: Sequence[str], ways: Sequence[View]
) -> Iterator[tuple[str, str, list[tuple[Positions, pa.Array]]]]:
    """Yields each column of a join: its name, its origin, and its values in the ways that have it."""
    having: dict[tuple[str, str], list[int]] = {}
    for index, way in enumerate(ways):
        for column, origin in zip(way.batch.schema.names, way.origins, strict=True):
            having.setdefault((column, origin), []).append(index)
    for (column, origin), indices in having.items():
        found = [
            (
                ways[index].positions,
                ways[index].batch.column(ways[index].batch.schema.get_field_index(column)),
            )
            for index in indices
        ]
        common = len(indices) > 1
        yield column if common else f"{names[indices[0]].replace('.', '_')}_{column}", origin, found


def _spread(positions: Positions, found: Sequence[tuple[Positions, pa.Array]]) -> pa.Array:
    """Returns the values at these positions, from whichever way has one; null where none has."""
    for known, values in found:
        if len(known) == len(positions):
            return values
    taken = np.full(len(positions), -1, dtype=np.int64)
    start = 0
    for known, values in found:
        at = np.searchsorted(positions, known)
        taken[at] = np.arange(start, start + len(known))
        start += len(values)
    every: Any = _concatenated([values for _, values in found])
    return every.take(pa.array(taken, mask=taken < 0))


def _concatenated(parts: Sequence[pa.Array]) -> pa.Array:
    types = {part.type for part in parts if not pa.types.is_null(part.type)}
    if len(types) == 1:
        wanted = types.pop()
        parts = [pa.nulls(len(part), wanted) if part.type != wanted else part for part in parts]
    return pa.concat_arrays(list(parts))
