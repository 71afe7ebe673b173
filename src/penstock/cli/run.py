# SPDX-License-Identifier: Apache-2.0
"""``penstock run``."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any

import click

from penstock.cli.exit_codes import FAILED, NOTHING_PUSHED, OK, by_signal
from penstock.cli.pipeline_options import PipelineOptions, json_option, pipeline_options
from penstock.cli.preparation import Preparation, Prepared
from penstock.cli.stores import open_existing, open_of_ir, store_of_pipeline
from penstock.config.run_settings import RunSettings
from penstock.errors import UsageError, did_you_mean
from penstock.ir.model import PipelineIR
from penstock.runners.session import RunReport, RunRequest
from penstock.runtime.clock import new_run_id
from penstock.ui.outcome import RunOutcome, outcome_of_report
from penstock.ui.progress import observe

PUSHED_TYPE = "PushedModel"


@click.command()
@pipeline_options
@click.option("--runner", type=click.Choice(["local", "beam"]), help="What walks through the pipeline.")
@click.option("--run-id", metavar="ID", help="Id of the run; one is made from the time where none is given.")
@click.option("--resume", metavar="RUN", help="Go on with a run: what it has published is taken over.")
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
    preparation = Preparation(PipelineOptions(**options))
    settings = preparation.settings
    prepared = _prepared_for(preparation, resume)
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
    )
    walker = _Walker(
        settings,
        runner or settings.runner or "local",
        max_workers or settings.max_workers,
        bool(settings.in_process if in_process is None else in_process),
    )
    report = walker.walk(prepared.ir, request, as_json=as_json)
    outcome = _outcome(prepared.ir, report)
    _tell(outcome, as_json=as_json)
    return _exit_code(report, outcome, require_push=bool(pushing))


class _Walker:
    """Runs an IR with the runner that was asked for."""

    def __init__(self, settings: RunSettings, name: str, max_workers: int | None, in_process: bool) -> None:
        if name == "beam" and (max_workers or in_process):
            raise UsageError(
                "--max-workers and --in-process are for the local runner",
                hint="Beam's own options say how many nodes go at a time",
            )
        if settings.beam_orchestrator_args and name != "beam":
            raise UsageError(
                "beam_orchestrator_args are set but the runner is not beam", hint="--runner beam"
            )
        self._name = name
        self._settings = settings
        self._max_workers = max_workers
        self._in_process = in_process

    def walk(self, ir: PipelineIR, request: RunRequest, *, as_json: bool) -> RunReport:
        # What an executor prints in this process must not end up inside the JSON.
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            return self._walk(ir, request)

    def _walk(self, ir: PipelineIR, request: RunRequest) -> RunReport:
        with observe(ir, request, lines_only=self._in_process) as observer, _terminable():
            if self._name == "beam":
                from penstock.runners.beam import BeamDagRunner

                return BeamDagRunner(self._settings.beam_orchestrator_args).run_ir(ir, request, observer)
            from penstock.runners.local import LocalDagRunner

            local = LocalDagRunner(max_workers=self._max_workers, in_process=self._in_process)
            return local.run_ir(ir, request, observer)


class _Terminated(KeyboardInterrupt):
    """SIGTERM, where no runner has its own handler for it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal_number = number


@contextmanager
def _terminable() -> Iterator[None]:
    """Has SIGTERM end the process as Ctrl-C does, so that the run is recorded as cancelled."""

    def terminate(number: int, frame: object) -> None:  # noqa: ARG001  the signature of a signal handler
        raise _Terminated(number)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _prepared_for(preparation: Preparation, resume: str | None) -> Prepared:
    """Makes the pipeline; to resume a run with the parameters of that run."""
    if resume is None:
        return preparation.prepared()
    store_config = preparation.explicit_metadata or store_of_pipeline(preparation)[0]
    with open_existing(store_config) as store:
        record = store.get_run(None, resume)
        if record is None:
            known = [found.run_id for found in store.list_runs(limit=50)]
            raise UsageError(
                f"there is no run {resume!r} to resume in {store_config}", hint=did_you_mean(resume, known)
            )
    earlier: dict[str, Any] = {}
    for kind in ("build_parameters", "parameters"):
        earlier.update(json.loads(str(record.properties.get(kind) or "{}")))
    return preparation.prepared(earlier)


def _outcome(ir: PipelineIR, report: RunReport) -> RunOutcome:
    with open_of_ir(ir) as store:
        return outcome_of_report(store, ir, report)


def _tell(outcome: RunOutcome, *, as_json: bool) -> None:
    from penstock.ui.run_page import failures_text, run_text

    if as_json:
        click.echo(json.dumps(outcome.to_json_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(run_text(outcome))
    failures = failures_text(outcome)
    if failures:
        click.echo(failures, err=True)


def _exit_code(report: RunReport, outcome: RunOutcome, *, require_push: bool) -> int:
    if report.state == "CANCELED":
        return by_signal(report.signal or 2)
    if report.state != "COMPLETE":
        return FAILED
    if require_push and not any(push.pushed for push in outcome.pushes):
        return NOTHING_PUSHED
    return OK
