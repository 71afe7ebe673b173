# SPDX-License-Identifier: Apache-2.0
"""Publisher of components in TFX's way: it records what ``Do`` has set on its output artifacts."""

from __future__ import annotations

from typing import Any

from penstock.graph.class_style import ClassResult
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class ClassPublisher(Publisher[Any, Any, Any, Any, ClassResult]):
    """Records the properties of the artifacts and of the execution; an output without an artifact is not published."""

    def describe(self, work: Work[Any, Any, Any, Any], result: ClassResult) -> Record:  # noqa: ARG002  Do has said all
        artifacts = {
            key: [
                ArtifactRecord(
                    made.properties, made.custom_properties, made.uri if key in result.divided else None
                )
                for made in group
            ]
            for key, group in result.outputs.items()
        }
        return Record(
            artifacts=artifacts,
            execution=dict(result.exec_properties),
            withheld=[key for key, group in result.outputs.items() if not group],
        )
