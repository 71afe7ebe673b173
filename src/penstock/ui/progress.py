# SPDX-License-Identifier: Apache-2.0
"""Progress of a run: a display that redraws itself on a terminal, lines everywhere else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from penstock.ir.model import PipelineIR
from penstock.runners.session import RunRequest
from penstock.runtime.items import instance_name
from penstock.runtime.observer import Observer
from penstock.runtime.run import NodeResult
from penstock.ui.tables import count, duration
from penstock.ui.terminal import Palette, has_colours, is_live

_SECONDS_BETWEEN_ROWS = 10.0


@contextmanager
def observe(ir: PipelineIR, request: RunRequest, *, lines_only: bool = False) -> Iterator[Observer]:
    """Shows on standard output how a run goes.

    Args:
        ir: The pipeline.
        request: The run.
        lines_only: Whether to print lines on a terminal too, for a debugger's sake.
    """
    stream = sys.stdout
    title = f"{ir.name} run {request.run_id}"
    if is_live(stream) and not lines_only:
        from penstock.ui.live import live_display

        with live_display(ir, title, stream) as display:
            yield display
    else:
        yield Lines(ir, title, stream)


class Lines:
    """An observer that prints one line per event.

    Args:
        ir: The pipeline.
        title: First line.
        stream: Where to print.
    """

    def __init__(self, ir: PipelineIR, title: str, stream: TextIO) -> None:
        self._stream = stream
        self._palette = Palette(has_colours(stream))
        self._width = max(len(node.id) for node in ir.nodes)
        self._lock = threading.Lock()
        self._next_rows: dict[str, float] = {}
        self._looping: set[str] = set()
        self._print(title)

    def node_warned(self, node_id: str, warning: str) -> None:
        """Says what is odd about a node."""
        self._line(node_id, "warning", warning)

    def node_started(self, node_id: str, item: str = "") -> None:
        """Says nothing yet: most nodes that the cache answers end within milliseconds."""

    def node_executing(self, node_id: str, item: str = "") -> None:
        """Says that the node works; in a loop once, for its first item."""
        name = instance_name(node_id, item)
        self._next_rows[name] = time.monotonic() + _SECONDS_BETWEEN_ROWS
        if not item or node_id not in self._looping:
            self._looping.add(node_id)
            self._line(node_id, "running")

    def node_progress(self, node_id: str, rows: int | None, item: str = "") -> None:
        """Says how many rows it has handled, from time to time."""
        now, name = time.monotonic(), instance_name(node_id, item)
        if rows is not None and now >= self._next_rows.get(name, 0.0):
            self._next_rows[name] = now + _SECONDS_BETWEEN_ROWS
            self._line(name, "running", f"{count(rows)} rows")

    def node_finished(self, result: NodeResult) -> None:
        """Says how it ended; of an item only where it failed, since the node says how many there were."""
        if not result.item or result.state == "failed":
            self._line(result.name, result.state, ended_text(result))

    def _line(self, node_id: str, state: str, detail: str = "") -> None:
        self._print(f"{node_id.ljust(self._width)}  {self._palette.state(state.ljust(9))}  {detail}".rstrip())

    def _print(self, text: str) -> None:
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()


def ended_text(result: NodeResult) -> str:
    """Returns time, rows, outcome and reason of a node that has ended, as far as it has them."""
    told = [duration(result.seconds)] if result.has_outputs or result.state == "failed" else []
    told += [f"{count(result.rows)} rows"] if result.rows is not None else []
    told += [text for text in (result.summary, result.reason.removeprefix(f"{result.name}: ")) if text]
    return "; ".join(told)
