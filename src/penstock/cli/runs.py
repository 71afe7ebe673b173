# SPDX-License-Identifier: Apache-2.0
"""``penstock runs``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from penstock.cli.pipeline_options import PipelineOptions, json_option, metadata_option
from penstock.cli.preparation import Preparation
from penstock.cli.stores import StoreOptions, open_existing, open_store, store_of_pipeline
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.run import node_results


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@metadata_option
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many runs."
)
@json_option
def runs(file: Path | None, metadata: str | None, pipeline: str | None, limit: int, as_json: bool) -> None:
    """List runs, the latest first: those of the pipeline in FILE, or all of the project's store."""
    with _store(file, metadata) as (store, name):
        found = [_row(record) for record in store.list_runs(pipeline or name, limit=limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    from penstock.ui.runs_page import runs_text

    click.echo(runs_text(found))


@contextmanager
def _store(file: Path | None, metadata: str | None) -> Iterator[tuple[MetadataStore, str | None]]:
    if file is None:
        with open_store(StoreOptions(metadata)) as store:
            yield store, None
        return
    config, name = store_of_pipeline(Preparation(PipelineOptions(file, metadata=metadata)))
    with open_existing(config) as store:
        yield store, name


def _row(record: RunRecord) -> dict[str, Any]:
    states = Counter(result.state for result in node_results(record).values())
    told = {key: record.properties.get(key) or "" for key in ("state", "started", "finished")}
    return {"run_id": record.run_id, "pipeline": record.pipeline, **told, "nodes": dict(states)}
