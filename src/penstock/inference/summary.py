# SPDX-License-Identifier: Apache-2.0
"""What happened, counted where it happens and added up at the end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from penstock.inference.flow import Call, Flow
from penstock.inference.job import ModelSummary

_STEP = math.log(1.02)
"""Buckets of a histogram are 2 % wide, so that percentiles are right to 1 %."""
_PERCENTILES = (50, 95, 99)
_CAUSES = 1000
_OTHER_CAUSE = "(other causes)"


@dataclass(slots=True)
class Histogram:
    """Times, counted in buckets that widen with them, so that it stays small however many there are."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        """Counts a time."""
        self.counts[round(math.log(max(value, 1e-9)) / _STEP)] += 1

    def include(self, other: Histogram) -> None:
        """Counts all that another one has counted."""
        self.counts.update(other.counts)

    def percentiles(self) -> dict[str, float]:
        """Returns the 50th, 95th and 99th percentile, by these numbers; nothing where nothing was counted."""
        return {name: math.exp(bucket * _STEP) for name, bucket in percentiles(self.counts).items()}


def percentiles(counts: Mapping[int, int]) -> dict[str, int]:
    """Returns the 50th, 95th and 99th percentile of numbers, given how often each occurs."""
    total = sum(counts.values())
    found: dict[str, int] = {}
    for percentile in _PERCENTILES if total else ():
        wanted, seen = math.ceil(total * percentile / 100), 0
        for number in sorted(counts):
            seen += counts[number]
            if seen >= wanted:
                found[str(percentile)] = number
                break
    return found


@dataclass(slots=True)
class ModelTally:
    """What one model has done."""

    rows: int = 0
    batches: int = 0
    batch_rows: Counter[int] = field(default_factory=Counter)
    milliseconds: Histogram = field(default_factory=Histogram)
    load_seconds: float = 0.0
    size_bytes: int = 0
    device: str = ""
    flavor: str = ""

    def add(self, call: Call) -> None:
        """Counts a call."""
        self.rows += call.rows
        self.batches += 1
        self.batch_rows[call.rows] += 1
        self.milliseconds.add(call.seconds * 1000)
        facts = call.facts
        self.load_seconds = max(self.load_seconds, facts.load_seconds)
        self.size_bytes, self.device, self.flavor = facts.size_bytes, facts.device, facts.flavor

    def include(self, other: ModelTally) -> None:
        """Counts all that another one has counted."""
        self.rows += other.rows
        self.batches += other.batches
        self.batch_rows.update(other.batch_rows)
        self.milliseconds.include(other.milliseconds)
        self.load_seconds = max(self.load_seconds, other.load_seconds)
        self.size_bytes = self.size_bytes or other.size_bytes
        self.device = self.device or other.device
        self.flavor = self.flavor or other.flavor

    def summary(self) -> ModelSummary:
        """Returns what is reported."""
        return ModelSummary(
            self.rows,
            self.batches,
            {name: float(rows) for name, rows in percentiles(self.batch_rows).items()},
            {name: float(f"{value:.3g}") for name, value in self.milliseconds.percentiles().items()},
            self.load_seconds,
            self.size_bytes,
            self.device,
            self.flavor,
        )


@dataclass(slots=True)
class Tally:
    """What happened to rows."""

    rows: int = 0
    failed_rows: int = 0
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    models: dict[str, ModelTally] = field(default_factory=dict)

    def add(self, flow: Flow) -> None:
        """Counts a flow that has come to its end."""
        self.rows += flow.rows_read
        self.failed_rows += len(flow.failures)
        for failure in flow.failures:
            self._add_cause((failure.stage, failure.error), 1)
        for call in flow.calls:
            self.models.setdefault(call.model, ModelTally()).add(call)

    def include(self, other: Tally) -> None:
        """Counts all that another one has counted."""
        self.rows += other.rows
        self.failed_rows += other.failed_rows
        for cause, rows in other.causes.items():
            self._add_cause(cause, rows)
        for name, model in other.models.items():
            self.models.setdefault(name, ModelTally()).include(model)

    def most_frequent(self, count: int = 10) -> tuple[tuple[str, str, int], ...]:
        """Returns the most frequent causes: stage, cause, rows."""
        return tuple((stage, cause, rows) for (stage, cause), rows in self.causes.most_common(count))

    def model_summaries(self, names: Iterable[str]) -> Mapping[str, ModelSummary]:
        """Returns what each model has done, those that were never called among them."""
        return {name: self.models.get(name, ModelTally()).summary() for name in names}

    def _add_cause(self, cause: tuple[str, str], rows: int) -> None:
        if cause not in self.causes and len(self.causes) >= _CAUSES:
            cause = (cause[0], _OTHER_CAUSE)
        self.causes[cause] += rows
