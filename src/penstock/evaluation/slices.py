# SPDX-License-Identifier: Apache-2.0
"""Slices: which ones a configuration asks for, how they are called, and whether a threshold's slice is among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.evaluation.report import OVERALL, SlicePart

SliceKey = tuple[tuple[str, Any], ...]


def parts_of(key: SliceKey) -> tuple[SlicePart, ...]:
    """Returns a slice key of TFMA's as conditions."""
    return tuple(SlicePart(column, _text(value)) for column, value in key)


def name_of(key: SliceKey) -> str:
    """Returns a slice's name."""
    return ", ".join(f"{part.feature}={part.value}" for part in parts_of(key)) or OVERALL


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def spec_name(spec: Any) -> str:
    """Returns a ``SlicingSpec`` in words: ``trip_start_hour``, ``company='Flash'``, ``Overall``."""
    values = [f"{key}={value!r}" for key, value in sorted(spec.feature_values.items())]
    return ", ".join([*sorted(spec.feature_keys), *values]) or OVERALL


def features_of(config: Any) -> list[str]:
    """Returns the features that any slice of the configuration needs, in order."""
    names: dict[str, None] = {}
    for spec in all_specs(config):
        names.update(dict.fromkeys((*spec.feature_keys, *sorted(spec.feature_values))))
    return list(names)


def all_specs(config: Any) -> Iterator[Any]:
    """Yields every ``SlicingSpec`` in a configuration."""
    yield from config.slicing_specs
    for cross in config.cross_slicing_specs:
        yield cross.baseline_spec
        yield from cross.slicing_specs
    for _, per_slice in _slice_thresholds(config):
        yield from per_slice.slicing_specs


def _slice_thresholds(config: Any) -> Iterator[tuple[Any, Any]]:
    for metrics in config.metrics_specs:
        for metric in metrics.metrics:
            yield from ((metric, per_slice) for per_slice in metric.per_slice_thresholds)


def check_thresholds(config: Any) -> None:
    """Checks that each slice with a threshold of its own is one of the slices that are computed.

    Raises:
        ParameterError: It is not.
    """
    computed = list(config.slicing_specs)
    if any(spec.slice_keys_sql for spec in computed):
        return
    for metric, per_slice in _slice_thresholds(config):
        if not per_slice.slicing_specs:
            raise ParameterError(
                f"a per_slice_threshold of metric {metric.class_name} names no slice",
                input="eval_config.metrics_specs",
                expected="slicing_specs; an empty SlicingSpec stands for all the data",
            )
        for wanted in per_slice.slicing_specs:
            _check_computed(wanted, computed, metric.class_name)


def _check_computed(wanted: Any, computed: Iterable[Any], metric: str) -> None:
    names = [spec_name(spec) for spec in computed] or [OVERALL]
    if spec_name(wanted) in names or any(_covers(spec, wanted) for spec in computed):
        return
    raise ParameterError(
        f"eval_config has a threshold of metric {metric} on slice {spec_name(wanted)!r}, which it does not compute",
        input="eval_config.slicing_specs",
        expected=f"one of its slicing_specs: {'; '.join(names)}",
        hint=f"{did_you_mean(spec_name(wanted), names)}; or add the slice to slicing_specs",
    )


def _covers(computed: Any, wanted: Any) -> bool:
    """Says whether the slices of one spec include those of another."""
    free, fixed = set(computed.feature_keys), dict(computed.feature_values)
    wanted_free, wanted_fixed = set(wanted.feature_keys), dict(wanted.feature_values)
    if free | set(fixed) != wanted_free | set(wanted_fixed):
        return False
    return all(wanted_fixed.get(key, value) == value for key, value in fixed.items())
