# SPDX-License-Identifier: Apache-2.0
"""Runs a container to its end, and ends it whatever happens to this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from penstock.components.container_component.engine import Engine
from penstock.errors import ExecutionError

_LAST_LINES = 20

# Waits for the end of its standard input. Where no line comes before it, whoever started it has died.
_WATCH = 'read -r done || for again in 1 2 3; do "$@" >/dev/null 2>&1 && exit; sleep 1; done'


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container has ended.

    Attributes:
        exit_code: The exit code of its command, or of the engine.
        last_lines: The last lines that it printed.
    """

    exit_code: int
    last_lines: tuple[str, ...]


def run_to_end(engine: Engine, name: str, command: list[str]) -> Ended:
    """Runs a container, prints what it prints, and returns how it ended.

    The container is ended where this process is: by a signal, by an exception, or killed without notice.

    Raises:
        ExecutionError: The engine cannot be started.
    """
    with _watched(engine, name), _terminating(engine, name):
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ExecutionError(f"{engine.program} cannot be started", got=error.strerror) from error
        with process:
            try:
                last = _printed(process)
                return Ended(process.wait(), last)
            except BaseException:
                engine.remove(name)
                process.kill()
                raise


def _printed(process: subprocess.Popen[bytes]) -> tuple[str, ...]:
    last: deque[str] = deque(maxlen=_LAST_LINES)
    assert process.stdout is not None
    for line in process.stdout:
        text = line.decode("utf-8", "replace")
        sys.stdout.write(text)
        sys.stdout.flush()
        if text.strip():
            last.append(text.rstrip())
    return tuple(last)


@contextmanager
def _watched(engine: Engine, name: str) -> Iterator[None]:
    """Has a process of its own end the container should this one die without a word."""
    with subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "sh", *engine.remove_command(name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as watch:
        try:
            yield
        finally:
            with suppress(OSError):
                watch.communicate(b"done\n")


@contextmanager
def _terminating(engine: Engine, name: str) -> Iterator[None]:
    """Ends the container before the signal that ends this process does what it would do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminated(number: int, frame: FrameType | None) -> None:
        engine.remove(name)
        signal.signal(number, before)
        if callable(before):
            before(number, frame)
        else:
            os.kill(os.getpid(), number)

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
