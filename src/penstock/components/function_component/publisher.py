# SPDX-License-Identifier: Apache-2.0
"""Says what is recorded of a component function: the properties that it has set on its outputs."""

from __future__ import annotations

from typing import Any

from penstock.components.function_component.component import FunctionResult
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class FunctionPublisher(Publisher[Any, Any, Any, None, FunctionResult]):
    """The publisher of component functions."""

    def describe(self, work: Work[Any, Any, Any, None], result: FunctionResult) -> Record:  # noqa: ARG002  all is in the result
        """Returns the properties of each output, and the values that were returned as the node's phrase."""
        artifacts = {
            key: [ArtifactRecord(output.properties, output.custom_properties)]
            for key, output in result.outputs.items()
        }
        return Record(artifacts, summary=result.summary)
