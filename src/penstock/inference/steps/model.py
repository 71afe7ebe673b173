# SPDX-License-Identifier: Apache-2.0
"""A model's step: Beam's RunInference around a handler whose elements are flows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from apache_beam.ml.inference.base import ModelHandler

from penstock.errors import did_you_mean
from penstock.inference.arrays import empty_batch, to_batch
from penstock.inference.failures import (
    TracebackLog,
    UnfitInputError,
    cause_of,
    is_rows_fault,
    salvage,
)
from penstock.inference.flow import Call, Failure, Flow, LoadedFacts, Stage, View, make_batch
from penstock.inference.job import ModelRef
from penstock.inference.loaded import Resident, acquire, load_copy
from penstock.inference.merging import merged_columns
from penstock.inference.spec import ModelSettings, ModelStep
from penstock.inference.steps.base import StepContext
from penstock.inference.steps.users import UserFunction, as_batch
from penstock.inference.timing import TimeLimit
from penstock.models import TensorSpec


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


@dataclass(frozen=True, slots=True)
class Focused:
    """A flow, and the rows of it that come to the step; as long as these, for RunInference's metrics."""

    flow: Flow
    view: View

    def __len__(self) -> int:
        return self.view.num_rows


class FlowHandler(ModelHandler[Focused, Flow, Resident]):
    """The handler that RunInference drives. One element is one flow; RunInference loads, shares and measures.

    Args:
        work: What is to be done.
    """

    def __init__(self, work: ModelWork) -> None:
        settings = work.settings
        super().__init__(large_model=settings.large_model, model_copies=settings.model_copies)
        self._work = work
        self._callers: dict[int, _Caller] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_callers": {}}

    def load_model(self) -> Resident:
        """Returns the model that this process keeps, or loads it."""
        work = self._work
        load = load_copy if (work.settings.model_copies or 1) > 1 else acquire
        return load(work.ref, work.settings, project_root=work.context.project_root)

    def run_inference(
        self,
        batch: Focused,
        model: Resident,
        inference_args: dict[str, Any] | None = None,  # noqa: ARG002  Beam's signature; settings are the model's own
    ) -> Iterable[Flow]:
        """Returns the flow with what the model has made of it."""
        caller = self._callers.get(id(model))
        if caller is None:
            caller = self._callers[id(model)] = _Caller(self._work, model)
        return [caller.apply(batch.flow, batch.view)]

    def get_num_bytes(self, batch: Focused) -> int:
        """Returns the bytes of the rows in memory."""
        return int(batch.view.batch.nbytes)

    def get_metrics_namespace(self) -> str:
        """Returns a namespace of the step's own."""
        return f"penstock.inference.{self._work.name}"

    def should_skip_batching(self) -> bool:
        """A flow is a batch already."""
        return True

    def get_preprocess_fns(self) -> Iterable[Callable[[Any], Any]]:
        """Brings the rows of the step's sources together, before the clock of RunInference starts."""
        return [partial(_focus, self._work.sources, self._work.unprefixed)]


def _focus(sources: tuple[str, ...], unprefixed: frozenset[str], flow: Flow) -> Focused:
    return Focused(flow, flow.at(sources, unprefixed))


class _Caller:
    """Calls a loaded model on rows, with the functions around it."""

    def __init__(self, work: ModelWork, model: Resident) -> None:
        self._model = model
        self._work = work
        self._inputs = model.inputs(work.step.signature)
        self._outputs = model.outputs(work.step.signature)
        self._facts: LoadedFacts = model.facts()
        # A part that fails is halved: one that a handler would take in several calls would repeat those that went well.
        self._most_rows = min(work.settings.batch_rows, model.most_rows() or work.settings.batch_rows)
        self._preprocess = work.preprocess
        self._postprocess = work.postprocess
        limit = work.settings.timeout_seconds
        self._limit = None if limit is None else TimeLimit(limit, f"model {work.step.model!r}")
        self._log = TracebackLog(work.name)
        self._stage: Stage = "inference"
        self._calls: list[Call] = []

    def apply(self, flow: Flow, view: View) -> Flow:
        """Returns the flow with the model's columns for the rows of a view, and without those that failed."""
        if not view.num_rows:
            return flow.with_view(self._work.name, self._with_columns(view, self._no_columns(view.batch)))
        self._calls = []
        stages: dict[int, Stage] = {}
        made = salvage(view.batch, self._noting(stages), self._most_rows)
        columns = merged_columns(made.parts)
        failures = {}
        for index, error in made.failed.items():
            position = int(view.positions[index])
            error_type, cause = cause_of(error)
            failures[position] = Failure(
                flow.place.row_number(position), self._work.name, stages[id(error)], error_type, cause
            )
        if made.failed:
            self._log.tell(list(made.failed.values()))
            kept = np.ones(view.num_rows, dtype=bool)
            kept[list(made.failed)] = False
            view = view.select(kept)
        if columns is None:
            columns = self._no_columns(view.batch)
        done = flow.with_view(self._work.name, self._with_columns(view, columns))
        return done.without(failures).with_calls(self._calls)

    def _noting(self, stages: dict[int, Stage]) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
        """Returns the call, with the stage noted in which an error was raised."""

        def call(batch: pa.RecordBatch) -> pa.RecordBatch:
            try:
                return self._predicted(batch)
            except Exception as error:
                stages[id(error)] = self._stage
                raise

        return call

    def _predicted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._stage = "preprocess"
        prepared = _called(self._preprocess, batch) if self._preprocess else batch
        self._stage = "inference"
        answers = self._named(self._answers(self._fed(prepared)))
        if self._postprocess is None:
            return answers
        self._stage = "postprocess"
        return _called(self._postprocess, _beside(batch, answers))

    def _answers(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        started = time.perf_counter()
        predict = partial(self._model.predict, batch, self._work.step.signature)
        answers = self._limit.call(predict) if self._limit else predict()
        seconds = time.perf_counter() - started
        self._calls.append(Call(self._work.step.model, batch.num_rows, seconds, self._facts))
        return to_batch(answers, batch.num_rows)

    def _fed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the columns that the model takes, under its own names; all where it does not say."""
        renamed = self._work.step.inputs
        for name, column in renamed.items():
            if column not in batch.schema.names:
                raise self._missing(f"input {name!r}", column, batch.schema.names)
        wanted = {spec.name: renamed.get(spec.name, spec.name) for spec in self._inputs}
        absent = [column for column in wanted.values() if column not in batch.schema.names]
        if absent and not _takes_examples(self._inputs):
            raise self._missing(
                str(next(s for s in self._inputs if wanted[s.name] in absent)), absent[0], batch.schema.names
            )
        if wanted and not absent:
            self._check_kinds(batch, wanted)
            return _columns(batch, wanted)
        kept = {name: name for name in batch.schema.names if name not in self._work.provenance}
        return _columns(batch, {**kept, **renamed})

    def _check_kinds(self, batch: pa.RecordBatch, wanted: dict[str, str]) -> None:
        for spec in self._inputs:
            column = batch.schema.field(wanted[spec.name])
            if spec.dtype != "string" and _is_text(column.type):
                raise UnfitInputError(
                    f"model {self._work.step.model!r} takes {spec}, and column {column.name!r} is text",
                    component=self._work.context.component,
                    input=column.name,
                    expected=spec.dtype,
                    got=str(column.type),
                    hint="convert it in a preprocess function, or take another column",
                )

    def _named(self, answers: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the outputs that the step asks for, under its names."""
        chosen = self._work.step.outputs
        for name in chosen:
            if name not in answers.schema.names:
                raise UnfitInputError(
                    f"model {self._work.step.model!r} has no output {name!r}",
                    component=self._work.context.component,
                    input=name,
                    hint=did_you_mean(name, answers.schema.names),
                )
        return _columns(answers, {column: name for name, column in chosen.items()}) if chosen else answers

    def _no_columns(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Returns the columns that the step adds, as far as they are known without a row."""
        nothing = make_batch([], [], 0)
        try:
            answers = self._named(empty_batch(self._outputs)) if self._outputs else nothing
            if self._postprocess is None:
                return answers
            return _called(self._postprocess, _beside(batch.slice(0, 0), answers))
        except Exception as error:
            if not is_rows_fault(error) and not isinstance(error, UnfitInputError):
                raise
            return nothing

    def _with_columns(self, view: View, columns: pa.RecordBatch) -> View:
        id_name, version_name = self._work.provenance
        ref = self._work.ref
        ids = pa.nulls(view.num_rows, pa.int64())
        if ref.artifact_id is not None:
            ids = pa.array(np.full(view.num_rows, ref.artifact_id, dtype=np.int64))
        versions = pa.array([ref.version], pa.string()).take(
            pa.array(np.zeros(view.num_rows, dtype=np.int64))
        )
        kept = [name for name in columns.schema.names if name not in (id_name, version_name)]
        return view.adding(
            self._work.name,
            make_batch(
                [*kept, id_name, version_name],
                [*(columns.column(columns.schema.get_field_index(name)) for name in kept), ids, versions],
                view.num_rows,
            ),
        )

    def _missing(self, taker: str, column: str, names: Sequence[str]) -> UnfitInputError:
        return UnfitInputError(
            f"model {self._work.step.model!r} takes {taker}, and the rows have no column {column!r}",
            component=self._work.context.component,
            input=column,
            hint=did_you_mean(column, names),
        )


def _called(function: UserFunction, batch: pa.RecordBatch) -> pa.RecordBatch:
    return as_batch(function, function(batch), batch.num_rows)


def _columns(batch: pa.RecordBatch, wanted: dict[str, str]) -> pa.RecordBatch:
    """Returns some columns under new names."""
    columns = [batch.column(batch.schema.get_field_index(column)) for column in wanted.values()]
    return make_batch(list(wanted), columns, batch.num_rows)


def _beside(batch: pa.RecordBatch, answers: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the rows with the model's columns, which take the place of those of the same name."""
    kept = [name for name in batch.schema.names if name not in answers.schema.names]
    columns = [batch.column(batch.schema.get_field_index(name)) for name in kept]
    return make_batch([*kept, *answers.schema.names], [*columns, *answers.columns], batch.num_rows)


def _takes_examples(inputs: Sequence[TensorSpec]) -> bool:
    """Says whether a model's one input may be serialized examples, which are made of all columns."""
    return len(inputs) == 1 and inputs[0].dtype == "string"


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))
