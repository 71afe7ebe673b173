# SPDX-License-Identifier: Apache-2.0
"""Publisher of GraphInferrer: how much was predicted, how fast, by which models, and what failed."""

from __future__ import annotations

from dataclasses import asdict

from penstock.artifacts.artifact import PropertyValue
from penstock.components.graph_inferrer.component import (
    GraphInferrerInputs,
    GraphInferrerOutputs,
    GraphInferrerParameters,
    GraphInferrerPlan,
    GraphInferrerResult,
    GraphInferrerWork,
)
from penstock.inference.job import ModelSummary
from penstock.inference.published import (
    dead_letters_recorded,
    failures_recorded,
    outcome,
    sinks_recorded,
    too_many_failed,
)
from penstock.runtime.roles import ArtifactRecord, Publisher, Record

RESULT = "inference_result"


class GraphInferrerPublisher(
    Publisher[
        GraphInferrerInputs,
        GraphInferrerOutputs,
        GraphInferrerParameters,
        GraphInferrerPlan,
        GraphInferrerResult,
    ]
):
    """Records the summary on the execution and the results, the causes on the dead letters, and why the run stops."""

    def describe(self, work: GraphInferrerWork, result: GraphInferrerResult) -> Record:
        summary = result.summary
        figures = _figures(work, result)
        allowed = work.parameters.graph.max_failed_fraction
        artifacts = {"dead_letters": [ArtifactRecord(custom_properties=dead_letters_recorded(summary))]}
        if not result.withheld:
            artifacts[RESULT] = [ArtifactRecord(custom_properties={**figures, "format": "parquet"})]
        return Record(
            artifacts=artifacts,
            execution=figures,
            rows=summary.rows,
            summary=_sentence(work, result),
            stop=too_many_failed(summary, allowed, work.context.node_id) if result.withheld else None,
            withheld=(RESULT,) if result.withheld else (),
        )


def _figures(work: GraphInferrerWork, result: GraphInferrerResult) -> dict[str, PropertyValue]:
    summary = result.summary
    figures: dict[str, PropertyValue] = {
        "rows": summary.rows,
        "failed_rows": summary.failed_rows,
        "models": {name: _of_model(work, name, summary.models.get(name)) for name in work.plan.models},
        "steps": {name: output.rows for name, output in summary.outputs.items()},
        "failures": failures_recorded(summary),
        "sinks": sinks_recorded(result.sinks),
    }
    return {name: value for name, value in figures.items() if value not in ("", [], {})}


def _of_model(work: GraphInferrerWork, name: str, done: ModelSummary | None) -> dict[str, PropertyValue]:
    ref = work.plan.models[name]
    facts = {"model_id": ref.artifact_id, "model_version": ref.version, **asdict(done or ModelSummary())}
    return {key: value for key, value in facts.items() if value not in (None, "", {})}


def _sentence(work: GraphInferrerWork, result: GraphInferrerResult) -> str:
    names = ", ".join(
        name if ref.artifact_id is None else f"{name} (model {ref.artifact_id})"
        for name, ref in work.plan.models.items()
    )
    parts = [f"by {names}"] if names else []
    return ", ".join([*parts, *outcome(result.summary, result.sinks)])
