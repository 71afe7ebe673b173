# SPDX-License-Identifier: Apache-2.0
"""Loads the code of a component into a parent process, so that workers forked from it need not import it again.

It is done for code that a second task needs, and only where it leaves a process that can be forked safely.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.runtime import user_code
from penstock.runtime.autograph import spare_graph_libraries
from penstock.runtime.task import ExecutorTask, load_code


@dataclass(frozen=True, slots=True)
class Warmed:
    """What importing a component's code has said and left.

    Attributes:
        said: What it printed, which belongs into the log of each task.
        forkable: Whether the process may be forked: the code has started no thread and opened no file or connection,
            which its children would share.
    """

    said: bytes
    forkable: bool


def warm(task: ExecutorTask) -> Warmed:
    """Imports the code that a task needs into this process, for good."""
    before = _open_files()
    with tempfile.TemporaryFile() as said:
        with _printing_to(said.fileno()):
            user_code.enter(task.project_root)
            spare_graph_libraries()
            # The workers meet the same failure again, and explain it.
            with contextlib.suppress(Exception, SystemExit):
                load_code(task)
        said.seek(0)
        text = said.read()
    return Warmed(text, forkable=_threads() == 1 and _open_files() <= before)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _open_files() -> set[str]:
    """Returns the open descriptors and what they are open on."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the descriptor of the listing itself
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
    return found


@contextlib.contextmanager
def _printing_to(descriptor: int) -> Iterator[None]:
    kept = [os.dup(number) for number in (1, 2)]
    try:
        for number in (1, 2):
            os.dup2(descriptor, number)
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the user's code may have closed or replaced it
                stream.flush()
        for number, original in zip((1, 2), kept, strict=True):
            os.dup2(original, number)
            os.close(original)
