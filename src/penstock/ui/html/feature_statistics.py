# SPDX-License-Identifier: Apache-2.0
"""TFDV's statistics of a feature as the few numbers that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.ui.html.charts import Bin

_TYPES = {0: "int", 1: "float", 2: "text", 3: "bytes", 4: "struct"}
_STANDARD, _QUANTILES = 0, 1


@dataclass(frozen=True, slots=True)
class FeatureStatistics:
    """One feature of one split.

    Attributes:
        type: ``int``, ``float``, ``text``, ``bytes`` or ``struct``.
        present: Rows that have the feature.
        missing: Rows that do not.
        values_per_row: Least, mean and greatest number of values in the rows that have it.
        numbers: Mean, standard deviation, zeros, least, median and greatest value of a numeric feature, by name.
        unique: Number of distinct values of a categorical feature; ``None`` where it is not known.
        top: The most frequent values with how often each occurs.
        average_length: Mean length of a value in bytes or characters.
        bins: Histogram of equal widths.
        deciles: Least value, the quantiles between, greatest value.
    """

    type: str
    present: int
    missing: int
    values_per_row: tuple[int, float, int] = (0, 0.0, 0)
    numbers: dict[str, float] = field(default_factory=dict)
    unique: int | None = None
    top: tuple[tuple[str, float], ...] = ()
    average_length: float | None = None
    bins: tuple[Bin, ...] = ()
    deciles: tuple[float, ...] = ()

    @property
    def rows(self) -> int:
        """All rows."""
        return self.present + self.missing

    @property
    def missing_share(self) -> float:
        """Share of rows without the feature."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def is_numeric(self) -> bool:
        """Whether it has numbers rather than categories."""
        return bool(self.numbers)


def feature_name(feature: Any) -> str:
    """Returns the name of a feature, or its path joined by dots."""
    return feature.name or ".".join(feature.path.step)


def read_feature(feature: Any) -> FeatureStatistics:
    """Returns the statistics of a ``FeatureNameStatistics``."""
    kind = feature.WhichOneof("stats")
    stats: Any = getattr(feature, kind) if kind else None
    common = getattr(stats, "common_stats", None)
    present = int(common.num_non_missing) if common else 0
    missing = int(common.num_missing) if common else 0
    per_row = (
        (int(common.min_num_values), common.avg_num_values, int(common.max_num_values))
        if common
        else (0, 0.0, 0)
    )
    name = _TYPES.get(feature.type, "?")
    if kind == "num_stats":
        return FeatureStatistics(
            name,
            present,
            missing,
            per_row,
            numbers={
                "mean": stats.mean,
                "std dev": stats.std_dev,
                "min": stats.min,
                "median": stats.median,
                "max": stats.max,
                "zeros": float(stats.num_zeros),
            },
            bins=_bins(stats.histograms),
            deciles=_deciles(stats.histograms),
        )
    if kind == "string_stats":
        return FeatureStatistics(
            name,
            present,
            missing,
            per_row,
            unique=int(stats.unique),
            top=_top(stats),
            average_length=stats.avg_length,
        )
    if kind == "bytes_stats":
        return FeatureStatistics(
            name, present, missing, per_row, unique=int(stats.unique), average_length=stats.avg_num_bytes
        )
    return FeatureStatistics(name, present, missing, per_row)


def _top(stats: Any) -> tuple[tuple[str, float], ...]:
    if stats.top_values:
        return tuple((item.value, item.frequency) for item in stats.top_values)
    return tuple((bucket.label, bucket.sample_count) for bucket in stats.rank_histogram.buckets)


def _histogram(histograms: Sequence[Any], wanted: int) -> Any:
    return next((h for h in histograms if h.type == wanted and h.buckets), None)


def _bins(histograms: Sequence[Any]) -> tuple[Bin, ...]:
    found = _histogram(histograms, _STANDARD)
    total = sum(bucket.sample_count for bucket in found.buckets) if found else 0.0
    if not total:
        return ()
    return tuple(Bin(b.low_value, b.high_value, b.sample_count / total) for b in found.buckets)


def _deciles(histograms: Sequence[Any]) -> tuple[float, ...]:
    found = _histogram(histograms, _QUANTILES)
    if found is None:
        return ()
    return (found.buckets[0].low_value, *(bucket.high_value for bucket in found.buckets))
