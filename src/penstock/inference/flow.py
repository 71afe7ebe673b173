# SPDX-License-Identifier: Apache-2.0
"""What goes through the pipeline: one batch of the source, with what every step has made of it so far."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from penstock.inference.spec import SOURCE
from penstock.inference.views import Positions as Positions
from penstock.inference.views import View as View
from penstock.inference.views import beside as beside
from penstock.inference.views import filter_batch as filter_batch
from penstock.inference.views import join_views
from penstock.inference.views import make_batch as make_batch

Stage = Literal["read", "preprocess", "inference", "postprocess", "function", "lookup"]


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
        values: Its values by column, where one of them could not be read as what it must be.
    """

    row: int
    step: str
    stage: Stage
    error_type: str
    error: str
    text: str | None = None
    file: str | None = None
    values: Mapping[str, Any] | None = None


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
        return ways[0] if len(ways) == 1 else join_views(sources, ways, unprefixed)

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
