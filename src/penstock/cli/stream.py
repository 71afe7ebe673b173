# SPDX-License-Identifier: Apache-2.0
"""``penstock infer --stream``: a service that ends when it is told to."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime
from types import FrameType

import click

from penstock.beam.arguments import is_in_process, number_of_workers
from penstock.cli.exit_codes import OK
from penstock.cli.inference_options import Inference
from penstock.errors import ParameterError, UsageError
from penstock.inference.spec import SourceSpec
from penstock.inference.streaming.setup import StreamSetup
from penstock.inference.streaming.telling import Event
from penstock.runners.session import worker_environment

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The options of ``penstock infer`` that are for streams alone.

    Attributes:
        max_files: Ends after so many files, or batches of messages.
        idle_seconds: Ends when nothing came in for so long.
    """

    max_files: int | None = None
    idle_seconds: float | None = None

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        values = {"--max-files": self.max_files, "--idle-seconds": self.idle_seconds}
        return [name for name, value in values.items() if value is not None]


def serve_stream(
    inference: Inference, options: StreamOptions, *, run_id: str | None = None, as_json: bool = False
) -> int:
    """Serves the stream of a YAML file until a signal or a limit ends it; returns the exit code.

    Raises:
        UsageError: The file has no stream, or asks for what a stream cannot do.
        PenstockError: The stream failed.
    """
    setup = _setup(inference, run_id)
    _quieten_beam()
    display = _json_lines if as_json else _lines
    # What libraries and the user's functions print must not end up among the events.
    with ended_by_signals() as ending, _beside(sys.stdout) as write:
        from penstock.inference.streaming.service import Limits, serve

        limits = Limits(options.max_files, options.idle_seconds)
        serve(setup, ending, lambda event: write(display(event)), limits)
    _leave_loading_threads()
    return OK


def _setup(inference: Inference, run_id: str | None) -> StreamSetup:
    file = inference.file
    if file.stream is None:
        raise UsageError(
            f"{file.path} has no stream",
            expected="stream: with an output, and folder, redis or kafka",
            hint="add it, or leave --stream out",
        )
    _check_runner((*file.beam_pipeline_args, *inference.beam_pipeline_args))
    # A stream's own source takes the place of the files' in everything that is checked.
    source = file.source or SourceSpec(files="*")
    ir = replace(inference, file=replace(file, source=source)).compiled()
    os.environ.update(worker_environment(ir))
    setup = StreamSetup(
        name=ir.name,
        graph=file.graph,
        models=file.models,
        spec=file.stream,
        project_root=ir.project_root,
        pipeline_root=ir.root,
        metadata=inference.metadata,
        parameters=file.parameters,
        run_id=run_id,
    )
    try:
        return setup.ready()
    except ParameterError as error:
        where = f"{file.path}: {error.input}"
        raise UsageError(
            error.message, input=where, expected=error.expected, got=error.got, hint=error.hint
        ) from None


def _quieten_beam() -> None:
    """Keeps Beam's remarks on what is not installed here from being repeated with every tick."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    # A tick that fails raises its error, which the stream tells in a line of its own: a file may be tried many times.
    logging.getLogger("apache_beam.runners").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(lambda record: "apache_beam" not in record.pathname)


def _check_runner(beam_pipeline_args: tuple[str, ...]) -> None:
    if not is_in_process(beam_pipeline_args):
        raise UsageError(
            "a stream runs in one process of this machine, and the Beam arguments name another runner",
            got=" ".join(beam_pipeline_args),
            hint="leave --beam out: the models stay loaded in the stream's process, and its ticks are short; more than"
            " one machine can do is shared out over several streams, each with a folder, consumer or topic of its own",
        )
    if number_of_workers(beam_pipeline_args) != 1:
        raise UsageError(
            "a stream runs in one process, and the Beam arguments ask for several",
            got=" ".join(beam_pipeline_args),
            hint="leave --direct_num_workers out; several streams share out the work",
        )


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
    """Gives an event that SIGINT and SIGTERM set.

    A second signal, later than one that a wrapper may have sent twice, ends the process at once.
    """
    ending = threading.Event()
    first: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a signal handler
        if not first:
            first.append(time.monotonic())
            ending.set()
        elif time.monotonic() > first[0] + _PATIENCE_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield ending
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def _beside(stream: object) -> Iterator[Callable[[str], None]]:
    """Sends what is printed to standard error, and gives a function that prints to the output itself."""

    def write(line: str) -> None:
        click.echo(line, file=stream)  # type: ignore[arg-type]  # a text stream

    with redirect_stdout(sys.stderr):
        yield write


def _lines(event: Event) -> str:
    at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{at}  {event.kind.ljust(7)}  {event.text}"


def _json_lines(event: Event) -> str:
    at = datetime.now().astimezone().isoformat(timespec="milliseconds")
    return json.dumps({"at": at, "event": event.kind, "text": event.text, **event.facts}, ensure_ascii=False)


def _leave_loading_threads() -> None:
    """Ends the process at once where a thread still loads a model that nobody waits for any more."""
    if any(thread.name == "models" and thread.is_alive() for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(OK)
