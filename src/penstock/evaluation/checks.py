# SPDX-License-Identifier: Apache-2.0
"""Tells TFMA's verdict threshold by threshold and slice by slice, in sentences.

TFMA's ``ValidationResult`` names what failed. Which thresholds there are, and where they apply, is worked out here by
TFMA's own rules, so that what passed can be told too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.errors import DataError, did_you_mean
from penstock.evaluation.metric_names import display_name
from penstock.evaluation.report import OVERALL, SliceReport, ThresholdCheck, finite, format_number
from penstock.evaluation.slices import spec_name
from penstock.evaluation.tfma import (
    config_pb2,
    metric_specs,
    metric_types,
    model_util,
    slicer_lib,
    validation_result_pb2,
)


@dataclass(frozen=True)
class SliceResult:
    """One slice as TFMA found it.

    Attributes:
        key: TFMA's slice key, or a pair of them where two slices are compared.
        is_cross: Whether it is such a pair.
        told: The slice in the report.
    """

    key: Any
    is_cross: bool
    told: SliceReport


def check_all(config: Any, slices: Sequence[SliceResult], validation: Any) -> tuple[ThresholdCheck, ...]:
    """Returns every threshold on every slice that it applies to, failures first.

    Args:
        config: TFMA's ``EvalConfig``.
        slices: All slices.
        validation: TFMA's ``ValidationResult``.

    Raises:
        DataError: A slice that has a threshold of its own does not occur in the data.
    """
    _refuse_missing_slices(validation, slices)
    baseline = model_util.get_baseline_model_spec(config)
    asked = metric_specs.metric_thresholds_from_metrics_specs(config.metrics_specs, eval_config=config)
    failed = _failures(validation)
    found: list[ThresholdCheck] = []
    for item in slices:
        missed = failed.get(_slice_id(item.key), {})
        for key, threshold in _applying(asked, item, baseline.name if baseline else None):
            failure = missed.pop(_failure_id(key.to_proto(), threshold), None)
            found.append(_check(key, threshold, item.told, passed=failure is None))
        found.extend(_unmatched(failure, item.told) for failure in missed.values())
    return tuple(sorted(found, key=lambda check: check.passed))


def _refuse_missing_slices(validation: Any, slices: Sequence[SliceResult]) -> None:
    missing = [spec_name(spec) for spec in validation.missing_slices]
    for cross in validation.missing_cross_slices:
        against = " or ".join(spec_name(spec) for spec in cross.slicing_specs)
        missing.append(f"{spec_name(cross.baseline_spec)} against {against}")
    if not missing:
        return
    known = [item.told.name for item in slices]
    raise DataError(
        f"eval_config has a threshold on slice {missing[0]}, which does not occur in the examples",
        input="eval_config.metrics_specs",
        expected=f"a slice that occurs: {'; '.join(known[:30])}{' …' if len(known) > 30 else ''}",
        got="; ".join(missing),
        hint=did_you_mean(missing[0], known) if len(known) < 200 else None,
    )


def with_compared_slices(validation: Any, slices: Sequence[SliceResult]) -> Any:
    """Returns TFMA's verdict without the comparisons of slices that it takes for missing although they were made.

    TFMA 0.47 to 0.52 looks for each ``CrossSlicingSpec`` with a threshold among the plain slices, so that a model with
    such a threshold never passes.
    """
    if not validation.missing_cross_slices:
        return validation
    missing = [
        spec for spec in validation.missing_cross_slices if not any(_applies(spec, item) for item in slices)
    ]
    repaired = validation_result_pb2.ValidationResult()
    repaired.CopyFrom(validation)
    del repaired.missing_cross_slices[:]
    repaired.missing_cross_slices.extend(missing)
    repaired.validation_ok = not (missing or repaired.missing_slices or repaired.metric_validations_per_slice)
    return repaired


def _failures(validation: Any) -> dict[str, dict[tuple[bytes, bytes], Any]]:
    found: dict[str, dict[tuple[bytes, bytes], Any]] = {}
    for per_slice in validation.metric_validations_per_slice:
        if per_slice.HasField("cross_slice_key"):
            key = slicer_lib.deserialize_cross_slice_key(per_slice.cross_slice_key)
        else:
            key = slicer_lib.deserialize_slice_key(per_slice.slice_key)
        entry = found.setdefault(_slice_id(key), {})
        for failure in per_slice.failures:
            entry[_failure_id(failure.metric_key, _threshold_of(failure))] = failure
    return found


def _threshold_of(failure: Any) -> Any:
    asked = failure.metric_threshold
    return asked.change_threshold if asked.HasField("change_threshold") else asked.value_threshold


def _slice_id(key: Any) -> str:
    return repr(key)


def _failure_id(key: Any, threshold: Any) -> tuple[bytes, bytes]:
    return key.SerializeToString(deterministic=True), threshold.SerializeToString(deterministic=True)


def _applying(asked: Any, item: SliceResult, baseline: str | None) -> Iterator[tuple[Any, Any]]:
    for key, entries in asked.items():
        if baseline is not None and key.model_name == baseline:
            continue
        seen: set[bytes] = set()
        for spec, threshold in entries:
            serialized = threshold.SerializeToString(deterministic=True)
            if serialized not in seen and _applies(spec, item):
                seen.add(serialized)
                yield key, threshold


def _applies(spec: Any, item: SliceResult) -> bool:
    if spec is None:
        return not item.is_cross
    if isinstance(spec, config_pb2.SlicingSpec):
        return not item.is_cross and slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(item.key)
    return item.is_cross and slicer_lib.is_cross_slice_applicable(
        cross_slice_key=item.key, cross_slicing_spec=spec
    )


def _check(key: Any, threshold: Any, told: SliceReport, *, passed: bool) -> ThresholdCheck:
    name = display_name(key)
    metric = told.metric(name)
    if isinstance(threshold, config_pb2.GenericValueThreshold):
        value = metric.value if metric else None
        bound = _value_bound(threshold)
        reason = f"{name}{_where(told)} is {format_number(value)}: {bound} is asked for"
        lower, upper = _value_bounds(threshold)
        return ThresholdCheck(name, told.name, "value", bound, value, passed, reason, lower, upper)
    value = metric.difference if metric else None
    bound = _change_bound(threshold)
    before, after = (metric.baseline, metric.value) if metric else (None, None)
    reason = (
        f"{name}{_where(told)} changed by {_signed(value)} against the baseline "
        f"({format_number(before)} → {format_number(after)}): {bound} is asked for"
    )
    return ThresholdCheck(name, told.name, "change", bound, value, passed, reason)


def _unmatched(failure: Any, told: SliceReport) -> ThresholdCheck:
    """Tells a failure that TFMA found where the threshold itself would not apply: the metric is not there at all."""
    key = metric_types.MetricKey.from_proto(failure.metric_key)
    check = _check(key, _threshold_of(failure), told, passed=False)
    message = failure.message.strip() or "no value"
    reason = f"{check.metric}{_where(told)}: {message} {check.bound} is asked for"
    return replace(check, value=None, reason=reason)


def _where(told: SliceReport) -> str:
    return "" if told.name == OVERALL else f" on {told.name}"


def _value_bounds(threshold: Any) -> tuple[float | None, float | None]:
    lower = threshold.lower_bound.value if threshold.HasField("lower_bound") else None
    upper = threshold.upper_bound.value if threshold.HasField("upper_bound") else None
    return lower, upper


def _value_bound(threshold: Any) -> str:
    lower, upper = _value_bounds(threshold)
    if lower is not None and upper is not None:
        return f"between {_number(lower)} and {_number(upper)}"
    if lower is not None:
        return f"at least {_number(lower)}"
    if upper is not None:
        return f"at most {_number(upper)}"
    return "any number"


def _change_bound(threshold: Any) -> str:
    at = "at most" if threshold.direction == config_pb2.MetricDirection.LOWER_IS_BETTER else "at least"
    bounds = []
    if threshold.HasField("absolute"):
        bounds.append(f"{at} {threshold.absolute.value:+g}")
    if threshold.HasField("relative"):
        bounds.append(f"{at} {threshold.relative.value * 100:+g} % of the baseline")
    return "a change of " + (" and ".join(bounds) or "any size")


def _number(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else str(value)


def _signed(value: float | None) -> str:
    if value is None or finite(value) is None:
        return "n/a"
    return f"{value:+.4f}" if value == 0 or abs(value) >= 0.0001 else f"{value:+.3g}"
