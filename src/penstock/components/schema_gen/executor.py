# SPDX-License-Identifier: Apache-2.0
"""Executor of SchemaGen."""

from __future__ import annotations

import hashlib
import logging

from penstock import files
from penstock.components.schema_gen.component import (
    SchemaGenInputs,
    SchemaGenOutputs,
    SchemaGenParameters,
    SchemaGenPlan,
    SchemaGenResult,
    SchemaGenWork,
)
from penstock.components.schema_gen.inference import features_without_values, infer_schema
from penstock.runtime.roles import Executor
from penstock.statistics.files import read_statistics, schema_text, write_schema

_LOG = logging.getLogger(__name__)


class SchemaGenExecutor(
    Executor[SchemaGenInputs, SchemaGenOutputs, SchemaGenParameters, SchemaGenPlan, SchemaGenResult]
):
    """Infers a schema and writes it."""

    def execute(self, work: SchemaGenWork) -> SchemaGenResult:
        root = work.inputs.statistics.uri
        statistics = [read_statistics(files.join(root, f"Split-{split}")) for split in work.plan.splits]
        schema = infer_schema(statistics, infer_feature_shape=work.parameters.infer_feature_shape)
        write_schema(work.outputs.schema.uri, schema)
        empty = features_without_values(statistics)
        if empty:
            _LOG.warning(
                "no row has a value of %s; the schema takes these features for bytes", ", ".join(empty)
            )
        digest = hashlib.sha256(schema_text(schema).encode("utf-8")).hexdigest()
        return SchemaGenResult(len(schema.feature), digest, empty)
