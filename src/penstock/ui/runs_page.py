# SPDX-License-Identifier: Apache-2.0
"""The list of runs as text."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from penstock.metadata.records import RunRecord
from penstock.runtime.run import node_results
from penstock.runtime.sweep import state_of
from penstock.ui.tables import duration, table
from penstock.ui.terminal import Palette, has_colours

_ORDER = ("ran", "cached", "skipped", "failed", "cancelled", "not run")
_STATE = 2


def run_row(record: RunRecord) -> dict[str, Any]:
    """Returns what a list of runs tells of one, as plain JSON."""
    states = Counter(result.state for result in node_results(record).values())
    times = {key: record.properties.get(key) or "" for key in ("started", "finished")}
    told = {"run_id": record.run_id, "pipeline": record.pipeline, "state": state_of(record)}
    return {**told, **times, "nodes": dict(states)}


def runs_text(runs: Sequence[Mapping[str, Any]]) -> str:
    """Returns a table of runs; each has ``run_id``, ``pipeline``, ``state``, ``started``, ``finished``, ``nodes``."""
    if not runs:
        return "no runs yet"
    palette = Palette(has_colours(sys.stdout))
    rows = [
        (r["run_id"], r["pipeline"], r["state"], _local(r["started"]), _took(r), _nodes(r["nodes"]))
        for r in runs
    ]

    def paint(column: int, cell: str) -> str:
        return palette.state(cell) if column == _STATE else cell

    return table(("run", "pipeline", "state", "started", "time", "nodes"), rows, right=(4,), paint=paint)


def _nodes(states: Mapping[str, int]) -> str:
    return ", ".join(f"{states[state]} {state}" for state in _ORDER if state in states)


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _took(run: Mapping[str, Any]) -> str:
    """Returns how long a run took, of one that goes on how long it has gone on; ``""`` where that is not known."""
    goes_on = run["state"] == "RUNNING"
    if not run["started"] or not (run["finished"] or goes_on):
        return ""
    end = datetime.fromisoformat(run["finished"]) if run["finished"] else datetime.now(timezone.utc)
    return duration(max((end - datetime.fromisoformat(run["started"])).total_seconds(), 0.0))
