# SPDX-License-Identifier: Apache-2.0
"""Publisher of container components."""

from __future__ import annotations

from typing import Any

from penstock.artifacts.value_artifact import IS_NULL
from penstock.graph.container import ContainerResult
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class ContainerPublisher(Publisher[Any, Any, Any, Any, ContainerResult]):
    """Records which image ran, and the values that it wrote as the node's phrase."""

    def describe(self, work: Any, result: ContainerResult) -> Record:  # noqa: ARG002  the result says it all
        """Returns the image, its id and the engine as properties of the execution."""
        written = ArtifactRecord(custom_properties={IS_NULL: 0})
        return Record(
            artifacts={key: [written] for key in result.values},
            execution={
                "container_image": result.image,
                "container_image_id": result.image_id,
                "container_engine": result.engine,
            },
            summary=", ".join(f"{key}={value}" for key, value in result.values.items()),
        )
