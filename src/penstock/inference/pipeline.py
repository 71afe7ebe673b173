# SPDX-License-Identifier: Apache-2.0
"""The one linear Beam pipeline: pieces of work, flows, a transform a step, files. Nothing is grouped on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.ml.inference.base import RunInference
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from penstock.inference.dead_letters import dead_letters
from penstock.inference.finishing import Report
from penstock.inference.flow import Flow, filter_batch, make_batch
from penstock.inference.plan import Plan
from penstock.inference.reading import SourceReader, Unit, flows
from penstock.inference.spec import SOURCE
from penstock.inference.steps.at_work import StepFn
from penstock.inference.steps.model import FlowHandler, ModelWork
from penstock.inference.writing import PartWriter, ResultRows

OnReport = Callable[[Report], None]
OnRows = Callable[[int], None]

_listeners: dict[str, tuple[OnReport, OnRows]] = {}
"""Who is told, by the job's token; in the process that started the pipeline, where the work is done in it."""

_handed_out: dict[str, Iterable[Unit]] = {}
"""Where pieces of work come from, by the job's token, in a process that shares them with others."""


class Pieces(beam.PTransform):
    """Reads pieces of work in this process, one after the other.

    Args:
        reader: Reads a piece.
        units: The pieces, or the token under which :func:`hand_out` gives them out.
    """

    def __init__(self, reader: SourceReader, units: Sequence[Unit] | str) -> None:
        super().__init__()
        self._reader = reader
        self._units = units

    def expand(self, pbegin: beam.pvalue.PBegin) -> beam.PCollection:
        return pbegin | beam.Impulse() | beam.ParDo(_ReadAllFn(self._reader, self._units))


class Inference(beam.PTransform):
    """Takes flows to their ends; gives reports where nobody listens in the worker's process.

    Args:
        plan: The job.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def expand(self, flows: beam.PCollection) -> beam.PCollection:
        plan, current = self._plan, flows
        for work in plan.steps:
            current = current | f"Step {work.name}" >> (
                _run_inference(work, plan.token) if isinstance(work, ModelWork) else beam.ParDo(StepFn(work))
            )
        return current | "Write" >> beam.ParDo(_WriteFn(plan))


def model_tag(token: str, model: str) -> str:
    """Returns the name under which a machine's workers share a model."""
    safe = "".join(letter if letter.isalnum() else "-" for letter in model)
    return f"penstock-{token}-{safe}-"


def listen(token: str, on_report: OnReport, on_rows: OnRows) -> None:
    """Has the reports and rows of a job told here, until :func:`stop_listening`."""
    _listeners[token] = (on_report, on_rows)


def stop_listening(token: str) -> None:
    """Ends what :func:`listen` has begun."""
    _listeners.pop(token, None)


def hand_out(token: str, units: Iterable[Unit]) -> None:
    """Has :class:`Pieces` read what an iterator gives."""
    _handed_out[token] = units


def _run_inference(work: ModelWork, token: str) -> beam.PTransform:
    return RunInference(FlowHandler(work), model_identifier=model_tag(token, work.step.model))


class ReadFn(beam.DoFn):
    """Reads a piece of work.

    Args:
        reader: Reads it.
    """

    def __init__(self, reader: SourceReader) -> None:
        super().__init__()
        self._reader = reader

    def process(self, unit: Unit) -> Iterator[Flow]:
        yield from flows(self._reader, unit)


class _ReadAllFn(beam.DoFn):
    def __init__(self, reader: SourceReader, units: Sequence[Unit] | str) -> None:
        super().__init__()
        self._reader = reader
        self._units = units

    def process(self, _: bytes) -> Iterator[Flow]:
        units = _handed_out[self._units] if isinstance(self._units, str) else self._units
        for unit in units:  # of those that are handed out, the next is asked for when this one is done
            yield from flows(self._reader, unit)


class _WriteFn(beam.DoFn):
    """Writes what has come to the end; its output, once a bundle, is a report."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._report = Report()
        self._parts: list[PartWriter] = []

    def start_bundle(self) -> None:
        plan = self._plan
        self._report = Report()
        self._parts = [
            PartWriter(number, writer, plan.token, plan.apart) for number, writer in enumerate(plan.writers)
        ]

    def process(self, flow: Flow) -> None:
        for part in self._parts[:-1]:
            part.write(flow.place, self._results(flow, part.writer.step))
        if flow.failures:
            self._parts[-1].write(flow.place, dead_letters(flow, self._plan.key))
        self._report.tally.add(flow)
        listener = _listeners.get(self._plan.token)
        if listener is not None:
            listener[1](flow.rows_read)

    def finish_bundle(self) -> Iterator[Any]:
        for part in self._parts:
            written, schema = part.take()
            self._report.parts.extend(written)
            if schema is not None:
                self._report.schemas[part.number] = schema
        report, self._report = self._report, Report()
        listener = _listeners.get(self._plan.token)
        if listener is not None:
            listener[0](report)
        else:
            yield WindowedValue(report, GlobalWindow().max_timestamp(), [GlobalWindow()])

    def teardown(self) -> None:
        for part in self._parts:
            part.abandon()

    def _results(self, flow: Flow, step: str) -> ResultRows:
        plan = self._plan
        view = flow.at((step,))
        names, origins = view.batch.schema.names, view.origins
        carried = [
            name
            for name, origin in zip(names, origins, strict=True)
            if origin == SOURCE and (plan.carry is None or name == plan.key or name in plan.carry)
        ]
        added = [name for name, origin in zip(names, origins, strict=True) if origin != SOURCE]
        outputs = [name for name in added if name not in plan.provenance]
        by_name: Mapping[str, Any] = dict(zip(names, view.batch.columns, strict=True))
        source = flow.source
        if view.num_rows != source.num_rows:
            kept = np.zeros(source.num_rows, dtype=bool)
            kept[view.positions] = True
            source = filter_batch(source, kept)
        chosen = [*carried, *added]
        return ResultRows(
            make_batch(chosen, [by_name[name] for name in chosen], view.num_rows),
            source,
            make_batch(outputs, [by_name[name] for name in outputs], view.num_rows),
        )
