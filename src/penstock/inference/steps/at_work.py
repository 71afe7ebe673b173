# SPDX-License-Identifier: Apache-2.0
"""Steps that are no models, as Beam's functions of flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import apache_beam as beam
import numpy as np
import pyarrow as pa

from penstock.inference.failures import Salvaged, TracebackLog, cause_of, salvage
from penstock.inference.flow import Failure, Flow, View
from penstock.inference.merging import merged_columns, merged_mask
from penstock.inference.steps.base import RowStep, StepResult
from penstock.inference.steps.learned import LearnedColumns


@dataclass(frozen=True, slots=True)
class RowWork:
    """What a step that is no model is told; pickled to workers.

    Attributes:
        name: Name of the step.
        sources: Where its rows come from.
        ways: Names of its ways, where it is a split.
        unprefixed: Columns that keep their name where ways meet.
        step: What is done; ``None`` where ways only meet.
    """

    name: str
    sources: tuple[str, ...]
    ways: tuple[str, ...]
    unprefixed: frozenset[str]
    step: RowStep | None


class StepFn(beam.DoFn):
    """Does a step's work on flows."""

    def __init__(self, work: RowWork) -> None:
        super().__init__()
        self._work = work
        self._log = TracebackLog(work.name)
        self._learned = LearnedColumns()

    def setup(self) -> None:
        if self._work.step is not None:
            self._work.step.setup()

    def teardown(self) -> None:
        if self._work.step is not None:
            self._work.step.close()

    def process(self, flow: Flow) -> Iterator[Flow]:
        work = self._work
        view = flow.at(work.sources, work.unprefixed)
        yield flow.with_view(work.name, view) if work.step is None else self._applied(flow, view, work.step)

    def _applied(self, flow: Flow, view: View, step: RowStep) -> Flow:
        if not view.num_rows:
            return self._without_rows(flow, view, step)
        made = salvage(view.batch, step.apply)
        self._log.tell(list(made.failed.values()))
        failures = self._failures(flow, view, made, step)
        kept = np.ones(view.num_rows, dtype=bool)
        kept[list(made.failed)] = False
        left = view.select(kept)
        columns = merged_columns([(indices, r.columns) for indices, r in made.parts if r.columns is not None])
        self._learned.note(columns)
        if columns is not None:
            left = left.adding(self._work.name, columns)
        elif not made.parts:
            return self._without_rows(flow, left, step).without(failures)
        keep = [(indices, result.keep) for indices, result in made.parts if result.keep is not None]
        done = flow.with_view(self._work.name, left.select(merged_mask(keep, kept)) if keep else left)
        for way in self._work.ways:
            masks = [(indices, result.ways[way]) for indices, result in made.parts]
            done = done.with_view(f"{self._work.name}.{way}", left.select(merged_mask(masks, kept)))
        return done.without(failures)

    def _without_rows(self, flow: Flow, view: View, step: RowStep) -> Flow:
        """Returns the flow with the columns that a step adds where it has rows; other steps may count on them."""
        asked_with = [view.batch] if view.sample is None else [view.sample, view.batch]
        columns, sample = self._learned.without_rows(
            [partial(_columns_of, step, batch) for batch in asked_with]
        )
        done = view.adding(self._work.name, columns, view.sample if sample is None else sample)
        for name in (self._work.name, *(f"{self._work.name}.{way}" for way in self._work.ways)):
            flow = flow.with_view(name, done)
        return flow

    def _failures(
        self, flow: Flow, view: View, made: Salvaged[StepResult], step: RowStep
    ) -> Mapping[int, Failure]:
        causes = {index: cause_of(error) for index, error in made.failed.items()}
        for indices, result in made.parts:
            causes.update({int(indices[index]): cause for index, cause in result.failed.items()})
        failures = {}
        for index, (error_type, cause) in sorted(causes.items()):
            position = int(view.positions[index])
            number = flow.place.row_number(position)
            failures[position] = Failure(number, self._work.name, step.stage, error_type, cause)
        return failures


def _columns_of(step: RowStep, batch: pa.RecordBatch) -> pa.RecordBatch | None:
    return step.apply(batch).columns
