# SPDX-License-Identifier: Apache-2.0
"""Runs compiled pipelines for the command line, and tells how they went."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout

import click

from penstock.cli.exit_codes import FAILED, NOTHING_PUSHED, OK, by_signal
from penstock.cli.stores import open_of_ir
from penstock.config.run_settings import RunSettings
from penstock.errors import UsageError
from penstock.ir.model import PipelineIR
from penstock.runners.session import RunReport, RunRequest
from penstock.ui.outcome import RunOutcome, outcome_of_report
from penstock.ui.progress import observe


class Walker:
    """Runs an IR with the runner that was asked for.

    Args:
        settings: Settings of the run.
        name: The runner, ``local`` or ``beam``.
        max_workers: How many nodes run at a time.
        in_process: Whether everything runs in this process.

    Raises:
        UsageError: Options do not go with the runner.
    """

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
        """Runs it; with ``as_json`` nothing but JSON goes to standard output."""
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


def outcome_of(ir: PipelineIR, report: RunReport) -> RunOutcome:
    """Returns what came of a run that has just ended."""
    with open_of_ir(ir) as store:
        return outcome_of_report(store, ir, report)


def tell(outcome: RunOutcome, *, as_json: bool) -> None:
    """Prints what came of a run; failures go to standard error."""
    from penstock.ui.run_page import failures_text, run_text

    if as_json:
        click.echo(json.dumps(outcome.to_json_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(run_text(outcome))
    failures = failures_text(outcome)
    if failures:
        click.echo(failures, err=True)


def exit_code(report: RunReport, outcome: RunOutcome, *, require_push: bool = False) -> int:
    """Returns the exit code that tells how a run went."""
    if report.state == "CANCELED":
        return by_signal(report.signal or 2)
    if report.state != "COMPLETE":
        return FAILED
    if require_push and not any(push.pushed for push in outcome.pushes):
        return NOTHING_PUSHED
    return OK
