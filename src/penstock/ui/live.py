# SPDX-License-Identifier: Apache-2.0
"""The display that redraws itself while a run goes on. Imports rich."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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
_LINES_AROUND = 4
_FEWEST_LINES = 5


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
    warning: str = ""
    items: int = 0
    items_ended: int = 0
    items_rows: dict[str, int] = field(default_factory=dict)


def _most_telling(nodes: Mapping[str, _Node], lines: int) -> Collection[str]:
    """Returns the nodes to show, in their order: all where they fit, else what runs and what failed first."""
    room = max(lines, _FEWEST_LINES)
    if len(nodes) <= room:
        return nodes.keys()

    def rank(node_id: str) -> tuple[int, float]:
        node = nodes[node_id]
        if node.result is None:
            return (2 if node.state == "waiting" else 0), -node.started
        return (0 if node.state == "failed" else 1), -node.started

    chosen = set(sorted(nodes, key=rank)[:room])
    return [node_id for node_id in nodes if node_id in chosen]


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

    def node_warned(self, node_id: str, warning: str) -> None:
        """Shows what is odd about a node until it ends."""
        with self._lock:
            self._nodes[node_id].warning = warning

    def node_started(self, node_id: str, item: str = "") -> None:
        """Starts the node's clock, with its first item where it stands in a loop."""
        with self._lock:
            node = self._nodes[node_id]
            if node.state == "waiting":
                node.state, node.started = "starting", time.monotonic()
            node.items += bool(item)

    def node_executing(self, node_id: str, item: str = "") -> None:  # noqa: ARG002  a node has one line
        """Shows that the node works."""
        with self._lock:
            self._nodes[node_id].state = "running"

    def node_progress(self, node_id: str, rows: int | None, item: str = "") -> None:
        """Shows how many rows it has handled, of all items together."""
        with self._lock:
            node = self._nodes[node_id]
            if not item:
                node.rows = rows
            elif rows is not None:
                node.items_rows[item] = rows
                node.rows = sum(node.items_rows.values())

    def node_finished(self, result: NodeResult) -> None:
        """Shows how it ended; of an item, that it has."""
        with self._lock:
            node = self._nodes[result.node_id]
            if result.item:
                node.items_ended += 1
            else:
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
            shown = _most_telling(self._nodes, shutil.get_terminal_size().lines - _LINES_AROUND)
            for node_id in shown:
                grid.add_row(*self._row(node_id, self._nodes[node_id], now))
            left = Counter(node.state for node_id, node in self._nodes.items() if node_id not in shown)
        parts: list[Text | Table] = [Text(f"{self._title}  {duration(now - self._started)}"), grid]
        if left:
            parts.append(Text("and " + ", ".join(f"{n:,} {state}" for state, n in left.items()), style="dim"))
        return Group(*parts)

    def _row(self, node_id: str, node: _Node, now: float) -> tuple[Text | Spinner, ...]:
        active = node.result is None and node.state != "waiting"
        seconds = node.result.seconds if node.result else now - node.started
        detail = (node.result.summary or node.result.reason) if node.result else node.warning
        if node.result is None and node.items:
            detail = f"{node.items_ended:,} items ended, {node.items - node.items_ended} under way"
        style = STATE_COLOURS.get(node.state, "dim" if node.state == "waiting" else "bold")
        return (
            self._spinner if active else Text(" "),
            Text(node_id),
            Text(node.state, style=style),
            Text(duration(seconds) if active or node.result else ""),
            Text(count(node.rows)),
            Text(detail, style="dim"),
        )
