# SPDX-License-Identifier: Apache-2.0
"""``penstock show``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.cli.pipeline_options import json_option
from penstock.cli.references import find_artifact, find_run_or_none
from penstock.cli.stores import StoreOptions, open_store, store_options
from penstock.errors import UsageError
from penstock.metadata.store import MetadataStore


@click.command()
@click.argument("what", metavar="RUN|ARTIFACT")
@click.option(
    "--run", "run_id", metavar="RUN", help="The run to take <node>.<output> of; the latest that has it else."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw an artifact as one page: statistics, evaluation, first rows, model, … whatever its type.",
)
@store_options
@json_option
def show(what: str, run_id: str | None, html: Path | None, as_json: bool, **options: Any) -> None:
    """Show a run, by its id or "latest", or an artifact.

    ARTIFACT is an id, a URI, the folder that a model was pushed to, or <node>.<output> such as Trainer.model.
    """
    with open_store(StoreOptions(**options)) as store:
        record = None if run_id else find_run_or_none(store, what)
        if record is not None and html is not None:
            raise UsageError(
                "--html draws artifacts, not runs", hint="penstock show RUN lists the artifacts of a run"
            )
        if record is not None:
            from penstock.ui.outcome import outcome_of_record
            from penstock.ui.run_page import past_run_text

            outcome = outcome_of_record(store, record)
            click.echo(_json(outcome.to_json_dict()) if as_json else past_run_text(outcome))
            return
        artifact = find_artifact(store, what, run_id)
        if html is not None:
            _draw(artifact, html)
        else:
            _tell(store, artifact, as_json=as_json)


def _tell(store: MetadataStore, artifact: Artifact, *, as_json: bool) -> None:
    from penstock.ui.artifact_page import artifact_text, made_by

    producer = made_by(store, artifact)
    if as_json:
        origin = {"pipeline": producer.pipeline, "run_id": producer.run_id, "node_id": producer.node_id,
                  "execution_id": producer.id} if producer else None  # fmt: skip
        click.echo(_json({**artifact.to_json_dict(), "producer": origin}))
    else:
        click.echo(artifact_text(artifact, producer))


def _draw(artifact: Artifact, path: Path) -> None:
    from penstock.ui.html import render

    files.write_atomic(str(path), render(artifact))
    click.echo(f"{artifact.type_name} {artifact.id} drawn into {path}")


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
