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
from penstock.inference.job import InferenceSummary, ModelSummary
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
        causes: dict[str, PropertyValue] = {"rows": summary.failed_rows, "failures": _failures(summary)}
        artifacts = {"dead_letters": [ArtifactRecord(custom_properties=causes)]}
        if not result.withheld:
            artifacts[RESULT] = [ArtifactRecord(custom_properties={**figures, "format": "parquet"})]
        return Record(
            artifacts=artifacts,
            execution=figures,
            rows=summary.rows,
            summary=_sentence(work, result),
            stop=_stop(work, summary) if result.withheld else None,
            withheld=(RESULT,) if result.withheld else (),
        )


def _figures(work: GraphInferrerWork, result: GraphInferrerResult) -> dict[str, PropertyValue]:
    summary = result.summary
    figures: dict[str, PropertyValue] = {
        "rows": summary.rows,
        "failed_rows": summary.failed_rows,
        "models": {name: _of_model(work, name, summary.models.get(name)) for name in work.plan.models},
        "steps": {name: output.rows for name, output in summary.outputs.items()},
        "failures": _failures(summary),
        "sinks": [f"{sink.place}: {sink.rows} rows" for sink in result.sinks],
    }
    return {name: value for name, value in figures.items() if value not in ("", [], {})}


def _of_model(work: GraphInferrerWork, name: str, done: ModelSummary | None) -> dict[str, PropertyValue]:
    ref = work.plan.models[name]
    facts = {"model_id": ref.artifact_id, "model_version": ref.version, **asdict(done or ModelSummary())}
    return {key: value for key, value in facts.items() if value not in (None, "", {})}


def _failures(summary: InferenceSummary) -> list[PropertyValue]:
    return [{"stage": stage, "cause": cause, "rows": rows} for stage, cause, rows in summary.failures]


def _sentence(work: GraphInferrerWork, result: GraphInferrerResult) -> str:
    summary = result.summary
    names = ", ".join(
        name if ref.artifact_id is None else f"{name} (model {ref.artifact_id})"
        for name, ref in work.plan.models.items()
    )
    parts = [f"by {names}"] if names else []
    if summary.failed_rows:
        parts.append(f"{summary.failed_rows:,} failed")
    parts += [f"{sink.rows:,} to {sink.place}" for sink in result.sinks]
    return ", ".join(parts)


def _stop(work: GraphInferrerWork, summary: InferenceSummary) -> str:
    allowed = work.parameters.graph.max_failed_fraction
    causes = "; ".join(f"{cause} ({stage}, {rows:,})" for stage, cause, rows in summary.failures[:3])
    return (
        f"{summary.failed_rows:,} of {summary.rows:,} {_rows(summary.rows)} failed, and max_failed_fraction is "
        f"{allowed:g}: {causes}. The rows are in {work.context.node_id}.dead_letters; no results are published"
    )


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"
