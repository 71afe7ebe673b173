# SPDX-License-Identifier: Apache-2.0
"""``penstock lineage``."""

from __future__ import annotations

import json
from typing import Any

import click

from penstock.cli.pipeline_options import json_option
from penstock.cli.references import find_artifact
from penstock.cli.stores import StoreOptions, open_store, store_options


@click.command()
@click.argument("artifact")
@click.option(
    "--direction",
    type=click.Choice(["up", "down", "both"]),
    default="up",
    show_default=True,
    help="What it was made from, what was made from it, or both.",
)
@click.option(
    "--run", "run_id", metavar="RUN", help="The run to take <node>.<output> of; the latest that has it else."
)
@store_options
@json_option
def lineage(artifact: str, direction: str, run_id: str | None, as_json: bool, **options: Any) -> None:
    """Tell which data, schema, code and parameters made an artifact, and what was made from it.

    ARTIFACT is an id, a URI, the folder that a model was pushed to, or <node>.<output> such as Pusher.pushed_model.
    """
    from penstock.ui import lineage_page

    with open_store(StoreOptions(**options)) as store:
        found = find_artifact(store, artifact, run_id)
        up = store.lineage(found.id, "up") if direction != "down" else None
        down = store.lineage(found.id, "down") if direction != "up" else None
    if as_json:
        graphs = {
            name: lineage_page.graph_json(graph) for name, graph in (("up", up), ("down", down)) if graph
        }
        click.echo(json.dumps({"artifact": found.to_json_dict(), **graphs}, indent=2, ensure_ascii=False))
        return
    pages = [lineage_page.origins_text(found.id, up)] if up else []
    pages += [lineage_page.uses_text(found.id, down)] if down else []
    click.echo("\n\n".join(pages))
