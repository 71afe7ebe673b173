# SPDX-License-Identifier: Apache-2.0
"""``penstock run``."""

from __future__ import annotations

import json
from typing import Any

import click

from penstock.cli.pipeline_options import PipelineOptions, json_option, pipeline_options
from penstock.cli.preparation import Preparation, Prepared
from penstock.cli.references import LATEST
from penstock.cli.stores import open_existing, store_of_pipeline
from penstock.cli.walking import Walker, exit_code, outcome_of, tell
from penstock.errors import UsageError, did_you_mean
from penstock.graph.run_options import RunOptions
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runners.session import RunRequest
from penstock.runtime.clock import new_run_id

PUSHED_TYPE = "PushedModel"
_RUNS = 50


@click.command()
@pipeline_options
@click.option("--runner", type=click.Choice(["local", "beam"]), help="What walks through the pipeline.")
@click.option("--run-id", metavar="ID", help="Id of the run; one is made from the time where none is given.")
@click.option(
    "--resume",
    metavar="RUN",
    help="Go on with a run: what it has published is taken over; with latest the last one that did not complete.",
)
@click.option(
    "--from", "from_nodes", metavar="NODE[,…]", multiple=True, help="Run these nodes and what follows them."
)
@click.option(
    "--to",
    "to_nodes",
    metavar="NODE[,…]",
    multiple=True,
    help="Run these nodes and what they need, no further.",
)
@click.option(
    "--base-run",
    metavar="RUN",
    help="Take the results of the other nodes from this run instead of the latest.",
)
@click.option("--max-workers", type=click.IntRange(min=1), metavar="N", help="How many nodes run at a time.")
@click.option(
    "--in-process", is_flag=True, default=None, help="Run everything in this process, for debuggers."
)
@click.option("--require-push", is_flag=True, default=None, help="Exit with 3 where no model is pushed.")
@json_option
def run(
    runner: str | None,
    run_id: str | None,
    resume: str | None,
    from_nodes: tuple[str, ...],
    to_nodes: tuple[str, ...],
    base_run: str | None,
    max_workers: int | None,
    in_process: bool | None,
    require_push: bool | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Run the pipeline in FILE.

    FILE defines create_pipeline(...), or calls a runner under __main__ as TFX's examples do. Exit codes: 0 done, also
    where a gate kept the model from being pushed; 1 failed; 2 called wrongly; 3 with --require-push and nothing
    pushed; 128 + n ended by signal n.
    """
    if run_id and resume:
        raise UsageError(
            "--run-id and --resume exclude each other", hint="--resume takes the id of the run to go on with"
        )
    part = _part(from_nodes, to_nodes, base_run, resume)
    preparation = Preparation(PipelineOptions(**options))
    settings = preparation.settings
    prepared, resume = _prepared_for(preparation, resume)
    prepared.check_runtime_parameters()
    pushing = settings.require_push if require_push is None else require_push
    if pushing and not any(o.type == PUSHED_TYPE for n in prepared.ir.nodes for o in n.outputs.values()):
        raise UsageError(
            f"--require-push: pipeline {prepared.ir.name} has no node that pushes", hint="add a Pusher"
        )
    request = RunRequest(
        run_id=resume or run_id or new_run_id(),
        parameters=prepared.runtime_parameters,
        build_parameters=prepared.build_parameters,
        resume=resume is not None,
        options=part or (None if resume else prepared.run_options),
    )
    walker = Walker(
        settings,
        runner or settings.runner or "local",
        max_workers or settings.max_workers,
        bool(settings.in_process if in_process is None else in_process),
    )
    report = walker.walk(prepared.ir, request, as_json=as_json)
    outcome = outcome_of(prepared.ir, report)
    tell(outcome, as_json=as_json)
    return exit_code(report, outcome, require_push=bool(pushing))


def _part(
    from_nodes: tuple[str, ...], to_nodes: tuple[str, ...], base_run: str | None, resume: str | None
) -> RunOptions | None:
    """Returns which part of the pipeline to run, ``None`` for all of it."""
    first, last = _ids(from_nodes, "--from"), _ids(to_nodes, "--to")
    if not (first or last):
        if base_run:
            raise UsageError("--base-run is for a run of a part", hint="say which: --from NODE, --to NODE")
        return None
    if resume:
        raise UsageError(
            "--resume goes on with the part that the run has begun with",
            hint="leave --from and --to out, or begin a new run with them and --base-run",
        )
    return RunOptions(first or None, last or None, base_run)


def _ids(texts: tuple[str, ...], option: str) -> list[str]:
    ids = [part.strip() for text in texts for part in text.split(",")]
    if not all(ids):
        raise UsageError(
            f"{option} names no node", expected="ids, with commas between them", got=repr(",".join(texts))
        )
    return ids


def _prepared_for(preparation: Preparation, resume: str | None) -> tuple[Prepared, str | None]:
    """Makes the pipeline; to resume a run with the parameters of that run, whose id it returns too."""
    if resume is None:
        return preparation.prepared(), None
    store_config = preparation.explicit_metadata or store_of_pipeline(preparation)[0]
    with open_existing(store_config) as store:
        is_latest = resume == LATEST
        record = _latest_not_complete(store, preparation) if is_latest else store.get_run(None, resume)
        if record is None:
            known = [found.run_id for found in store.list_runs(limit=_RUNS)]
            raise UsageError(
                f"there is no run {resume!r} to resume in {store_config}", hint=did_you_mean(resume, known)
            )
    earlier: dict[str, Any] = {}
    for kind in ("build_parameters", "parameters"):
        earlier.update(json.loads(str(record.properties.get(kind) or "{}")))
    return preparation.prepared(earlier), record.run_id


def _latest_not_complete(store: MetadataStore, preparation: Preparation) -> RunRecord:
    pipeline = store_of_pipeline(preparation)[1]
    if pipeline is None:
        raise UsageError(
            f"which pipeline {preparation.file.path} makes depends on its parameters",
            expected="--resume with the id of a run",
            hint="penstock runs lists them",
        )
    latest = next(iter(store.list_runs(pipeline, limit=1)), None)
    if latest is None or latest.properties.get("state") == "COMPLETE":
        got = f"the latest, {latest.run_id}, has completed" if latest is not None else "it has not run yet"
        raise UsageError(
            f"no run of pipeline {pipeline} is to be resumed",
            got=got,
            hint="penstock runs lists earlier ones",
        )
    return latest
