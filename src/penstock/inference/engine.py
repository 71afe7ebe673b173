# SPDX-License-Identifier: Apache-2.0
"""Runs an inference job: one linear Beam pipeline of batches, from the source's files to the results'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import uuid4

from penstock.beam.arguments import is_in_process, number_of_workers
from penstock.inference.apart import by_source_file
from penstock.inference.finishing import Report, clear, finish
from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.plan import Plan, alone, make_plan, with_sharing, with_threads
from penstock.inference.reading import Unit, open_source
from penstock.inference.running import run_forked, run_here, run_remotely
from penstock.inference.writing import ResultWriter

_REMOTE_WORKERS = 32
"""For so many workers work is cut up where it is not known how many there are."""


def run(
    job: InferenceJob,
    beam_pipeline_args: Sequence[str] = (),
    *,
    report: Callable[..., None] | None = None,
    writers: Sequence[ResultWriter] | None = None,
) -> InferenceSummary:
    """Runs a job to its end. Files get their final names when all rows are through; before, nothing is to be seen.

    Args:
        job: What is to be done.
        beam_pipeline_args: Arguments of Beam. Without a runner, or with Beam's in-process ones, the work is done on
            this machine, by as many processes as ``--direct_num_workers`` says (0: one a core).
        report: Told ``report(rows=…)``, the rows done so far.
        writers: How results are written; ``None`` means as Parquet into ``job.result_uri``.

    Returns:
        How it went. Failed rows are no error here: the caller compares ``failed_fraction`` with what is allowed.

    Raises:
        PenstockError: A model cannot be loaded, a file not be read or written, a function is wrong whatever its rows.
    """
    if not job.source.files:
        return InferenceSummary()
    here = is_in_process(beam_pipeline_args)
    reader = open_source(job.source, job.graph.source_rows)
    workers = number_of_workers(beam_pipeline_args) if here else 1
    units = reader.units(workers if here else _REMOTE_WORKERS)
    workers = min(workers, len(units))
    if workers > 1 or not here:
        job = with_sharing(job)
    forks = here and (workers > 1 or _has_copies(job))
    if here:
        job = with_threads(job, workers) if workers > 1 else job if forks else alone(job)
    token = uuid4().hex
    plan = make_plan(job, reader, writers, token)
    tell = _teller(report)
    try:
        if forks:
            done = run_forked(job, plan, units, workers, beam_pipeline_args, tell)
        elif here:
            done = run_here(plan, units, beam_pipeline_args, tell)
        else:
            done = run_remotely(job, plan, units, beam_pipeline_args)
        return _finished(job, plan, units, done)
    finally:
        clear(plan.writers, token)


def _has_copies(job: InferenceJob) -> bool:
    """Says whether a model is to have several copies, which take processes of their own."""
    return any((settings.model_copies or 1) > 1 for settings in job.graph.models.values())


def _teller(report: Callable[..., None] | None) -> Callable[[int], None]:
    total = 0

    def tell(rows: int) -> None:
        nonlocal total
        total += rows
        if report is not None:
            report(rows=total)

    return tell


def _finished(job: InferenceJob, plan: Plan, units: Sequence[Unit], done: Report) -> InferenceSummary:
    outputs = finish(plan.writers, done, plan.token, optional=len(plan.writers) - 1)
    if job.result_per_file:
        results = len(plan.writers) - 1
        outputs[:results] = by_source_file(outputs[:results], done, units, job.source.files)
    tally = done.tally
    return InferenceSummary(
        rows=tally.rows,
        failed_rows=tally.failed_rows,
        failures=tally.most_frequent(),
        models=tally.model_summaries(job.models),
        outputs={
            writer.step: output
            for writer, output in zip(plan.writers, outputs, strict=True)
            if writer.is_result
        },
    )
