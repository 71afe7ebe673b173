# SPDX-License-Identifier: Apache-2.0
"""The metrics that a configuration asks for: whether there are such, their names and thresholds."""

from __future__ import annotations

import difflib
import re
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.evaluation.tfma import keras_lib, metric_specs, metric_types

_NOT_BY_NAME = frozenset({"Accuracy", "Mean", "MeanMetricWrapper", "MeanTensor", "Metric", "Sum"})


def attach_thresholds(config: Any) -> None:
    """Moves thresholds that are keyed by a metric's name to the metric itself.

    Where a spec has thresholds and no metrics, the thresholds ask for those that Keras has by their names: TFX's users
    name so the metrics that they have compiled into the model.

    Raises:
        ParameterError: No metric of that name is computed.
    """
    for spec in config.metrics_specs:
        by_name: dict[str, list[Any]] = {}
        for metric in spec.metrics:
            by_name.setdefault(metric_name(metric), []).append(metric)
        if not spec.metrics:
            by_name = _implied(spec)
        for name in list(spec.thresholds):
            for metric in _named(by_name, name):
                metric.threshold.MergeFrom(spec.thresholds[name])
            del spec.thresholds[name]
        for name in list(spec.per_slice_thresholds):
            for metric in _named(by_name, name):
                metric.per_slice_thresholds.extend(spec.per_slice_thresholds[name].thresholds)
            del spec.per_slice_thresholds[name]
        for name in list(spec.cross_slice_thresholds):
            for metric in _named(by_name, name):
                metric.cross_slice_thresholds.extend(spec.cross_slice_thresholds[name].thresholds)
            del spec.cross_slice_thresholds[name]


def _named(by_name: dict[str, list[Any]], name: str) -> list[Any]:
    if name not in by_name:
        raise ParameterError(
            f"eval_config has a threshold on metric {name!r}, which it does not compute",
            input="eval_config.metrics_specs",
            expected=f"one of {', '.join(sorted(by_name)) or '(no metric is configured)'}",
            hint=f"{did_you_mean(name, by_name)}; or add the metric under metrics_specs[].metrics "
            "(metrics that were compiled into a Keras model are not read from it)",
        )
    return by_name[name]


def check(config: Any) -> None:
    """Refuses a configuration without metrics, or with one that there is not.

    Raises:
        ParameterError: With the metric.
    """
    metrics = [metric for spec in config.metrics_specs for metric in spec.metrics]
    if not metrics:
        raise ParameterError(
            "eval_config computes no metric",
            input="eval_config.metrics_specs",
            expected="at least one metric, such as MetricConfig(class_name='ExampleCount')",
        )
    for metric in metrics:
        metric_name(metric)


def metric_name(metric: Any) -> str:
    """Returns the name under which TFMA reports a configured metric.

    Raises:
        ParameterError: There is no such metric, or it does not take this configuration.
    """
    if not metric.module and metric.class_name not in known_metrics():
        raise ParameterError(
            f"there is no metric {metric.class_name!r}",
            input="eval_config.metrics_specs",
            expected="the class name of a metric of TFMA or Keras, or one with its module",
            hint=_similar_metric(metric.class_name),
        )
    try:
        return str(metric_specs.metric_instance(metric).name)
    except Exception as error:
        raise ParameterError(
            f"metric {metric.class_name!r} cannot be made",
            input="eval_config.metrics_specs",
            got=f"module {metric.module or '(default)'}, config {metric.config or '{}'}: {_first_line(error)}",
        ) from error


def _implied(spec: Any) -> dict[str, list[Any]]:
    """Adds the metrics that thresholds name to a spec that has none, and returns them by name."""
    known = _metrics_of_keras()
    names = dict.fromkeys((*spec.thresholds, *spec.per_slice_thresholds, *spec.cross_slice_thresholds))
    return {name: [spec.metrics.add(class_name=known[name])] for name in names if name in known}


def _metrics_of_keras() -> dict[str, str]:
    """Returns the class names of Keras' metrics by the names that these have by themselves.

    Left out are those that need more than their name says: what ``accuracy`` means, Keras finds out from the model.
    """
    keras = keras_lib.tf_keras.metrics
    found = {}
    for name, value in vars(keras).items():
        if isinstance(value, type) and issubclass(value, keras.Metric) and name not in _NOT_BY_NAME:
            words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
            found[re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()] = name
    return found


def _similar_metric(name: str) -> str:
    known = known_metrics()
    same = [other for other in known if other.lower() == name.replace("_", "").lower()]
    close = same or difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else "see tfma.metrics and tf.keras.metrics"


def known_metrics() -> set[str]:
    """Returns the class names of all metrics that need no module."""
    keras = keras_lib.tf_keras.metrics
    found = {
        name
        for name, value in vars(keras).items()
        if isinstance(value, type) and issubclass(value, keras.Metric)
    }
    return found | set(metric_types.registered_metrics())


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
