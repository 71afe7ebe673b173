# SPDX-License-Identifier: Apache-2.0
"""Reads an ``EvalConfig`` into TFMA's own message, fills in what TFMA would, and refuses what cannot work.

Everything that can be known without data or model is checked here, before anything heavy starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf import json_format

from penstock.errors import ParameterError
from penstock.evaluation import metrics, slices
from penstock.evaluation.tfma import VERSION, config_pb2, config_util

Field = Literal["label", "example weight", "prediction", "query", "slice"]

_NO_MODEL_TYPE = "materialized_prediction"
_MODEL_TYPES = ("", "tf_generic", "tf_keras", _NO_MODEL_TYPE)


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature that the configuration names, and as what."""

    name: str
    use: Field


@dataclass(frozen=True)
class PreparedConfig:
    """A configuration that TFMA can work with.

    Attributes:
        proto: The ``EvalConfig``: named models, no change thresholds without a baseline.
        validates: Whether any threshold was asked for, also one that was dropped for want of a baseline.
        dropped_changes: Whether change thresholds were dropped.
    """

    proto: Any
    validates: bool
    dropped_changes: bool

    @property
    def specs(self) -> list[Any]:
        """The model specs: the candidate's, and the baseline's where there is one."""
        return list(self.proto.model_specs)

    @property
    def label(self) -> str:
        """Names of the labels, for people."""
        spec = self.proto.model_specs[0]
        return spec.label_key or ", ".join(sorted(spec.label_keys.values()))


def prepare(document: str, *, has_model: bool, has_baseline: bool) -> PreparedConfig:
    """Returns the configuration in the form that TFMA needs, checked.

    Args:
        document: The ``EvalConfig`` as JSON, in snake_case or camelCase.
        has_model: Whether a model predicts; otherwise predictions come with the examples.
        has_baseline: Whether there is a model to compare with.

    Raises:
        ParameterError: The configuration cannot work.
    """
    config = _parse(document)
    _check_models(config, has_model)
    metrics.attach_thresholds(config)
    metrics.check(config)
    _check_options(config)
    slices.check_thresholds(config)
    changes = config_util.has_change_threshold(config)
    normal = _normalise(config, has_baseline)
    # A first model that has only changes to answer for passes; predictions without a model have no such first time.
    validates = any(True for _ in thresholds(config if has_model else normal))
    return PreparedConfig(normal, validates=validates, dropped_changes=changes and not has_baseline)


def _parse(document: str) -> Any:
    try:
        return json_format.Parse(document, config_pb2.EvalConfig())
    except json_format.ParseError as error:
        raise ParameterError(
            "eval_config is not an EvalConfig", input="eval_config", got=str(error)
        ) from None


def _check_models(config: Any, has_model: bool) -> None:
    if len(config.model_specs) > 2:
        raise ParameterError(
            "eval_config has too many model_specs",
            expected="the candidate's and at most one with is_baseline",
            got=f"{len(config.model_specs)}",
        )
    for spec in config.model_specs:
        if spec.model_type not in _MODEL_TYPES:
            raise ParameterError(
                f"model_type {spec.model_type!r} of a model_spec cannot be evaluated",
                expected="none: a model's flavor says how it is loaded",
                hint="leave model_type out",
            )
        if not has_model and not (spec.prediction_key or spec.prediction_keys):
            raise ParameterError(
                "there is neither a model nor a prediction_key",
                input="eval_config.model_specs",
                expected="the input `model`, or model_specs with the prediction_key of a feature",
            )


def uses_model(spec: Any) -> bool:
    """Says whether predictions of this spec come from a model rather than from the examples."""
    return bool(spec.model_type != _NO_MODEL_TYPE)


def _check_options(config: Any) -> None:
    """Refuses what is not done here, and what fails inside TFMA (0.47 to 0.52) after all the work."""
    if config.options.include_default_metrics.value:
        raise ParameterError(
            "metrics that were compiled into a model are not read from it",
            input="eval_config.options.include_default_metrics",
            expected="not set, or false",
            hint="name the metrics under metrics_specs[].metrics",
        )
    if config.options.min_slice_size.value <= 1:
        return
    queries = {spec.query_key for spec in config.metrics_specs}
    for asked, what in (
        (config.cross_slicing_specs, "cross_slicing_specs"),
        (len(queries) > 1, "several query_keys"),
    ):
        if asked:
            raise ParameterError(
                f"eval_config has a min_slice_size and {what}, which TFMA cannot do together",
                input="eval_config.options.min_slice_size",
                expected=f"min_slice_size or {what}",
            )


def _normalise(config: Any, has_baseline: bool) -> Any:
    if len(config.model_specs) == 1:
        # A name on the only model would keep TFMA from adding the baseline's spec beside it.
        config.model_specs[0].name = ""
        config.model_specs[0].is_baseline = False
        for spec in config.metrics_specs:
            del spec.model_names[:]
    try:
        normal = config_util.update_eval_config_with_defaults(
            config, has_baseline=has_baseline, rubber_stamp=True
        )
        config_util.verify_eval_config(normal, baseline_required=has_baseline)
    except (ValueError, RuntimeError) as error:
        raise ParameterError("eval_config is not consistent", got=_first_line(error)) from error
    if not normal.slicing_specs:
        normal.slicing_specs.add()
    return normal


def thresholds(config: Any) -> Iterator[Any]:
    """Yields every ``MetricThreshold`` that metrics carry and that says something."""
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            per_slice = (*metric.per_slice_thresholds, *metric.cross_slice_thresholds)
            for threshold in (metric.threshold, *(item.threshold for item in per_slice)):
                if threshold.ByteSize():
                    yield threshold


def features_used(config: Any, *, has_model: bool) -> list[FeatureUse]:
    """Returns the features that the examples must hold for this configuration."""
    used: dict[FeatureUse, None] = {}
    for spec in config.model_specs:
        keys: list[tuple[Field, str, Sequence[str]]] = [
            ("label", spec.label_key, spec.label_keys.values()),
            ("example weight", spec.example_weight_key, spec.example_weight_keys.values()),
        ]
        if not (has_model and uses_model(spec)):
            keys.append(("prediction", spec.prediction_key, spec.prediction_keys.values()))
        for use, one, several in keys:
            used.update({FeatureUse(name, use): None for name in (one, *several) if name})
    used.update({FeatureUse(name, "slice"): None for name in slices.features_of(config)})
    used.update({FeatureUse(s.query_key, "query"): None for s in config.metrics_specs if s.query_key})
    return list(used)


def needs_beam(config: Any) -> str | None:
    """Says why this evaluation needs TFMA's Beam pipeline, ``None`` where metrics can be added up directly."""
    options = config.options
    if options.compute_confidence_intervals.value:
        return "confidence intervals"
    if options.min_slice_size.value > 1:
        return "a minimal slice size"
    if config.cross_slicing_specs:
        return "comparisons between slices"
    if any(spec.query_key for spec in config.metrics_specs):
        return "metrics per query"
    if any(spec.slice_keys_sql for spec in config.slicing_specs):
        return "slices given as SQL"
    return None


def batch_rows(config: Any, default: int) -> int:
    """Returns how many rows a model is given at a time: ``inference_batch_size`` where a spec has one."""
    asked = [spec.inference_batch_size for spec in config.model_specs if spec.inference_batch_size > 0]
    return min(asked, default=default)


def run_document(config: Any, *, data: str, file_format: str, models: dict[str, str]) -> str:
    """Returns the content of ``eval_config.json``."""
    run = config_pb2.EvalRun(
        eval_config=config,
        version=VERSION,
        data_location=data,
        file_format=file_format,
        model_locations=models,
    )
    return str(json_format.MessageToJson(run))


def read_run(document: str) -> Any:
    """Reads ``eval_config.json``."""
    return json_format.ParseDict(json.loads(document), config_pb2.EvalRun(), ignore_unknown_fields=True)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
