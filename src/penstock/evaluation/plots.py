# SPDX-License-Identifier: Apache-2.0
"""Turns TFMA's plots into curves and matrices that are small enough to draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.evaluation.metric_names import qualifier
from penstock.evaluation.report import Plot, Role
from penstock.evaluation.tfma import metric_types

_CALIBRATION_BINS = 20
_CURVE_POINTS = 101
_MAX_CLASSES = 50
_DIGITS = 5


def plots(message: Any, baseline: str | None) -> Iterator[Plot]:
    """Yields the plots of one slice.

    Args:
        message: A ``PlotsForSlice``.
        baseline: Name of the baseline's model, if there is one.
    """
    for pair in message.plot_keys_and_values:
        key = metric_types.PlotKey.from_proto(pair.key)
        role: Role = "baseline" if baseline is not None and key.model_name == baseline else "candidate"
        name = f"{key.output_name or ''}{qualifier(key.sub_key)}"
        data = pair.value
        if data.HasField("calibration_histogram_buckets"):
            yield _calibration(data.calibration_histogram_buckets.buckets, role, name)
        if data.HasField("confusion_matrix_at_thresholds"):
            yield from _curves(data.confusion_matrix_at_thresholds.matrices, role, name)
        if data.HasField("multi_class_confusion_matrix_at_thresholds"):
            yield from _matrices(data.multi_class_confusion_matrix_at_thresholds.matrices, role, name)


def _calibration(buckets: Sequence[Any], role: Role, name: str) -> Plot:
    filled = [b for b in buckets if b.num_weighted_examples.value > 0]
    groups: dict[int, list[float]] = {}
    predictions = [b.total_weighted_refined_prediction.value / b.num_weighted_examples.value for b in filled]
    low, high = (min(predictions), max(predictions)) if predictions else (0.0, 1.0)
    if 0.0 <= low and high <= 1.0:
        low, high = 0.0, 1.0
    width = (high - low) / _CALIBRATION_BINS or 1.0
    for bucket, prediction in zip(filled, predictions, strict=True):
        sums = groups.setdefault(min(int((prediction - low) / width), _CALIBRATION_BINS - 1), [0.0, 0.0, 0.0])
        sums[0] += bucket.num_weighted_examples.value
        sums[1] += bucket.total_weighted_refined_prediction.value
        sums[2] += bucket.total_weighted_label.value
    ordered = [groups[index] for index in sorted(groups)]
    return Plot(
        "calibration",
        role,
        name,
        x=_rounded(s[1] / s[0] for s in ordered),
        y=_rounded(s[2] / s[0] for s in ordered),
        weights=_rounded(s[0] for s in ordered),
    )


def _curves(matrices: Sequence[Any], role: Role, name: str) -> Iterator[Plot]:
    counted = [m for m in matrices if m.true_positives + m.false_negatives > 0]
    roc = sorted({(_rate(m.false_positives, m.true_negatives), m.recall) for m in counted})
    if len(roc) > 1:
        yield _curve("roc", role, name, roc)
    precise = sorted(
        {(m.recall, m.precision) for m in counted if m.true_positives + m.false_positives > 0},
        key=lambda point: (point[0], -point[1]),
    )
    if len(precise) > 1:
        yield _curve("precision_recall", role, name, precise)


def _rate(part: float, rest: float) -> float:
    return part / (part + rest) if part + rest else 0.0


def _curve(kind: Any, role: Role, name: str, points: Sequence[tuple[float, float]]) -> Plot:
    kept = points
    if len(points) > _CURVE_POINTS:
        step = (len(points) - 1) / (_CURVE_POINTS - 1)
        kept = [points[round(index * step)] for index in range(_CURVE_POINTS)]
    return Plot(kind, role, name, x=_rounded(p[0] for p in kept), y=_rounded(p[1] for p in kept))


def _matrices(matrices: Sequence[Any], role: Role, name: str) -> Iterator[Plot]:
    for matrix in matrices:
        cells = {(e.actual_class_id, e.predicted_class_id): e.num_weighted_examples for e in matrix.entries}
        classes = sorted({class_id for pair in cells for class_id in pair})
        if not 0 < len(classes) <= _MAX_CLASSES:
            continue
        suffix = f"threshold {matrix.threshold:g}" if len(matrices) > 1 else ""
        yield Plot(
            "confusion_matrix",
            role,
            ", ".join(part for part in (name, suffix) if part),
            labels=tuple("none" if class_id < 0 else str(class_id) for class_id in classes),
            cells=tuple(
                _rounded(cells.get((actual, predicted), 0.0) for predicted in classes) for actual in classes
            ),
        )


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)
