# SPDX-License-Identifier: Apache-2.0
"""Calls a loaded model on the rows of a flow, with the user's functions before and behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from penstock.inference.arrays import empty_batch, to_batch
from penstock.inference.failures import TracebackLog, cause_of, is_rows_fault, rows_of, salvage
from penstock.inference.flow import (
    Call,
    Failure,
    Flow,
    LoadedFacts,
    Positions,
    Stage,
    View,
    beside,
    make_batch,
)
from penstock.inference.job import ModelRef
from penstock.inference.loaded import Resident
from penstock.inference.merging import merged_columns
from penstock.inference.spec import ModelSettings, ModelStep
from penstock.inference.steps.base import StepContext
from penstock.inference.steps.feeding import Feeding
from penstock.inference.steps.learned import LearnedColumns
from penstock.inference.steps.users import UserFunction, as_batch
from penstock.inference.timing import TimeLimit

_Part = tuple[Positions, pa.RecordBatch]
_Raised = tuple[Stage, Exception]
_OnBatch = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class ModelWork:
    """What a model's step is told; pickled to workers.

    Attributes:
        name: Name of the step.
        sources: Where its rows come from.
        step: What is to be done.
        ref: The model.
        settings: How it is loaded and called.
        provenance: Names of the two columns that say which model has made a row.
        unprefixed: Columns that keep their name where ways meet.
        preprocess, postprocess: The user's functions.
        context: The job around it.
    """

    name: str
    sources: tuple[str, ...]
    step: ModelStep
    ref: ModelRef
    settings: ModelSettings
    provenance: tuple[str, str]
    unprefixed: frozenset[str]
    preprocess: UserFunction | None
    postprocess: UserFunction | None
    context: StepContext


class ModelCaller:
    """Makes the calls of one step to one loaded model.

    Args:
        work: What is to be done.
        model: The model.
    """

    def __init__(self, work: ModelWork, model: Resident) -> None:
        self._model = model
        self._work = work
        signature = work.step.signature
        self._feeding = Feeding(
            work.step, model.inputs(signature), sorted(work.unprefixed), work.context.component
        )
        self._outputs = model.outputs(signature)
        self._facts: LoadedFacts = model.facts()
        # A part that fails is halved: one that a handler would take in several calls would repeat those that went well.
        self._most_rows = min(work.settings.batch_rows, model.most_rows() or work.settings.batch_rows)
        limit = work.settings.timeout_seconds
        self._limit = None if limit is None else TimeLimit(limit, f"model {work.step.model!r}")
        self._log = TracebackLog(work.name)
        self._learned = LearnedColumns()
        self._provenance = self._provenance_of(0)
        self._stage: Stage = "inference"
        self._calls: list[Call] = []

    def apply(self, flow: Flow, view: View) -> Flow:
        """Returns the flow with the model's columns for the rows of a view, and without those that failed."""
        if not view.num_rows:
            return flow.with_view(self._work.name, self._without_rows(view))
        self._calls = []
        parts, failed = self._salvaged(view.batch)
        failures = {}
        for index, (stage, error) in failed.items():
            position = int(view.positions[index])
            number = flow.place.row_number(position)
            failures[position] = Failure(number, self._work.name, stage, *cause_of(error))
        self._log.tell([error for _, error in failed.values()])
        kept = np.ones(view.num_rows, dtype=bool)
        kept[list(failed)] = False
        columns = merged_columns(parts)
        self._learned.note(columns)
        left = view.select(kept)
        after = self._without_rows(left) if columns is None else self._with_rows(left, columns)
        return flow.with_view(self._work.name, after).without(failures).with_calls(self._calls)

    def _salvaged(self, batch: pa.RecordBatch) -> tuple[list[_Part], dict[int, _Raised]]:
        """Returns the columns of the rows that went well, and what was raised for each of the others."""
        parts: list[_Part] = []
        failed: dict[int, _Raised] = {}
        for start in range(0, batch.num_rows, self._most_rows):
            indices = np.arange(start, min(start + self._most_rows, batch.num_rows))
            rows = rows_of(batch, indices)
            try:
                parts.append((indices, self._predicted(rows)))
            except Exception as error:
                if not is_rows_fault(error):
                    raise
                parts += self._stage_by_stage(rows, indices, (self._stage, error), failed)
        return parts, failed

    def _stage_by_stage(
        self, batch: pa.RecordBatch, indices: Positions, first: _Raised, failed: dict[int, _Raised]
    ) -> list[_Part]:
        """Finds the rows that fail, each stage by itself: a row that a function refuses costs no calls of the model."""

        def stage(name: Stage, rows: pa.RecordBatch, left: Positions, work: _OnBatch) -> _Part | None:
            is_known = first[0] == name and len(left) == len(indices)
            made = salvage(rows, work, known=first[1] if is_known else None)
            failed.update({int(left[index]): (name, error) for index, error in made.failed.items()})
            columns = merged_columns(made.parts)
            return None if columns is None else (np.delete(left, list(made.failed)), columns)

        prepared: _Part | None = (indices, batch)
        if self._work.preprocess is not None:
            prepared = stage("preprocess", batch, indices, partial(_called, self._work.preprocess))
        if prepared is None:
            return []
        answered = stage("inference", prepared[1], prepared[0], self._answered)
        if answered is None or self._work.postprocess is None:
            return [] if answered is None else [answered]
        left, answers = answered
        rows = beside(rows_of(batch, np.searchsorted(indices, left)), answers)
        finished = stage("postprocess", rows, left, partial(_called, self._work.postprocess))
        return [] if finished is None else [finished]

    def _predicted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._stage = "preprocess"
        prepared = _called(self._work.preprocess, batch) if self._work.preprocess else batch
        self._stage = "inference"
        answers = self._answered(prepared)
        self._stage = "postprocess"
        return self._postprocessed(batch, answers)

    def _answered(self, prepared: pa.RecordBatch) -> pa.RecordBatch:
        return self._feeding.named(self._answers(self._feeding.fed(prepared)))

    def _postprocessed(self, batch: pa.RecordBatch, answers: pa.RecordBatch) -> pa.RecordBatch:
        function = self._work.postprocess
        return answers if function is None else _called(function, beside(batch, answers))

    def _answers(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        started = time.perf_counter()
        predict = partial(self._model.predict, batch, self._work.step.signature)
        answers = self._limit.call(predict) if self._limit else predict()
        seconds = time.perf_counter() - started
        self._calls.append(Call(self._work.step.model, batch.num_rows, seconds, self._facts))
        return to_batch(answers, batch.num_rows, self._outputs)

    def _with_rows(self, view: View, columns: pa.RecordBatch) -> View:
        return view.adding(self._work.name, self._with_provenance(columns))

    def _without_rows(self, view: View) -> View:
        """Returns a view without rows with the columns that the step adds, as far as they can be known."""
        columns, sample = self._learned.without_rows(
            [lambda: self._of_no_rows(view.batch), lambda: self._of_sample(view.sample)]
        )
        return view.adding(
            self._work.name,
            self._with_provenance(columns),
            None if sample is None else self._with_provenance(sample),
        )

    def _of_sample(self, sample: pa.RecordBatch | None) -> pa.RecordBatch | None:
        return None if sample is None else self._predicted(sample)

    def _of_no_rows(self, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        if not self._outputs:
            return None
        answers = self._feeding.named(empty_batch(self._outputs))
        return self._postprocessed(batch.slice(0, 0), answers)

    def _with_provenance(self, columns: pa.RecordBatch) -> pa.RecordBatch:
        rows = columns.num_rows
        if self._provenance.num_rows != rows:
            self._provenance = self._provenance_of(rows)
        return beside(columns, self._provenance)

    def _provenance_of(self, rows: int) -> pa.RecordBatch:
        ref = self._work.ref
        ids = pa.nulls(rows, pa.int64())
        if ref.artifact_id is not None:
            ids = pa.array(np.full(rows, ref.artifact_id, dtype=np.int64))
        versions = pa.array([ref.version], pa.string()).take(pa.array(np.zeros(rows, dtype=np.int64)))
        return make_batch(self._work.provenance, [ids, versions], rows)


def _called(function: UserFunction, batch: pa.RecordBatch) -> pa.RecordBatch:
    return as_batch(function, function(batch), batch.num_rows)
