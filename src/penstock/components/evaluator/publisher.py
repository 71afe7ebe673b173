# SPDX-License-Identifier: Apache-2.0
"""Publisher of Evaluator: the blessing with its reasons, and the headline metrics."""

from __future__ import annotations

from penstock.artifacts.artifact import PropertyValue
from penstock.components.evaluator.component import (
    EvaluatorInputs,
    EvaluatorOutputs,
    EvaluatorParameters,
    EvaluatorPlan,
    EvaluatorResult,
    EvaluatorWork,
)
from penstock.messages.codec import to_jsonable
from penstock.runtime.roles import ArtifactRecord, Publisher, Record

BLESSED = "blessed"
CURRENT_MODEL = "current_model"
CURRENT_MODEL_ID = "current_model_id"
BASELINE_MODEL = "baseline_model"
BASELINE_MODEL_ID = "baseline_model_id"
REASONS = "reasons"
THRESHOLDS = "thresholds"
HEADLINE = "headline_metrics"
NOTES = "notes"

_MAX_REASONS = 20


class EvaluatorPublisher(
    Publisher[EvaluatorInputs, EvaluatorOutputs, EvaluatorParameters, EvaluatorPlan, EvaluatorResult]
):
    """Records the verdict on the blessing, and the metrics on the evaluation."""

    def describe(self, work: EvaluatorWork, result: EvaluatorResult) -> Record:
        evaluation: dict[str, PropertyValue] = {
            HEADLINE: to_jsonable(result.headline),
            NOTES: list(result.notes),
        }
        return Record(
            artifacts={
                "evaluation": [ArtifactRecord(custom_properties=evaluation)],
                "blessing": [ArtifactRecord(custom_properties=_blessing(work, result))],
            },
            rows=result.rows,
            summary=_summary(result),
        )


def _blessing(work: EvaluatorWork, result: EvaluatorResult) -> dict[str, PropertyValue]:
    if result.blessed is None:
        return {}
    properties: dict[str, PropertyValue] = {
        BLESSED: int(result.blessed),
        REASONS: "\n".join(reasons(result)),
        THRESHOLDS: [to_jsonable(verdict) for verdict in result.verdicts],
    }
    if work.inputs.model is not None:
        properties[CURRENT_MODEL] = work.inputs.model.uri
        properties[CURRENT_MODEL_ID] = work.inputs.model.id
    if work.inputs.baseline_model is not None and work.inputs.model is not None:
        properties[BASELINE_MODEL] = work.inputs.baseline_model.uri
        properties[BASELINE_MODEL_ID] = work.inputs.baseline_model.id
    return properties


def reasons(result: EvaluatorResult) -> list[str]:
    """Returns why the model was blessed or not: the thresholds that it missed, or else those that it kept."""
    told = [verdict.reason for verdict in result.verdicts if verdict.passed == bool(result.blessed)]
    total = result.checked - result.failed if result.blessed else result.failed
    lines = told[:_MAX_REASONS]
    if total > len(lines):
        lines.append(f"and {total - len(lines)} more")
    return lines


def _summary(result: EvaluatorResult) -> str:
    if result.blessed is None:
        return "no threshold, no blessing"
    if result.blessed:
        return f"blessed ({result.checked} {_thresholds(result.checked)} kept)"
    return f"not blessed ({result.failed} of {result.checked} {_thresholds(result.checked)} missed)"


def _thresholds(count: int) -> str:
    return "threshold" if count == 1 else "thresholds"
