# SPDX-License-Identifier: Apache-2.0
"""``penstock gc``."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import click

from penstock.cli.exit_codes import FAILED, OK
from penstock.cli.pipeline_options import json_option
from penstock.cli.stores import StoreOptions, config_of, open_existing, store_options
from penstock.errors import UsageError, did_you_mean
from penstock.metadata.store import MetadataStore
from penstock.runtime.retention.plan import make_plan
from penstock.runtime.retention.removal import carry_out
from penstock.runtime.retention.runs import Policy

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class _Age(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic since click 8.2 only
    """A length of time, such as ``30d``."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([mhdw])", str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time; expected minutes, hours, days or weeks: 90m, 12h, 30d, 8w",
                      param, ctx)  # fmt: skip
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command()
@click.option(
    "--keep-last", type=click.IntRange(min=1), metavar="N", required=True,
    help="Keep the last N complete runs of each pipeline, and what began after the first of them.",
)  # fmt: skip
@click.option("--pipeline", metavar="NAME", help="Only give up runs of this pipeline.")
@click.option(
    "--older-than",
    type=_Age(),
    metavar="AGE",
    help="Only give up runs that began longer ago: 90m, 12h, 30d, 8w.",
)
@click.option(
    "--lineage", type=click.Choice(["whole", "inputs"]), default="whole", show_default=True,
    help="Keep all that what is kept was made from, or only what the kept runs have read themselves.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@store_options
@json_option
def gc(
    keep_last: int,
    pipeline: str | None,
    older_than: timedelta | None,
    lineage: str,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Remove the files of runs that need not be kept: artifacts, logs.

    What a kept run uses or was made from stays, as do the newest blessed model, the newest artifact of every output,
    what a run that goes on has to do with, and all that was imported or pushed elsewhere. The metadata stay: lineage
    goes on telling where everything came from.
    """
    from penstock.ui import gc_page

    policy = Policy(keep_last, older_than, pipeline, whole_lineage=lineage == "whole")
    now = datetime.now(timezone.utc)
    with open_existing(config_of(StoreOptions(**options)), read_only=dry_run) as store:
        if pipeline is not None:
            _check_pipeline(store, pipeline)
        plan = make_plan(store, policy, now)
        told = gc_page.of_plan(plan) if dry_run else gc_page.of_removal(plan, carry_out(store, plan, now))
    click.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else gc_page.text(told))
    failures = gc_page.failures_text(told)
    if failures:
        click.echo(failures, err=True)
    return FAILED if failures else OK


def _check_pipeline(store: MetadataStore, name: str) -> None:
    known = {record.pipeline for record in store.all_runs()}
    if name not in known:
        raise UsageError(f"there is no run of a pipeline {name!r}", hint=did_you_mean(name, known))
