# SPDX-License-Identifier: Apache-2.0
"""Executor of DriftGate."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.drift_gate.component import (
    DriftGateInputs,
    DriftGateOutputs,
    DriftGateParameters,
    DriftGateResult,
    DriftGateWork,
    FeatureDrift,
)
from penstock.authoring import Executor
from penstock.types.standard_artifacts import ExampleStatistics


class DriftGateExecutor(
    Executor[DriftGateInputs, DriftGateOutputs, DriftGateParameters, None, DriftGateResult]
):
    """Has TFDV measure the distance of each feature and writes them down, the farthest first."""

    def execute(self, work: DriftGateWork) -> DriftGateResult:
        split = work.parameters.split
        features: list[FeatureDrift] = []
        if work.inputs.baseline is not None:
            schema = tfdv.load_schema_text(work.inputs.schema.schema_file)
            features = sorted(
                _distances(_load(work.inputs.statistics, split), _load(work.inputs.baseline, split), schema),
                key=lambda drift: (-drift.distance, drift.feature),
            )
        document = {
            "split": split,
            "max_distance": work.parameters.max_distance,
            "baseline": work.inputs.baseline.uri if work.inputs.baseline else None,
            "features": [dataclasses.asdict(drift) for drift in features],
        }
        Path(work.outputs.report.uri, "drift.json").write_text(
            json.dumps(document, indent=2), encoding="utf-8"
        )
        return DriftGateResult(tuple(features))


def _load(statistics: ExampleStatistics, split: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    return tfdv.load_stats_binary(f"{statistics.split_uri(split)}/FeatureStats.pb")


def _distances(
    current: statistics_pb2.DatasetFeatureStatisticsList,
    baseline: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
) -> Iterator[FeatureDrift]:
    """Yields the distance of every feature that TFDV can compare.

    TFDV measures what a schema's drift comparators ask for, so each feature gets one, with a limit that nothing
    exceeds; the gate's own limit is applied by the publisher.
    """
    measured = schema_pb2.Schema()
    measured.CopyFrom(schema)
    for feature in measured.feature:
        if feature.type == schema_pb2.BYTES:
            feature.drift_comparator.infinity_norm.threshold = 1.0
        else:
            feature.drift_comparator.jensen_shannon_divergence.threshold = 1.0
    found = tfdv.validate_statistics(current, measured, previous_statistics=baseline)
    names = {
        schema_pb2.BYTES: "L-infinity",
        schema_pb2.INT: "Jensen-Shannon",
        schema_pb2.FLOAT: "Jensen-Shannon",
    }
    kinds = {feature.name: feature.type for feature in measured.feature}
    for info in found.drift_skew_info:
        name = ".".join(info.path.step)
        for measurement in info.drift_measurements:
            yield FeatureDrift(name, names[kinds[name]], round(measurement.value, 6))
