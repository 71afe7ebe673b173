# SPDX-License-Identifier: Apache-2.0
"""Declaration of DriftGate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from penstock.authoring import Artifact, BaseComponent, Channel, Work
from penstock.types.standard_artifacts import ExampleStatistics, Schema


class DriftReport(Artifact):
    """How far each feature moved, ``drift.json``; the custom property ``drifted`` counts those beyond the limit."""

    TYPE_NAME = "DriftReport"


@dataclass(frozen=True, slots=True)
class DriftGateInputs:
    """What DriftGate reads; the driver finds the baseline."""

    statistics: ExampleStatistics
    schema: Schema
    baseline: ExampleStatistics | None = None


@dataclass(frozen=True, slots=True)
class DriftGateOutputs:
    """What DriftGate makes."""

    report: DriftReport


@dataclass(frozen=True, slots=True)
class DriftGateParameters:
    """Parameters of DriftGate; ``DriftGate`` explains them."""

    max_distance: float = 0.1
    split: str = "train"
    on_drift: Literal["report", "stop"] = "report"


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How far one feature moved.

    Attributes:
        feature: Name of the feature.
        measure: ``L-infinity`` for categories, ``Jensen-Shannon`` for numbers.
        distance: Between 0, the same distribution, and 1.
    """

    feature: str
    measure: str
    distance: float


@dataclass(frozen=True, slots=True)
class DriftGateResult:
    """What the executor reports: the features, the farthest first."""

    features: tuple[FeatureDrift, ...] = ()


DriftGateWork = Work[DriftGateInputs, DriftGateOutputs, DriftGateParameters, None]


class DriftGate(BaseComponent):
    """Compares the statistics of a span with those of the newest earlier span of the same pipeline.

    On the first span there is nothing to compare with and the gate is open.

    Args:
        statistics: Statistics of the new data, from StatisticsGen.
        schema: Its schema; it says which features are categories.
        max_distance: The largest distance that is no drift, between 0 and 1: L-infinity for categories (the largest
            change of one value's share), Jensen-Shannon divergence for numbers.
        split: The split that is compared.
        on_drift: ``"stop"`` ends the run once the report is published; ``"report"`` goes on.
    """

    Inputs = DriftGateInputs
    Outputs = DriftGateOutputs
    Parameters = DriftGateParameters
    Result = DriftGateResult
    DRIVER = "components.drift_gate.driver:DriftGateDriver"
    EXECUTOR = "components.drift_gate.executor:DriftGateExecutor"
    PUBLISHER = "components.drift_gate.publisher:DriftGatePublisher"
    REQUIRES = ("tensorflow_data_validation",)

    def __init__(
        self,
        statistics: Channel,
        schema: Channel,
        max_distance: float = 0.1,
        split: str = "train",
        on_drift: Literal["report", "stop"] = "report",
    ) -> None:
        super().__init__(
            inputs={"statistics": statistics, "schema": schema},
            parameters={"max_distance": max_distance, "split": split, "on_drift": on_drift},
        )
