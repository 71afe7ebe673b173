# SPDX-License-Identifier: Apache-2.0
"""Entry point of the ``penstock`` command.

Exit codes: 0 done (a gate that refuses is a normal outcome), 1 failed, 2 called wrongly, 3 nothing was pushed although
``--require-push`` asked for it, 128 + n ended by signal n. ``run-node`` adds 99 for a skipped node.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from penstock.cli.exit_codes import FAILED, OK, USAGE, by_signal
from penstock.cli.lazy_group import LazyCommand, LazyGroup
from penstock.errors import PenstockError, UsageError
from penstock.version import __version__

_COMMANDS = (
    LazyCommand("init", "penstock.cli.init:init", "Start a project."),
    LazyCommand("run", "penstock.cli.run:run", "Run a pipeline."),
    LazyCommand("infer", "penstock.cli.infer:infer", "Predict with a graph of models in YAML."),
    LazyCommand("doctor", "penstock.cli.doctor:doctor", "Say what must change in code written for TFX."),
    LazyCommand("compile", "penstock.cli.compile:compile_", "Print a pipeline's IR, or a picture of it."),
    LazyCommand("runs", "penstock.cli.runs:runs", "List runs."),
    LazyCommand("show", "penstock.cli.show:show", "Show a run or an artifact."),
    LazyCommand(
        "lineage", "penstock.cli.lineage:lineage", "Tell what an artifact was made from, and what from it."
    ),
    LazyCommand(
        "explain-cache", "penstock.cli.explain_cache:explain_cache", "Tell why a node ran or was cached."
    ),
    LazyCommand("gc", "penstock.cli.gc:gc", "Remove the files of runs that need not be kept."),
    LazyCommand(
        "run-node", "penstock.cli.run_node:run_node", "Run one node of a compiled pipeline (for schedulers)."
    ),
)


@click.group(
    cls=LazyGroup,
    lazy_commands=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="penstock %(version)s")
def penstock() -> None:
    """Component pipelines for production machine learning."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and ends the process with its exit code."""
    _mend_streams()
    sys.exit(_exit_code(arguments))


def _mend_streams() -> None:
    """Has standard output and error take any text: closed ones swallow it, letters that one lacks are escaped."""
    # The next file to be opened would take the place of a closed one, and be written to by whoever prints.
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  open until the process ends
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _exit_code(arguments: Sequence[str] | None) -> int:
    debug = os.environ.get("PENSTOCK_DEBUG", "") not in ("", "0")
    try:
        _check_working_directory()
        result = penstock.main(arguments, prog_name="penstock", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _report_click(error)
    except click.Abort as error:  # click's name for KeyboardInterrupt
        return by_signal(getattr(error.__cause__, "signal_number", signal.SIGINT))
    except BrokenPipeError:
        # Whoever read our output has gone; keep the interpreter from complaining about it when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except PenstockError as error:
        if debug:
            raise
        return _report(error)
    except OSError as error:
        if debug:
            raise
        click.echo(
            f"error: the system refused something: {error}\n"
            "  what to do: free, mend or permit what it names; PENSTOCK_DEBUG=1 shows where it happened",
            err=True,
        )
        return FAILED
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"error: Penstock failed unexpectedly: {type(error).__name__}: {error}\n"
            "  what to do: this is a defect; PENSTOCK_DEBUG=1 shows where it happened",
            err=True,
        )
        return FAILED
    return result if isinstance(result, int) else OK


def _check_working_directory() -> None:
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UsageError(
            "the folder that this is called in is not there any more", hint="cd to one that exists"
        ) from None


def _report_click(error: click.ClickException) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # click before 8.2 has no such class
        error.show()
        return USAGE
    click.echo(f"error: {error.format_message().rstrip('.')}", err=True)
    if not isinstance(error, click.UsageError):
        return FAILED
    if error.ctx is not None:
        click.echo(f"  what to do: {error.ctx.command_path} --help tells how it is called", err=True)
    return USAGE


def _report(error: PenstockError) -> int:
    from penstock.ui.errors import error_block

    click.echo(error_block(error), err=True)
    return USAGE if isinstance(error, UsageError) else FAILED
