# SPDX-License-Identifier: Apache-2.0
"""Steps that are no models, as Beam's functions of flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import apache_beam as beam
import numpy as np

from penstock.inference.failures import Salvaged, TracebackLog, cause_of, is_rows_fault, salvage
from penstock.inference.flow import Failure, Flow, View
from penstock.inference.merging import merged_columns, merged_mask
from penstock.inference.steps.base import RowStep, StepResult


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
        made = salvage(view.batch, step.apply) if view.num_rows else _of_no_rows(step, view)
        self._log.tell(list(made.failed.values()))
        failures = self._failures(flow, view, made, step)
        kept = np.ones(view.num_rows, dtype=bool)
        kept[list(made.failed)] = False
        left = view.select(kept)
        columns = merged_columns([(indices, r.columns) for indices, r in made.parts if r.columns is not None])
        if columns is not None:
            left = left.adding(self._work.name, columns)
        keep = [(indices, result.keep) for indices, result in made.parts if result.keep is not None]
        done = flow.with_view(self._work.name, left.select(merged_mask(keep, kept)) if keep else left)
        for way in self._work.ways:
            masks = [(indices, result.ways[way]) for indices, result in made.parts]
            done = done.with_view(f"{self._work.name}.{way}", left.select(merged_mask(masks, kept)))
        return done.without(failures)

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


def _of_no_rows(step: RowStep, view: View) -> Salvaged[StepResult]:
    """Asks a step for its columns; one that has no answer without rows adds none."""
    try:
        return Salvaged([(view.positions, step.apply(view.batch))])
    except Exception as error:
        if not is_rows_fault(error):
            raise
        return Salvaged()
