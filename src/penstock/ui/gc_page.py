# SPDX-License-Identifier: Apache-2.0
"""What was removed, or would be, as text and as plain JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from penstock.runtime.retention.plan import ArtifactRemoval, Plan, RunRemoval
from penstock.runtime.retention.removal import Failure, Removed
from penstock.ui.tables import size, table
from penstock.ui.terminal import Palette, has_colours

_WHY = {
    "used": "in use by runs that are kept",
    "lineage": "what others that are kept were made from",
    "newest": "the newest of their output",
    "blessed": "of the newest blessed model",
    "pushed": "of the newest push",
}


def of_plan(plan: Plan) -> dict[str, Any]:
    """Returns what a plan would remove."""
    return _document(plan, plan.artifacts, plan.runs, (), (), dry_run=True)


def of_removal(plan: Plan, removed: Removed) -> dict[str, Any]:
    """Returns what was removed."""
    return _document(plan, removed.artifacts, removed.runs, removed.in_use, removed.failures, dry_run=False)


def _document(
    plan: Plan,
    artifacts: Sequence[ArtifactRemoval],
    runs: Sequence[RunRemoval],
    in_use: Sequence[int],
    failures: Sequence[Failure],
    *,
    dry_run: bool,
) -> dict[str, Any]:
    folders = [
        {"run_id": run.record.run_id, "pipeline": run.record.pipeline, **asdict(folder)}
        for run in runs
        for folder in run.folders
    ]
    listed = [
        {key: value for key, value in asdict(item).items() if key != "was_marked"} for item in artifacts
    ]
    return {
        "dry_run": dry_run,
        "artifacts": listed,
        "folders": folders,
        "size_bytes": sum(item["size_bytes"] for item in (*listed, *folders)),
        "kept": dict(plan.kept),
        "in_use": list(in_use),
        "failures": [asdict(failure) for failure in failures],
    }


def text(told: Mapping[str, Any]) -> str:
    """Returns the page of what ``of_plan`` or ``of_removal`` says."""
    palette = Palette(has_colours(sys.stdout))
    rows = [
        (item["run_id"], f"{item['node_id']}.{item['output']}", str(item["id"]), size(item["size_bytes"]), item["uri"])
        for item in told["artifacts"]
    ]  # fmt: skip
    rows += [
        (item["run_id"], item["content"], "", size(item["size_bytes"]), item["uri"])
        for item in told["folders"]
    ]
    parts = [table(("run", "what", "artifact", "size", "where"), rows, right=(2, 3))] if rows else []
    return "\n\n".join([*parts, "\n".join(_summary(told, palette))])


def _summary(told: Mapping[str, Any], palette: Palette) -> list[str]:
    runs = {(item["pipeline"], item["run_id"]) for item in (*told["artifacts"], *told["folders"])}
    word = "would be removed" if told["dry_run"] else "removed"
    if not runs:
        lines = [f"nothing {'to remove' if told['dry_run'] else 'was removed'}"]
    else:
        what = " and ".join(_what(told)) + f" of {_count(len(runs), 'run')}"
        lines = [f"{palette.paint(word, 'bold')}: {what}, {size(told['size_bytes'])}"]
    for reason, number in sorted(told["kept"].items()):
        lines.append(f"kept of earlier runs: {_count(number, 'artifact')}, {_WHY[reason]}")
    if told["in_use"]:
        lines.append(f"kept, since a run has begun to use them: {', '.join(map(str, told['in_use']))}")
    return lines


def _what(told: Mapping[str, Any]) -> list[str]:
    artifacts = [_count(len(told["artifacts"]), "artifact")] if told["artifacts"] else []
    return artifacts + (["the logs"] if told["folders"] else [])


def failures_text(told: Mapping[str, Any]) -> str:
    """Returns what could not be removed, ``""`` where all could."""
    lines = [
        f"error: {failure['uri']} could not be removed\n  got: {failure['reason']}"
        for failure in told["failures"]
    ]
    return "\n".join([*lines, "  what to do: mend that, and run gc again"]) if lines else ""


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
