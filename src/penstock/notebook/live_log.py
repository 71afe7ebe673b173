# SPDX-License-Identifier: Apache-2.0
"""What an executor prints, below the cell that waits for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from penstock.notebook import ipython
from penstock.ui.html.markup import el

_SECONDS_BETWEEN = 0.5
_SHOWN_LINES = 12
_KEPT_LINES = 200
_MOST_BYTES = 64_000


@dataclass(frozen=True, slots=True)
class Log:
    """The part of a log that one execution has written.

    Attributes:
        path: The log.
        start: Where the part begins, in bytes.
    """

    path: str
    start: int


def log_of(log: Log, lines: int = _KEPT_LINES) -> str:
    """Returns the last lines of a log's part; of a line that was written over by a progress bar, its last state."""
    try:
        with open(log.path, "rb") as file:
            file.seek(max(log.start, os.path.getsize(log.path) - _MOST_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    shown = [line.rstrip().rpartition("\r")[2].replace("\b", "") for line in text.split("\n")]
    return "\n".join(line for line in shown[-lines - 1 :] if line.strip())


@contextmanager
def following(path: str) -> Iterator[Log]:
    """Gives the part of a log that is written in the block; in a notebook it is shown as it grows, and taken away."""
    log = Log(path, os.path.getsize(path) if os.path.exists(path) else 0)
    if not ipython.is_there():
        yield log
        return
    ended = threading.Event()
    thread = threading.Thread(target=_show, args=(log, ended), name="penstock-log", daemon=True)
    thread.start()
    try:
        yield log
    finally:
        ended.set()
        thread.join()


def _show(log: Log, ended: threading.Event) -> None:
    from IPython.display import HTML, display

    handle, shown = None, ""
    while not ended.wait(_SECONDS_BETWEEN):
        text = log_of(log, _SHOWN_LINES)
        if text == shown:
            continue
        shown = text
        markup = HTML(el("pre", text, style="margin:0;opacity:.75;white-space:pre-wrap"))
        if handle is None:
            handle = display(markup, display_id=True)
        else:
            handle.update(markup)
    if handle is not None:
        handle.update(HTML(""))
