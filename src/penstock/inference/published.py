# SPDX-License-Identifier: Apache-2.0
"""What publishers say of an inference: what failed and why, where results went, and why a run stops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from penstock.artifacts.artifact import PropertyValue
from penstock.inference.job import InferenceSummary
from penstock.inference.sinks.report import SinkReport

_CAUSES_TOLD = 3
_DETAILS = re.compile(r"; (?:input|expected|got|what to do): ")


def failures_recorded(summary: InferenceSummary) -> list[PropertyValue]:
    """Returns the causes for which rows have failed, as a property of an execution."""
    return [{"stage": stage, "cause": cause, "rows": rows} for stage, cause, rows in summary.failures]


def dead_letters_recorded(summary: InferenceSummary) -> dict[str, PropertyValue]:
    """Returns the properties of the dead letters."""
    return {"rows": summary.failed_rows, "failures": failures_recorded(summary)}


def sinks_recorded(sinks: Sequence[SinkReport]) -> list[PropertyValue]:
    """Returns what was delivered where, as a property of an execution."""
    return [sink.sentence for sink in sinks]


def outcome(summary: InferenceSummary, sinks: Sequence[SinkReport]) -> list[str]:
    """Returns the parts of a sentence that tell how many rows have failed and how many went where."""
    failed = [f"{summary.failed_rows:,} failed"] if summary.failed_rows else []
    return [*failed, *map(_delivered, sinks)]


def too_many_failed(summary: InferenceSummary, allowed: float, node_id: str) -> str:
    """Returns why a node whose rows have failed publishes no results."""
    told = [
        f"{_headline(cause)} ({stage}, {rows:,})" for stage, cause, rows in summary.failures[:_CAUSES_TOLD]
    ]
    others = summary.failed_rows - sum(rows for _, _, rows in summary.failures[:_CAUSES_TOLD])
    if others:
        told.append(f"other causes ({others:,})")
    causes = "; ".join(told)
    return (
        f"{summary.failed_rows:,} of {summary.rows:,} {'row' if summary.rows == 1 else 'rows'} failed, "
        f"and max_failed_fraction is {allowed:g}: {causes}. "
        f"The rows are in {node_id}.dead_letters; no results are published"
    )


def _delivered(sink: SinkReport) -> str:
    told = f"{sink.rows:,} to {sink.destination}"
    if sink.repeated:
        return f"{told} (delivered before)"
    return f"{told} ({sink.duplicates:,} repeated a key)" if sink.duplicates else told


def _headline(cause: str) -> str:
    """Returns what failed, without what was expected and came: beside others, nobody could tell whose that is."""
    return _DETAILS.split(cause, maxsplit=1)[0]
