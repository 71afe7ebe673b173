# SPDX-License-Identifier: Apache-2.0
"""``penstock explain-cache``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from penstock.cli.pipeline_options import json_option
from penstock.cli.references import find_run
from penstock.cli.stores import StoreOptions, open_store, store_options


@click.command("explain-cache")
@click.argument("run")
@click.argument("node")
@click.option(
    "--against", metavar="RUN", help="Compare with this run instead of the node's execution before."
)
@store_options
@json_option
def explain_cache(run: str, node: str, against: str | None, as_json: bool, **options: Any) -> None:
    """Tell why NODE ran or was cached in RUN: what its result depends on, and what differed from the time before.

    RUN is the id of a run, or "latest".
    """
    from penstock.ui.cache_page import explain, explanation_text

    with open_store(StoreOptions(**options)) as store:
        other = find_run(store, against) if against else None
        explanation = explain(store, find_run(store, run), node, against=other)
    if as_json:
        click.echo(json.dumps(asdict(explanation), indent=2, ensure_ascii=False))
    else:
        click.echo(explanation_text(explanation))
