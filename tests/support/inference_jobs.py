# SPDX-License-Identifier: Apache-2.0
"""Jobs for the engine around models that need no framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from penstock.inference.job import InferenceJob, InferenceSummary, ModelRef, SourceFiles
from penstock.inference.spec import InferenceGraph, ModelSettings, ModelStep, SourceFormat, Step


def adding(**arguments: Any) -> ModelSettings:
    """Returns the settings of a model that adds to column ``x``; see ``fake_models.Adding``."""
    return ModelSettings(handler="fake_models.Adding", handler_arguments=arguments, elements="batch")


def write_rows(path: Path, rows: int, row_group: int = 100) -> str:
    """Writes Parquet with columns ``id`` and ``x``, both the row's number."""
    numbers = pa.array(range(rows), pa.int64())
    pq.write_table(pa.table({"id": numbers, "x": numbers}), path, row_group_size=row_group)
    return str(path)


def job_of(
    folder: Path,
    files: Sequence[str],
    *,
    steps: Sequence[Step] = (Step("add", model=ModelStep("adder")),),
    models: Mapping[str, ModelSettings] | None = None,
    format: SourceFormat | None = None,
    source_rows: int = 64,
    **graph: Any,
) -> InferenceJob:
    """Returns a job whose results come to ``<folder>/results``."""
    settings = models or {"adder": adding()}
    return InferenceJob(
        InferenceGraph(tuple(steps), key="id", models=settings, source_rows=source_rows, **graph),
        {
            name: ModelRef("", artifact_id=number, version=f"v{number}")
            for number, name in enumerate(settings, 1)
        },
        SourceFiles(tuple(files), format),
        str(folder / "results"),
        str(folder / "failed"),
        str(folder),
        str(folder / "temp"),
    )


def with_settings(job: InferenceJob, name: str, **settings: Any) -> InferenceJob:
    """Returns a job one of whose models is called otherwise."""
    changed = {**job.graph.models, name: replace(job.graph.models[name], **settings)}
    return replace(job, graph=replace(job.graph, models=changed))


def results(summary: InferenceSummary, step: str = "add") -> pa.Table:
    """Returns the results of a step, in the order of its files."""
    return pa.concat_tables([pq.read_table(file) for file in summary.outputs[step].files])


def failed_rows(job: InferenceJob) -> list[dict[str, Any]]:
    """Returns the dead letters."""
    files = sorted(Path(job.dead_letters_uri).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]
