# SPDX-License-Identifier: Apache-2.0
"""The list of runs as text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from penstock.ui.tables import duration, table
from penstock.ui.terminal import Palette, has_colours

_ORDER = ("ran", "cached", "skipped", "failed", "cancelled", "not run")
_STATE = 2


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
    if not (run["started"] and run["finished"]):
        return ""
    took = datetime.fromisoformat(run["finished"]) - datetime.fromisoformat(run["started"])
    return duration(took.total_seconds())
