# SPDX-License-Identifier: Apache-2.0
"""Several jobs with one model as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from penstock.inference.job import InferenceSummary, ModelSummary

_CAUSES = 10


def together(summaries: Sequence[InferenceSummary]) -> InferenceSummary:
    """Returns what jobs have done one after the other.

    Of percentiles the highest of any job is taken: no job was slower, nor its batches larger. Outputs are left out.
    """
    if len(summaries) == 1:
        return summaries[0]
    causes: Counter[tuple[str, str]] = Counter()
    for summary in summaries:
        causes.update({(stage, cause): rows for stage, cause, rows in summary.failures})
    names = dict.fromkeys(name for summary in summaries for name in summary.models)
    return InferenceSummary(
        rows=sum(summary.rows for summary in summaries),
        failed_rows=sum(summary.failed_rows for summary in summaries),
        failures=tuple((stage, cause, rows) for (stage, cause), rows in causes.most_common(_CAUSES)),
        models={
            name: _model([summary.models[name] for summary in summaries if name in summary.models])
            for name in names
        },
    )


def _model(parts: Sequence[ModelSummary]) -> ModelSummary:
    return ModelSummary(
        rows=sum(part.rows for part in parts),
        batches=sum(part.batches for part in parts),
        batch_rows=_highest(part.batch_rows for part in parts),
        latency_ms=_highest(part.latency_ms for part in parts),
        load_seconds=max(part.load_seconds for part in parts),
        model_bytes=max(part.model_bytes for part in parts),
        device=next((part.device for part in parts if part.device), ""),
        flavor=next((part.flavor for part in parts if part.flavor), ""),
    )


def _highest(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            found[name] = max(value, found.get(name, value))
    return found
