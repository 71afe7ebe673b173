# SPDX-License-Identifier: Apache-2.0
"""``penstock runs``."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from penstock.cli.exit_codes import FAILED, OK, by_signal
from penstock.cli.pipeline_options import PipelineOptions, json_option, metadata_option
from penstock.cli.preparation import Preparation
from penstock.cli.references import find_run
from penstock.cli.stores import StoreOptions, open_existing, open_store, store_of_pipeline
from penstock.errors import UsageError
from penstock.metadata.store import MetadataStore
from penstock.ui.runs_page import run_row

_INTERVAL_SECONDS = 2.0
_EXIT_CODES = {"COMPLETE": OK, "FAILED": FAILED, "CANCELED": by_signal(signal.SIGINT)}


@click.command()
@click.argument("what", metavar="[FILE|RUN]", required=False)
@metadata_option
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many runs."
)
@click.option("--watch", is_flag=True, help="Go on showing them as they go on; with RUN until that one ends.")
@click.option(
    "--interval", type=click.FloatRange(min=0.1), metavar="SECONDS", help="How often to look; every 2 s."
)
@json_option
def runs(
    what: str | None,
    metadata: str | None,
    pipeline: str | None,
    limit: int,
    watch: bool,
    interval: float | None,
    as_json: bool,
) -> int:
    """List runs, the latest first: those of the pipeline in FILE, or all of the project's store.

    With --watch the list is kept up to date until Ctrl-C, or one RUN ("latest" is the newest) is watched until it
    ends; the exit code is then 0 where it completed, 1 where it failed, 130 where it was cancelled.
    """
    _check(what, watch=watch, interval=interval, as_json=as_json)
    run_id = what if what is not None and not _is_file(what) else None
    file = Path(what) if what is not None and run_id is None else None
    with _store(file, metadata) as (store, name):
        if watch:
            return _watched(store, run_id, pipeline or name, limit, interval or _INTERVAL_SECONDS)
        found = [run_row(record) for record in store.list_runs(pipeline or name, limit=limit)]
    from penstock.ui.runs_page import runs_text

    click.echo(json.dumps(found, indent=2) if as_json else runs_text(found))
    return OK


def _check(what: str | None, *, watch: bool, interval: float | None, as_json: bool) -> None:
    if interval is not None and not watch:
        raise UsageError("--interval is for --watch", hint="add --watch")
    if as_json and watch:
        raise UsageError(
            "--json and --watch exclude each other", hint="penstock show RUN --json tells how it stands"
        )
    if what is not None and not watch and not _is_file(what):
        raise UsageError(
            f"there is no pipeline file {what}",
            hint=f"penstock show {what} shows a run, penstock runs {what} --watch watches it",
        )


def _is_file(text: str) -> bool:
    return text.endswith(".py") or os.sep in text or os.path.exists(text)


def _watched(
    store: MetadataStore, run_id: str | None, pipeline: str | None, limit: int, interval: float
) -> int:
    from penstock.ui.watch import RunsView, RunView, watch

    if run_id is None:
        watch(RunsView(store, pipeline, limit), interval)
        return OK
    return _EXIT_CODES.get(watch(RunView(store, find_run(store, run_id)), interval), FAILED)


@contextmanager
def _store(file: Path | None, metadata: str | None) -> Iterator[tuple[MetadataStore, str | None]]:
    if file is None:
        with open_store(StoreOptions(metadata)) as store:
            yield store, None
        return
    config, name = store_of_pipeline(Preparation(PipelineOptions(file, metadata=metadata)))
    with open_existing(config) as store:
        yield store, name
