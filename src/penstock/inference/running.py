# SPDX-License-Identifier: Apache-2.0
"""Where the pipeline runs: in this process, in processes forked from it, or wherever another runner takes it."""

from __future__ import annotations

import glob
import importlib
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import apache_beam as beam

from penstock import files
from penstock.beam.arguments import without_workers
from penstock.beam.corrections import forgetting_shared_objects, shared_models_folder
from penstock.beam.pipeline import open_pipeline
from penstock.beam.shipping import shipped_modules
from penstock.errors import PenstockError
from penstock.inference.finishing import Report
from penstock.inference.job import InferenceJob
from penstock.inference.pipeline import Inference, Pieces, ReadFn, hand_out, listen, stop_listening
from penstock.inference.plan import Plan, settings_of
from penstock.inference.reading import Unit
from penstock.inference.steps.users import shipping_functions
from penstock.inference.workers import fan_out
from penstock.models import recognise
from penstock.models.registry import flavor_named

_WHAT = "the inference"


def run_here(
    plan: Plan, units: Sequence[Unit], beam_pipeline_args: Sequence[str], on_rows: Callable[[int], None]
) -> Report:
    """Runs the pipeline in this process."""
    return _run(plan, list(units), beam_pipeline_args, on_rows)


def run_forked(
    job: InferenceJob,
    plan: Plan,
    units: Sequence[Unit],
    workers: int,
    beam_pipeline_args: Sequence[str],
    on_rows: Callable[[int], None],
) -> Report:
    """Runs a pipeline in each of several processes, which share the pieces of work among them."""
    _import_frameworks(job)

    def work(numbers: Iterator[int], tell: Callable[[int], None]) -> Report:
        hand_out(plan.token, (units[number] for number in numbers))
        return _run(plan, plan.token, beam_pipeline_args, tell)

    total = Report()
    for report in fan_out(workers, len(units), work, on_rows):
        total.include(report)
    _remove_shared_files(plan.token)
    return total


def run_remotely(
    job: InferenceJob, plan: Plan, units: Sequence[Unit], beam_pipeline_args: Sequence[str]
) -> Report:
    """Runs one pipeline on the runner that the arguments name; what its workers report comes back in files."""
    folder = files.join(job.temp_dir, f"reports-{plan.token}")
    try:
        with (
            shipped_modules([job.project_root]),
            shipping_functions(),
            open_pipeline(beam_pipeline_args, component=job.component, what=_WHAT) as pipeline,
        ):
            reports = (
                pipeline
                | "Pieces" >> beam.Create(list(units), reshuffle=False)
                | "ShareOut" >> beam.Reshuffle()
                | "Read" >> beam.ParDo(ReadFn(plan.reader))
                | "Infer" >> Inference(plan)
            )
            # A bundle that is tried again reports again; only what its last attempt has put out comes through here.
            _ = reports | "OnlyTheLast" >> beam.Reshuffle() | "Report" >> beam.ParDo(_StoreReport(folder))
        total = Report()
        for name in files.listdir(folder):
            with files.open(files.join(folder, name)) as file, files.storage_errors("read", name):
                total.include(pickle.load(file))
        return total
    finally:
        files.remove_tree(folder)


def _run(
    plan: Plan, units: Sequence[Unit] | str, beam_pipeline_args: Sequence[str], on_rows: Callable[[int], None]
) -> Report:
    total = Report()
    listen(plan.token, total.include, on_rows)
    try:
        with (
            forgetting_shared_objects(),
            open_pipeline(
                without_workers(beam_pipeline_args), component=plan.component, what=_WHAT
            ) as pipeline,
        ):
            _ = pipeline | "Read" >> Pieces(plan.reader, units) | "Infer" >> Inference(plan)
    finally:
        stop_listening(plan.token)
    return total


class _StoreReport(beam.DoFn):
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def process(self, report: Report) -> None:
        files.write_atomic(files.join(self._folder, report.name), pickle.dumps(report))


def _import_frameworks(job: InferenceJob) -> None:
    """Imports, but does not use, what the models need, so that workers need not do it each."""
    for name, ref in job.models.items():
        if settings_of(job.graph, name).handler is not None:
            continue
        with suppress(ImportError, PenstockError):  # loading the model will say it properly
            flavor = flavor_named(ref.flavor) if ref.flavor else recognise(ref.uri)
            if flavor is not None and flavor.loader:
                importlib.import_module(flavor.loader.partition(":")[0])


def _remove_shared_files(token: str) -> None:
    """Removes what Beam leaves of models that processes have shared."""
    for path in glob.glob(os.path.join(shared_models_folder(), f"penstock-{token}-*")):
        with suppress(OSError):
            os.unlink(path)
