# SPDX-License-Identifier: Apache-2.0
"""Publisher of DriftGate."""

from __future__ import annotations

from typing import Any

from components.drift_gate.component import (
    DriftGateInputs,
    DriftGateOutputs,
    DriftGateParameters,
    DriftGateResult,
    DriftGateWork,
    FeatureDrift,
)
from penstock.authoring import ArtifactRecord, Publisher, Record


class DriftGatePublisher(
    Publisher[DriftGateInputs, DriftGateOutputs, DriftGateParameters, None, DriftGateResult]
):
    """Records how many features drifted and, where the gate is to stop them, why the run ends."""

    def describe(self, work: DriftGateWork, result: DriftGateResult) -> Record:
        baseline = work.inputs.baseline
        drifted = [f for f in result.features if f.distance > work.parameters.max_distance]
        properties: dict[str, Any] = {
            "drifted": len(drifted),
            "max_distance": work.parameters.max_distance,
            "distances": {feature.feature: feature.distance for feature in result.features},
            "baseline_id": baseline.id if baseline else 0,
        }
        stop = _explain(drifted) if drifted and work.parameters.on_drift == "stop" else None
        return Record(
            artifacts={"report": [ArtifactRecord(custom_properties=properties)]},
            summary=_summary(work, result, drifted),
            stop=stop,
        )


def _summary(work: DriftGateWork, result: DriftGateResult, drifted: list[FeatureDrift]) -> str:
    if work.inputs.baseline is None:
        return "no earlier span to compare with"
    if drifted:
        return _explain(drifted)
    farthest = f", farthest {_named(result.features[0])}" if result.features else ""
    return f"no drift since span {work.inputs.baseline.span}{farthest}"


def _explain(drifted: list[FeatureDrift]) -> str:
    return f"drift in {', '.join(_named(feature) for feature in drifted)}"


def _named(drift: FeatureDrift) -> str:
    return f"{drift.feature} ({drift.measure} {drift.distance:.3f})"
