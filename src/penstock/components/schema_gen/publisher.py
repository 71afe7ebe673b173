# SPDX-License-Identifier: Apache-2.0
"""Publisher of SchemaGen."""

from __future__ import annotations

from penstock.artifacts.artifact import PropertyValue
from penstock.components.schema_gen.component import (
    SchemaGenInputs,
    SchemaGenOutputs,
    SchemaGenParameters,
    SchemaGenPlan,
    SchemaGenResult,
    SchemaGenWork,
)
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class SchemaGenPublisher(
    Publisher[SchemaGenInputs, SchemaGenOutputs, SchemaGenParameters, SchemaGenPlan, SchemaGenResult]
):
    """Records the number of features and the schema's digest."""

    def describe(self, work: SchemaGenWork, result: SchemaGenResult) -> Record:  # noqa: ARG002  the result says all
        properties: dict[str, PropertyValue] = {
            "num_features": result.features,
            "schema_digest": result.digest,
        }
        if result.without_values:
            properties["features_without_values"] = list(result.without_values)
        return Record(
            artifacts={"schema": [ArtifactRecord(custom_properties=properties)]},
            summary=f"{result.features} features",
        )
