# SPDX-License-Identifier: Apache-2.0
"""Publisher of Transform."""

from __future__ import annotations

import json

from penstock.artifacts.artifact import PropertyValue
from penstock.components.transform.component import (
    TransformInputs,
    TransformOutputs,
    TransformParameters,
    TransformPlan,
    TransformResult,
    TransformWork,
)
from penstock.examples.payload import PAYLOADS, SPAN, VERSION
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class TransformPublisher(
    Publisher[TransformInputs, TransformOutputs, TransformParameters, TransformPlan, TransformResult]
):
    """Records the graph's digest, vocabularies, rows per split and what the analyzer cache was good for."""

    def describe(self, work: TransformWork, result: TransformResult) -> Record:
        graph = ArtifactRecord(
            custom_properties={
                "graph_digest": result.graph_digest,
                "vocabulary_sizes": dict(result.vocabularies),
                "num_features": result.features,
            }
        )
        artifacts = {"transform_graph": [graph]}
        if result.examples_format is not None:
            positions = range(len(work.inputs.examples))
            artifacts["transformed_examples"] = [_examples(work, result, position) for position in positions]
        span = ArtifactRecord(properties={SPAN: work.plan.span}, custom_properties={SPAN: work.plan.span})
        if work.outputs.pre_transform_stats is not None:
            artifacts["pre_transform_stats"] = [span]
            artifacts["post_transform_stats"] = [span]
            artifacts["post_transform_anomalies"] = [_anomalies(work, result)]
        return Record(
            artifacts=artifacts,
            execution={
                "analyzed_datasets": len(work.plan.analyze),
                "datasets_from_analyzer_cache": result.cached_datasets,
            },
            rows=sum(split.rows for split in result.splits) or None,
            summary=_summary(work, result),
        )


def _examples(work: TransformWork, result: TransformResult, position: int) -> ArtifactRecord:
    source = work.inputs.examples[position]
    rows = {split.split: split.rows for split in result.splits if split.artifact == position}
    span = source.span or source.get_int_custom_property(SPAN)
    properties: dict[str, PropertyValue] = {"split_names": json.dumps(list(rows)), SPAN: span}
    custom: dict[str, PropertyValue] = {SPAN: span, "rows": dict(rows)}
    if source.has_custom_property(VERSION):
        properties[VERSION] = custom[VERSION] = source.get_int_custom_property(VERSION)
    assert result.examples_format is not None
    return ArtifactRecord(properties, {**custom, **PAYLOADS[result.examples_format].properties()})


def _anomalies(work: TransformWork, result: TransformResult) -> ArtifactRecord:
    return ArtifactRecord(
        properties={SPAN: work.plan.span},
        custom_properties={SPAN: work.plan.span, "num_anomalies": result.anomalies},
    )


def _summary(work: TransformWork, result: TransformResult) -> str:
    parts = [f"{result.features} features"]
    if result.cached_datasets:
        parts.append(
            f"{result.cached_datasets} of {len(work.plan.analyze)} data sets from the analyzer cache"
        )
    if result.anomalies:
        parts.append(f"{result.anomalies} {'anomaly' if result.anomalies == 1 else 'anomalies'} after it")
    return ", ".join(parts)
