# SPDX-License-Identifier: Apache-2.0
"""Publisher of Trainer."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.components.trainer.component import (
    TrainerInputs,
    TrainerOutputs,
    TrainerParameters,
    TrainerPlan,
    TrainerResult,
    TrainerWork,
)
from penstock.models.properties import model_properties
from penstock.runtime.roles import ArtifactRecord, Publisher, Record

_SHOWN = 3


class TrainerPublisher(
    Publisher[TrainerInputs, TrainerOutputs, TrainerParameters, TrainerPlan, TrainerResult]
):
    """Records the model's flavor, signatures and final metrics."""

    def describe(self, work: TrainerWork, result: TrainerResult) -> Record:  # noqa: ARG002  the result says all
        properties = model_properties(result.model, result.metrics)
        return Record(
            artifacts={"model": [ArtifactRecord(custom_properties=properties)]},
            summary=_summary(result.metrics),
        )


def _summary(metrics: Mapping[str, float]) -> str:
    """Returns the first few metrics, those of the evaluation before those of the training."""
    ordered = sorted(metrics, key=lambda name: not name.startswith("val_"))
    return ", ".join(f"{name} {metrics[name]:.4g}" for name in ordered[:_SHOWN])
