# SPDX-License-Identifier: Apache-2.0
"""What a job becomes before it runs: everything that workers need, pickled to them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from penstock import files
from penstock.errors import PipelineError, did_you_mean
from penstock.inference.dead_letters import dead_letters_writer
from penstock.inference.handlers import sharing
from penstock.inference.job import InferenceJob, ModelRef
from penstock.inference.loaded import is_pinned
from penstock.inference.parquet_results import ParquetResults
from penstock.inference.reading import SourceReader
from penstock.inference.spec import InferenceGraph, ModelSettings, Step
from penstock.inference.steps.at_work import RowWork
from penstock.inference.steps.base import StepContext, row_step
from penstock.inference.steps.model import ModelWork
from penstock.inference.steps.users import UserFunction
from penstock.inference.ways import all_provenance_columns, ends, ordered, provenance_columns
from penstock.inference.writing import ResultWriter


@dataclass(frozen=True, slots=True)
class Plan:
    """One job, ready to run.

    Attributes:
        token: Tells this job's files, and the models that its workers share, from those of others.
        reader: Reads the source.
        steps: What is done, in order.
        writers: How results are written; the last one writes the dead letters.
        key: Column that identifies a row.
        carry: Columns of the source that results keep besides the key; ``None`` means all.
        provenance: Columns that say which model has made a row.
        component: Node that the work is for.
        apart: Whether rows of several source files never share a result file.
    """

    token: str
    reader: SourceReader
    steps: tuple[ModelWork | RowWork, ...]
    writers: tuple[ResultWriter, ...]
    key: str | None
    carry: tuple[str, ...] | None
    provenance: frozenset[str]
    component: str | None = None
    apart: bool = False


def make_plan(
    job: InferenceJob, reader: SourceReader, writers: Sequence[ResultWriter] | None, token: str
) -> Plan:
    """Returns what a job's workers do.

    Raises:
        PipelineError: The graph has a cycle, or names a model that the job does not have.
    """
    graph = job.graph
    context = StepContext(job.project_root, graph.key, job.component)
    provenance = all_provenance_columns(graph)
    return Plan(
        token=token,
        reader=reader,
        steps=tuple(_work(step, job, context, provenance) for step in ordered(graph)),
        writers=(
            *(default_writers(job) if writers is None else writers),
            dead_letters_writer(job.dead_letters_uri),
        ),
        key=graph.key,
        carry=graph.carry,
        provenance=provenance,
        component=job.component,
        apart=job.result_per_file,
    )


def default_writers(job: InferenceJob) -> tuple[ResultWriter, ...]:
    """Returns the writers of a job that names none: Parquet of the steps that end the graph or that a sink wants."""
    last = ends(job.graph)
    wanted = dict.fromkeys([*last, *(sink.source for sink in job.graph.sinks if sink.source)])
    return tuple(
        ParquetResults(
            step, job.result_uri if last == (step,) else files.join(job.result_uri, step.replace(".", "_"))
        )
        for step in wanted
    )


def settings_of(graph: InferenceGraph, model: str) -> ModelSettings:
    """Returns how a model is loaded and called."""
    return graph.models.get(model) or ModelSettings()


def with_threads(job: InferenceJob, workers: int) -> InferenceJob:
    """Returns a job whose models share the cores among workers, but those that say themselves, or that are pinned."""
    threads = max(len(os.sched_getaffinity(0)) // workers, 1)
    models: dict[str, ModelSettings] = {}
    for name, ref in job.models.items():
        settings = settings_of(job.graph, name)
        fixed = settings.threads is not None or is_pinned(ref, settings)
        models[name] = settings if fixed else replace(settings, threads=threads)
    return replace(job, graph=replace(job.graph, models={**job.graph.models, **models}))


def alone(job: InferenceJob) -> InferenceJob:
    """Returns a job for one process, which has one copy of a model anyway: nothing is shared with others."""
    models = {
        name: replace(settings, large_model=False, model_copies=None)
        for name, settings in job.graph.models.items()
    }
    return replace(job, graph=replace(job.graph, models=models))


def with_sharing(job: InferenceJob) -> InferenceJob:
    """Returns a job whose handlers share their models as they say themselves, where the settings do not say it.

    Raises:
        PenstockError: A handler cannot be made, which had to be asked.
    """
    models = dict(job.graph.models)
    for name, ref in job.models.items():
        settings = settings_of(job.graph, name)
        if settings.handler is None or settings.large_model or settings.model_copies is not None:
            continue
        found = sharing(ref, settings, job.project_root)
        if found.is_shared and found.copies > 1:
            models[name] = replace(settings, model_copies=found.copies)
        elif found.is_shared:
            models[name] = replace(settings, large_model=True)
    return replace(job, graph=replace(job.graph, models=models))


def _work(
    step: Step, job: InferenceJob, context: StepContext, unprefixed: frozenset[str]
) -> ModelWork | RowWork:
    if step.model is None:
        ways = tuple(step.split.shares) if step.split else ()
        return RowWork(step.name, step.sources, ways, unprefixed, row_step(step, context))
    model = step.model
    return ModelWork(
        name=step.name,
        sources=step.sources,
        step=model,
        ref=_ref(job.models, model.model),
        settings=settings_of(job.graph, model.model),
        provenance=provenance_columns(job.graph, step.name),
        unprefixed=unprefixed,
        preprocess=UserFunction(model.preprocess, {}, context) if model.preprocess else None,
        postprocess=UserFunction(model.postprocess, {}, context) if model.postprocess else None,
        context=context,
    )


def _ref(models: Mapping[str, ModelRef], name: str) -> ModelRef:
    if name not in models:
        raise PipelineError(f"the job has no model {name!r}", input=name, hint=did_you_mean(name, models))
    return models[name]
