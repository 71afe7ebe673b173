# SPDX-License-Identifier: Apache-2.0
"""Driver of Evaluator: which splits, and which model to compare with."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing
from penstock.components.evaluator.component import EvaluatorInputs, EvaluatorParameters, EvaluatorPlan
from penstock.errors import ParameterError, did_you_mean
from penstock.messages.evaluation import EvalConfig
from penstock.runtime.presence import is_there
from penstock.runtime.roles import Driver, DriverContext, Run


class EvaluatorDriver(Driver[EvaluatorInputs, EvaluatorParameters, EvaluatorPlan]):
    """Checks what can be checked without data, and finds the baseline."""

    def decide(
        self, inputs: EvaluatorInputs, parameters: EvaluatorParameters, context: DriverContext
    ) -> Run[EvaluatorPlan]:
        _check_predictions(parameters.eval_config, has_model=inputs.model is not None)
        splits = _splits(inputs.examples, parameters.example_splits)
        names = {"splits": [name for name, _ in splits]}
        baseline = inputs.baseline_model
        if baseline is None or inputs.model is None or not _same(inputs.model, baseline):
            return Run(EvaluatorPlan(splits), cache_parts=names)
        earlier = _compared_with(baseline, context)
        note = "the newest blessed model is the candidate itself; it is compared with " + (
            f"model {earlier.id}, as when it was blessed" if earlier else "none, as when it was blessed"
        )
        return Run(
            EvaluatorPlan(splits, note),
            cache_parts=names,
            inputs={"baseline_model": [earlier] if earlier else []},
        )


def _check_predictions(config: EvalConfig, *, has_model: bool) -> None:
    if not config.metrics_specs:
        raise ParameterError(
            "eval_config computes no metric",
            input="eval_config.metrics_specs",
            expected="at least one metric, such as MetricConfig(class_name='ExampleCount')",
        )
    if has_model:
        return
    if not config.model_specs or not all(
        spec.prediction_key or spec.prediction_keys for spec in config.model_specs
    ):
        raise ParameterError(
            "there is neither a model nor a prediction_key",
            input="eval_config.model_specs",
            expected="the input `model`, or model_specs with the prediction_key of a feature",
        )


def _splits(examples: Sequence[Examples], wanted: Sequence[str]) -> tuple[tuple[str, str], ...]:
    known = list(dict.fromkeys(split for artifact in examples for split in artifact.splits))
    if not wanted:
        raise ParameterError(
            "example_splits names no split",
            input="example_splits",
            expected=f"one or more of {', '.join(known)}",
        )
    for name in wanted:
        if name not in known:
            raise ParameterError(
                f"the examples have no split {name!r} to evaluate on",
                input="example_splits",
                expected=f"one or more of {', '.join(known) or '(none)'}",
                hint=did_you_mean(name, known),
            )
    return tuple(
        (name, artifact.split_uri(name))
        for artifact in examples
        for name in wanted
        if name in artifact.splits
    )


def _same(model: Artifact, other: Artifact) -> bool:
    return model.id == other.id or bool(model.content_digest and model.content_digest == other.content_digest)


def _compared_with(blessed: Model, context: DriverContext) -> Model | None:
    """Returns the model that a blessed model was compared with when it was blessed, ``None`` where there was none."""
    for blessing in context.store.newest_artifacts(ModelBlessing.TYPE_NAME, pipeline=context.pipeline):
        is_its_own = blessing.get_int_custom_property("current_model_id") == blessed.id
        if is_its_own and blessing.get_int_custom_property("blessed") == 1:
            return _model(blessing.get_int_custom_property("baseline_model_id"), context)
    return None


def _model(artifact_id: int, context: DriverContext) -> Model | None:
    found = context.store.artifacts([artifact_id]) if artifact_id else []
    return next((model for model in found if isinstance(model, Model) and is_there(model)), None)
