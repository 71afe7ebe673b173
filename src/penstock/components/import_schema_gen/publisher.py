# SPDX-License-Identifier: Apache-2.0
"""Publisher of ImportSchemaGen."""

from __future__ import annotations

from penstock.components.import_schema_gen.component import (
    ImportSchemaGenOutputs,
    ImportSchemaGenParameters,
    ImportSchemaGenPlan,
    ImportSchemaGenResult,
    ImportSchemaGenWork,
)
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class ImportSchemaGenPublisher(
    Publisher[
        NoInputs,
        ImportSchemaGenOutputs,
        ImportSchemaGenParameters,
        ImportSchemaGenPlan,
        ImportSchemaGenResult,
    ]
):
    """Records where the schema came from, the number of features and the digest."""

    def describe(self, work: ImportSchemaGenWork, result: ImportSchemaGenResult) -> Record:
        schema = ArtifactRecord(
            custom_properties={
                "num_features": result.features,
                "schema_digest": result.digest,
                "source_uri": work.plan.schema_uri,
                "source_fingerprint": work.plan.fingerprint,
            }
        )
        return Record(artifacts={"schema": [schema]}, summary=f"{result.features} features")
