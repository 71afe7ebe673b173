# SPDX-License-Identifier: Apache-2.0
"""How results are written that are not plain Parquet: as PredictionLog, or as examples."""

from __future__ import annotations

from collections.abc import Collection

from penstock.components.bulk_inferrer.called import takes_examples
from penstock.components.bulk_inferrer.component import BulkInferrerPlan, CalledSignature
from penstock.components.bulk_inferrer.graph import last_step, result_column
from penstock.examples.kinds import FeatureSet
from penstock.examples.payload import ExamplesFormat
from penstock.inference.output_examples import AnswerFeature, ExamplesResultWriter
from penstock.inference.prediction_log import EXAMPLES_INPUT
from penstock.inference.prediction_log_files import Answer, AnswerColumn, InputColumn, PredictionLogWriter
from penstock.inference.spec import InferenceConfig
from penstock.models.signature import DEFAULT_SIGNATURE


def prediction_log_writer(
    plan: BulkInferrerPlan, config: InferenceConfig, features: Collection[str], folder: str
) -> PredictionLogWriter:
    """Returns what writes the results as PredictionLog.

    Args:
        plan: What the driver decided.
        config: How the model is called.
        features: Names of the features of the examples, as far as they are known.
        folder: Where the files go.
    """
    answers = tuple(_answer(called, plan, config, features) for called in plan.signatures)
    return PredictionLogWriter(last_step(plan), folder, answers, plan.model)


def examples_writer(
    plan: BulkInferrerPlan, features: FeatureSet, format: ExamplesFormat, folder: str
) -> ExamplesResultWriter:
    """Returns what writes the results as examples."""
    answers = [AnswerFeature(column.column, column.feature, column.is_single) for column in plan.features]
    return ExamplesResultWriter.make(last_step(plan), folder, format, features, answers)


def _answer(
    called: CalledSignature, plan: BulkInferrerPlan, config: InferenceConfig, features: Collection[str]
) -> Answer:
    by_example = takes_examples(called, plan.model.flavor, features, config.inputs)
    signature = called.signature
    inputs: tuple[InputColumn, ...] = ()
    if signature is not None and not by_example and config.preprocess is None:
        inputs = tuple(
            InputColumn(spec, config.inputs.get(spec.name, spec.name)) for spec in signature.inputs
        )
    return Answer(
        signature=called.name or DEFAULT_SIGNATURE,
        method=called.method,
        outputs=_outputs(called, plan, config),
        inputs=inputs,
        examples_input=signature.inputs[0].name if signature is not None and by_example else EXAMPLES_INPUT,
    )


def _outputs(
    called: CalledSignature, plan: BulkInferrerPlan, config: InferenceConfig
) -> tuple[AnswerColumn, ...] | None:
    if called.signature is None or not called.signature.outputs or config.postprocess is not None:
        return None
    return tuple(
        AnswerColumn(
            spec.name,
            result_column(plan, called, config.outputs.get(spec.name, spec.name)),
            spec.shape[1:] if spec.shape else None,
        )
        for spec in called.signature.outputs
        if not config.outputs or spec.name in config.outputs
    )
