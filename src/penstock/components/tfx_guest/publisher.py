# SPDX-License-Identifier: Apache-2.0
"""Publisher of guests: it records what their executors have set on their outputs."""

from __future__ import annotations

from typing import Any

from penstock.components.tfx_guest.component import GuestResult
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class GuestPublisher(Publisher[Any, Any, Any, Any, GuestResult]):
    """Records the properties of the outputs, and what the guest's driver has decided."""

    def describe(self, work: Work[Any, Any, Any, Any], result: GuestResult) -> Record:  # noqa: ARG002  the guest has said all
        artifacts = {
            key: [ArtifactRecord(made.properties, made.custom_properties, made.uri) for made in group]
            for key, group in result.outputs.items()
        }
        return Record(artifacts=artifacts, execution=dict(result.properties))
