# SPDX-License-Identifier: Apache-2.0
"""Runs as they go on: a table that is drawn again in place on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol, TextIO

from penstock.errors import UsageError
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.run import NodeResult, node_results
from penstock.runtime.sweep import run_owner
from penstock.ui.errors import cause_of
from penstock.ui.outcome import recorded_ir
from penstock.ui.progress import ended_text
from penstock.ui.runs_page import run_row, runs_text
from penstock.ui.tables import count, duration, table
from penstock.ui.terminal import Palette, columns, has_colours, is_live

_STATE = 1
_WAITING, _RUNNING = "waiting", "running"
_GOING_ON = "RUNNING"
DEAD = "its process has ended before it did"
"""The end of a run whose process is gone."""

Sleep = Callable[[float], None]


class View(Protocol):
    """What is watched.

    ``page`` is what a terminal shows, ``lines`` what has changed since it was asked before, and ``end`` the state
    that ended it, ``None`` as long as it goes on.
    """

    def look(self) -> None: ...
    def page(self) -> str: ...
    def lines(self) -> list[str]: ...
    def end(self) -> str | None: ...


def watch(
    view: View, interval_seconds: float, stream: TextIO | None = None, sleep: Sleep = time.sleep
) -> str:
    """Shows what is watched until it ends; returns the state that it ended in.

    Args:
        view: What is watched.
        interval_seconds: How long to wait before looking again.
        stream: Where to show it; standard output where it is not given.
        sleep: Waits.
    """
    out = stream or sys.stdout
    with _redrawn(out) if is_live(out) else _appended(out) as show:
        while True:
            view.look()
            show(view)
            ended = view.end()
            if ended is not None:
                return ended
            sleep(interval_seconds)


@contextmanager
def _redrawn(stream: TextIO) -> Iterator[Callable[[View], None]]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        yield lambda view: live.update(Text.from_ansi(view.page()), refresh=True)


@contextmanager
def _appended(stream: TextIO) -> Iterator[Callable[[View], None]]:
    def show(view: View) -> None:
        for line in view.lines():
            stream.write(line + "\n")
        stream.flush()

    yield show


class RunsView:
    """The latest runs of a store, for as long as somebody looks.

    Args:
        store: The store.
        pipeline: Only runs of this pipeline.
        limit: At most so many.
    """

    def __init__(self, store: MetadataStore, pipeline: str | None, limit: int) -> None:
        self._store = store
        self._pipeline = pipeline
        self._limit = limit
        self._rows: list[dict[str, Any]] = []
        self._told: dict[str, tuple[str, int]] = {}

    def look(self) -> None:
        """Reads the runs."""
        self._rows = [run_row(r) for r in self._store.list_runs(self._pipeline, limit=self._limit)]

    def page(self) -> str:
        """Returns the table of runs."""
        return runs_text(self._rows)

    def lines(self) -> list[str]:
        """Returns a line for each run that is in another state, or has more nodes behind it."""
        lines = []
        for row in reversed(self._rows):
            now = (row["state"], sum(row["nodes"].values()))
            if self._told.get(row["run_id"]) != now:
                self._told[row["run_id"]] = now
                nodes = ", ".join(f"{number} {state}" for state, number in row["nodes"].items())
                lines.append("  ".join(filter(None, (row["run_id"], row["pipeline"], row["state"], nodes))))
        return lines

    def end(self) -> str | None:
        """Returns nothing: another run may begin at any time."""
        return None


@dataclass(frozen=True, slots=True)
class _Row:
    state: str
    result: NodeResult | None = None
    started: float | None = None


class RunView:
    """One run, until it ends.

    Args:
        store: The store.
        record: The run.
    """

    def __init__(self, store: MetadataStore, record: RunRecord) -> None:
        self._store = store
        self._record = record
        ir = recorded_ir(record)
        self._order = [node.id for node in ir.nodes] if ir is not None else []
        self._rows: dict[str, _Row] = {}
        self._told: dict[str, str] = {}
        self._is_told = False

    def look(self) -> None:
        """Reads the run, and which of its nodes are at work."""
        latest = self._store.get_run(self._record.pipeline, self._record.run_id)
        if latest is None:
            raise UsageError(f"run {self._record.run_id} is not in the store any more")
        self._record = latest
        rows = dict.fromkeys(self._order, _Row(_WAITING if self._state() == _GOING_ON else ""))
        if self._state() == _GOING_ON:
            rows.update(self._at_work())
        for node_id, result in node_results(latest).items():
            at_work = rows.get(node_id)
            if at_work is None or at_work.state != _RUNNING:
                rows[node_id] = _Row(result.state, result)
        self._rows = rows

    def _at_work(self) -> Mapping[str, _Row]:
        """Returns the nodes with a running execution."""
        found: dict[str, _Row] = {}
        for execution in self._store.executions_of_run(self._record.pipeline, self._record.run_id):
            if execution.state == "RUNNING":
                found.setdefault(execution.node_id, _Row(_RUNNING, started=execution.created_ms / 1000))
        return found

    def _state(self) -> str:
        return str(self._record.properties.get("state") or "UNKNOWN")

    def page(self) -> str:
        """Returns the run's title and the table of its nodes."""
        palette = Palette(has_colours(sys.stdout))

        def paint(column: int, cell: str) -> str:
            return palette.state(cell) if column == _STATE else cell

        rows = [self._cells(node_id, row) for node_id, row in self._rows.items()]
        header = ("node", "state", "time", "rows", "detail")
        title = f"{self._title()}: {palette.state(self._state())}{_elapsed(self._record)}"
        return f"{title}\n\n{table(header, rows, right=(2, 3), width=columns(sys.stdout), paint=paint)}"

    def _cells(self, node_id: str, row: _Row) -> tuple[str, ...]:
        if row.result is not None:
            seconds, rows, detail = duration(row.result.seconds), count(row.result.rows), _detail(row.result)
        else:
            at_work = row.started is not None
            seconds = duration(max(time.time() - (row.started or 0.0), 0.0)) if at_work else ""
            rows, detail = "", ""
        return node_id, row.state, seconds, rows, detail

    def _title(self) -> str:
        return f"{self._record.pipeline} run {self._record.run_id}"

    def lines(self) -> list[str]:
        """Returns a line for each node that has begun or ended."""
        lines = [] if self._is_told else [self._title()]
        self._is_told = True
        width = max(map(len, self._rows), default=0)
        for node_id, row in self._rows.items():
            if row.state not in ("", _WAITING) and self._told.get(node_id) != row.state:
                self._told[node_id] = row.state
                told = ended_text(row.result) if row.result is not None else ""
                lines.append(f"{node_id.ljust(width)}  {row.state.ljust(9)}  {told}".rstrip())
        if self.end() is not None:
            lines.append(f"{self._title()}: {self.end()}")
        return lines

    def end(self) -> str | None:
        """Returns the state that the run has ended in; ``DEAD`` where its process has ended without saying so."""
        if self._state() != _GOING_ON:
            return self._state()
        owner = run_owner(self._record)
        return DEAD if owner is not None and not owner.is_alive() else None


def _detail(result: NodeResult) -> str:
    if result.state == "failed":
        return cause_of(result.node_id, result.reason)
    return "; ".join(filter(None, (result.summary, result.reason.removeprefix(f"{result.node_id}: "))))


def _elapsed(record: RunRecord) -> str:
    started = str(record.properties.get("started") or "")
    if not started:
        return ""
    finished = str(record.properties.get("finished") or "")
    end = datetime.fromisoformat(finished) if finished else datetime.now(timezone.utc)
    return (
        f" {'in' if finished else 'for'} {duration((end - datetime.fromisoformat(started)).total_seconds())}"
    )
