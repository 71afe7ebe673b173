# SPDX-License-Identifier: Apache-2.0
"""The display that redraws itself while a run goes on. Imports rich."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from penstock.ir.model import PipelineIR
from penstock.runtime.run import NodeResult
from penstock.ui.tables import count, duration
from penstock.ui.terminal import STATE_COLOURS

_REDRAWS_PER_SECOND = 8


@contextmanager
def live_display(ir: PipelineIR, title: str, stream: TextIO) -> Iterator[LiveDisplay]:
    """Shows the display inside the ``with`` block and takes it away at its end."""
    display = LiveDisplay(ir, title)
    console = Console(file=stream, highlight=False)
    with Live(
        get_renderable=display.render,
        console=console,
        refresh_per_second=_REDRAWS_PER_SECOND,
        transient=True,
        redirect_stderr=False,
    ):
        yield display


@dataclass(slots=True)
class _Node:
    state: str = "waiting"
    started: float = 0.0
    rows: int | None = None
    result: NodeResult | None = None


class LiveDisplay:
    """An observer that keeps a table of all nodes.

    Args:
        ir: The pipeline.
        title: Line above the table.
    """

    def __init__(self, ir: PipelineIR, title: str) -> None:
        self._title = title
        self._started = time.monotonic()
        self._nodes = {node.id: _Node() for node in ir.nodes}
        self._lock = threading.Lock()
        self._spinner = Spinner("dots")

    def node_started(self, node_id: str) -> None:
        """Starts the node's clock."""
        with self._lock:
            self._nodes[node_id].state = "starting"
            self._nodes[node_id].started = time.monotonic()

    def node_executing(self, node_id: str) -> None:
        """Shows that the node works."""
        with self._lock:
            self._nodes[node_id].state = "running"

    def node_progress(self, node_id: str, rows: int | None) -> None:
        """Shows how many rows it has handled."""
        with self._lock:
            self._nodes[node_id].rows = rows

    def node_finished(self, result: NodeResult) -> None:
        """Shows how it ended."""
        with self._lock:
            node = self._nodes[result.node_id]
            node.state, node.result, node.rows = result.state, result, result.rows

    def render(self) -> Group:
        """Returns the table as it is now, below the title."""
        now = time.monotonic()
        grid = Table(box=None)
        for name, justify in (
            ("", "left"),
            ("node", "left"),
            ("state", "left"),
            ("time", "right"),
            ("rows", "right"),
        ):
            grid.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]  # rich's own Literal
        grid.add_column("detail", overflow="ellipsis", no_wrap=True)
        with self._lock:
            for node_id, node in self._nodes.items():
                grid.add_row(*self._row(node_id, node, now))
        return Group(Text(f"{self._title}  {duration(now - self._started)}"), grid)

    def _row(self, node_id: str, node: _Node, now: float) -> tuple[Text | Spinner, ...]:
        active = node.result is None and node.state != "waiting"
        seconds = node.result.seconds if node.result else now - node.started
        detail = (node.result.summary or node.result.reason) if node.result else ""
        style = STATE_COLOURS.get(node.state, "dim" if node.state == "waiting" else "bold")
        return (
            self._spinner if active else Text(" "),
            Text(node_id),
            Text(node.state, style=style),
            Text(duration(seconds) if active or node.result else ""),
            Text(count(node.rows)),
            Text(detail, style="dim"),
        )
