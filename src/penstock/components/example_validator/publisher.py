# SPDX-License-Identifier: Apache-2.0
"""Publisher of ExampleValidator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from penstock.components.example_validator.component import (
    ExampleValidatorInputs,
    ExampleValidatorOutputs,
    ExampleValidatorParameters,
    ExampleValidatorPlan,
    ExampleValidatorResult,
    ExampleValidatorWork,
)
from penstock.components.example_validator.rules import Anomaly
from penstock.runtime.roles import ArtifactRecord, Publisher, Record

_SHOWN = 5


class ExampleValidatorPublisher(
    Publisher[
        ExampleValidatorInputs,
        ExampleValidatorOutputs,
        ExampleValidatorParameters,
        ExampleValidatorPlan,
        ExampleValidatorResult,
    ]
):
    """Records which splits are blessed, the number of anomalies of each, and why the run stops, if it does."""

    def describe(self, work: ExampleValidatorWork, result: ExampleValidatorResult) -> Record:
        counts = Counter(anomaly.split for anomaly in result.anomalies)
        splits = work.plan.splits
        record = ArtifactRecord(
            properties={"span": work.plan.span, "split_names": json.dumps(list(splits))},
            custom_properties={
                "span": work.plan.span,
                "blessed": {split: 0 if counts[split] else 1 for split in splits},
                "num_anomalies": {split: counts[split] for split in splits},
            },
        )
        return Record(
            artifacts={"anomalies": [record]},
            summary=_summary(counts),
            stop=_stop(result.stopping),
        )


def _summary(counts: Counter[str]) -> str:
    if not counts:
        return "no anomalies"
    total = sum(counts.values())
    per_split = ", ".join(f"{split} {count}" for split, count in counts.items())
    return f"{total} {'anomaly' if total == 1 else 'anomalies'} ({per_split})"


def _stop(stopping: Sequence[Anomaly]) -> str | None:
    if not stopping:
        return None
    more = f" and {len(stopping) - _SHOWN} more" if len(stopping) > _SHOWN else ""
    return f"fail_on names {'; '.join(str(anomaly) for anomaly in stopping[:_SHOWN])}{more}"
