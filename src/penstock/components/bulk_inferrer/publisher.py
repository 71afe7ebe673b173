# SPDX-License-Identifier: Apache-2.0
"""Publisher of BulkInferrer: how much was predicted, how fast, by which model, and what failed."""

from __future__ import annotations

import json

from penstock.artifacts.artifact import PropertyValue
from penstock.components.bulk_inferrer.component import (
    BulkInferrerInputs,
    BulkInferrerOutputs,
    BulkInferrerParameters,
    BulkInferrerPlan,
    BulkInferrerResult,
    BulkInferrerWork,
)
from penstock.components.bulk_inferrer.graph import MODEL
from penstock.examples.payload import PAYLOADS, SPAN, VERSION
from penstock.inference.job import ModelSummary
from penstock.inference.published import (
    dead_letters_recorded,
    failures_recorded,
    outcome,
    sinks_recorded,
    too_many_failed,
)
from penstock.runtime.roles import ArtifactRecord, Publisher, Record

RESULTS = ("inference_result", "output_examples")


class BulkInferrerPublisher(
    Publisher[
        BulkInferrerInputs, BulkInferrerOutputs, BulkInferrerParameters, BulkInferrerPlan, BulkInferrerResult
    ]
):
    """Records the summary on the execution and the results, the causes on the dead letters, and why the run stops."""

    def describe(self, work: BulkInferrerWork, result: BulkInferrerResult) -> Record:
        figures = _figures(work, result)
        allowed = work.parameters.inference_config.max_failed_fraction
        artifacts = {
            "dead_letters": [ArtifactRecord(custom_properties=dead_letters_recorded(result.summary))],
            "inference_result": [ArtifactRecord(custom_properties={**figures, "format": work.plan.result})],
            "output_examples": [_examples(work, result, figures)],
        }
        made = [key for key in artifacts if getattr(work.outputs, key) is not None]
        return Record(
            artifacts={key: artifacts[key] for key in made if not (result.withheld and key in RESULTS)},
            execution=figures,
            rows=result.summary.rows,
            summary=_summary(work, result),
            stop=too_many_failed(result.summary, allowed, work.context.node_id) if result.withheld else None,
            withheld=RESULTS if result.withheld else (),
        )


def _figures(work: BulkInferrerWork, result: BulkInferrerResult) -> dict[str, PropertyValue]:
    summary = result.summary
    model = summary.models.get(MODEL, ModelSummary())
    figures: dict[str, PropertyValue] = {
        "rows": summary.rows,
        "failed_rows": summary.failed_rows,
        "predicted_rows": summary.rows - summary.failed_rows,
        "batches": model.batches,
        "batch_rows": dict(model.batch_rows),
        "latency_ms": dict(model.latency_ms),
        "load_seconds": model.load_seconds,
        "model_bytes": model.model_bytes,
        "device": model.device,
        "flavor": model.flavor or work.plan.model.flavor or "",
        "model_version": work.plan.model.version,
        "signatures": [called.name for called in work.plan.signatures if called.name],
        "splits": [split.name for split in work.plan.splits],
        "failures": failures_recorded(summary),
        "sinks": sinks_recorded(result.sinks),
    }
    if work.plan.model.artifact_id is not None:
        figures["model_id"] = work.plan.model.artifact_id
    return {name: value for name, value in figures.items() if value not in ("", [], {})}


def _examples(
    work: BulkInferrerWork, result: BulkInferrerResult, figures: dict[str, PropertyValue]
) -> ArtifactRecord:
    newest = max(work.inputs.examples, key=lambda artifact: artifact.span)
    span = newest.span or newest.get_int_custom_property(SPAN)
    declared: dict[str, PropertyValue] = {"split_names": json.dumps(list(result.split_rows)), SPAN: span}
    custom: dict[str, PropertyValue] = {
        **figures,
        **PAYLOADS[work.context.examples_format].properties(),
        SPAN: span,
        "rows": dict(result.split_rows),
        "features": result.num_features,
    }
    if newest.has_custom_property(VERSION):
        declared[VERSION] = custom[VERSION] = newest.get_int_custom_property(VERSION)
    return ArtifactRecord(declared, custom)


def _summary(work: BulkInferrerWork, result: BulkInferrerResult) -> str:
    summary, ref = result.summary, work.plan.model
    model = summary.models.get(MODEL, ModelSummary())
    name = "a handler" if ref.artifact_id is None else f"model {ref.artifact_id}"
    facts = ", ".join(fact for fact in (model.flavor or ref.flavor, model.device) if fact)
    by = f"by {name}" + (f" ({facts})" if facts else "")
    return ", ".join([by, *outcome(summary, result.sinks)])
