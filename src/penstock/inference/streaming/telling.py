# SPDX-License-Identifier: Apache-2.0
"""How a stream tells what it does: events for a log, and a status file for whoever looks later."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from penstock.inference.job import ModelRef
from penstock.inference.streaming.incoming import Incoming, Outcome
from penstock.runtime.clock import now

EventKind = Literal["started", "models", "scored", "waiting", "back", "warning", "ended", "failed"]

_BETWEEN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a stream tells.

    Attributes:
        kind: What kind of thing.
        text: It, for a person.
        facts: It, for a program.
    """

    kind: EventKind
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Totals:
    """What a stream has done since it was started.

    Attributes:
        inputs: Files and batches of messages that are done.
        rows: Rows of results.
        failed: Rows, messages and files in the dead letters.
        ticks: Times that the graph was run.
        scored: Inputs whose latency is known.
        latency_seconds: Their latencies together, from arrival to result.
        worst_latency_seconds: The worst of them.
    """

    inputs: int = 0
    rows: int = 0
    failed: int = 0
    ticks: int = 0
    scored: int = 0
    latency_seconds: float = 0.0
    worst_latency_seconds: float = 0.0

    def add(self, outcomes: Sequence[tuple[Incoming, Outcome]], ready: float, ended: float) -> None:
        """Counts a tick that ended at a time; what came before the models served counts as come then."""
        self.ticks += 1
        for incoming, outcome in outcomes:
            self.inputs += 1
            self.rows += outcome.rows
            self.failed += outcome.failed
            if incoming.arrived:
                latency = max(ended - max(incoming.arrived, ready), 0.0)
                self.scored += 1
                self.latency_seconds += latency
                self.worst_latency_seconds = max(self.worst_latency_seconds, latency)


class Teller:
    """Tells events, ticks at most once a second, and keeps the status file up to date.

    Args:
        display: Shows an event.
        status_file: Path of the status file.
        what: What the stream is, for the status file.
    """

    def __init__(self, display: Callable[[Event], None], status_file: str, what: Mapping[str, Any]) -> None:
        self._display = display
        self._status_file = status_file
        self._what = {**what, "process": os.getpid(), "started": now()}
        self.totals = Totals()
        self._since = Totals()
        self._state = "starting"
        self._models: dict[str, Any] = {}
        self._last_warning = ""
        self._ready = 0.0
        self._next_told = 0.0
        self._next_status = 0.0

    def say(self, kind: EventKind, text: str, **facts: Any) -> None:
        """Tells an event; what was told of ticks so far comes first."""
        self._tell_ticks()
        if kind in ("warning", "failed"):
            self._last_warning = text
        if kind not in ("warning", "scored"):
            self._state = {"started": "starting", "models": "serving", "back": "serving"}.get(kind, kind)
        self._display(Event(kind, text, facts))
        self._write_status()

    def serving(self, models: Mapping[str, ModelRef]) -> None:
        """Tells which models serve from now on."""
        self._ready = time.time()
        self._models = {name: _told(ref) for name, ref in models.items()}
        names = ", ".join(f"{name} {model_text(ref)}" for name, ref in models.items())
        self.say("models", f"serving with {names or 'no models'}", models=self._models)

    def tick(self, outcomes: Sequence[tuple[Incoming, Outcome]]) -> None:
        """Takes note of a tick."""
        ended = time.time()
        self.totals.add(outcomes, self._ready, ended)
        self._since.add(outcomes, self._ready, ended)
        if time.monotonic() >= self._next_told:
            self._tell_ticks()

    def quiet(self) -> None:
        """Tells what is still to be told, where nothing happens any more."""
        if time.monotonic() >= self._next_told:
            self._tell_ticks()
        if time.monotonic() >= self._next_status:
            self._write_status()

    def _tell_ticks(self) -> None:
        done, self._since = self._since, Totals()
        self._next_told = time.monotonic() + _BETWEEN_SECONDS
        if done.inputs == 0:  # nothing, or only files that could not be read yet
            return
        latency = done.latency_seconds / done.scored if done.scored else 0.0
        facts = {
            "inputs": done.inputs,
            "rows": done.rows,
            "failed": done.failed,
            "ticks": done.ticks,
            "latency_seconds": round(latency, 3),
        }
        failed = f", {done.failed:,} failed" if done.failed else ""
        text = f"{done.inputs:,} in, {done.rows:,} rows out{failed}; {latency:.2f} s from arrival to result"
        self._display(Event("scored", text, facts))
        self._write_status()

    def _write_status(self) -> None:
        """Writes the status file so that readers see it whole; it need not survive a loss of power.

        One that cannot be written ends no stream: what matters is in the journal, which tells of a full disk itself.
        """
        self._next_status = time.monotonic() + _BETWEEN_SECONDS
        totals = self.totals
        document = {
            **self._what,
            "at": now(),
            "state": self._state,
            "models": self._models,
            "inputs": totals.inputs,
            "rows": totals.rows,
            "failed": totals.failed,
            "ticks": totals.ticks,
            "worst_latency_seconds": round(totals.worst_latency_seconds, 3),
            "last_warning": self._last_warning,
        }
        temporary = f"{self._status_file}.tmp"
        with suppress(OSError):
            Path(temporary).write_text(json.dumps(document, indent=2), encoding="utf-8")
            os.replace(temporary, self._status_file)


def model_text(ref: ModelRef) -> str:
    """Returns what a person knows a model by."""
    version = ref.version or ref.uri
    return f"{version} (artifact {ref.artifact_id})" if ref.artifact_id is not None else version


def _told(ref: ModelRef) -> dict[str, Any]:
    return {"uri": ref.uri, "artifact_id": ref.artifact_id, "version": ref.version}
