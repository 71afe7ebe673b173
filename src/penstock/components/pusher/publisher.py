# SPDX-License-Identifier: Apache-2.0
"""Publisher of Pusher."""

from __future__ import annotations

from penstock.artifacts.artifact import PropertyValue
from penstock.components.pusher.component import (
    PusherInputs,
    PusherOutputs,
    PusherParameters,
    PusherPlan,
    PusherResult,
    PusherWork,
)
from penstock.models.properties import model_properties
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class PusherPublisher(Publisher[PusherInputs, PusherOutputs, PusherParameters, PusherPlan, PusherResult]):
    """Records what was pushed, where to, and as which version."""

    def describe(self, work: PusherWork, result: PusherResult) -> Record:  # noqa: ARG002  the result says all
        pushed: dict[str, PropertyValue] = {
            "pushed": 1,
            "pushed_destination": result.uri,
            "pushed_version": str(result.version),
        }
        properties = {**pushed, **model_properties(result.model), "size_bytes": result.size_bytes}
        return Record(
            artifacts={"pushed_model": [ArtifactRecord(custom_properties=properties)]},
            execution=pushed,
            summary=f"pushed to {result.uri}" if result.copied else f"was there already: {result.uri}",
        )
