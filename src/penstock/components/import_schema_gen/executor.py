# SPDX-License-Identifier: Apache-2.0
"""Executor of ImportSchemaGen."""

from __future__ import annotations

import hashlib
from collections import Counter

from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.components.import_schema_gen.component import (
    ImportSchemaGenOutputs,
    ImportSchemaGenParameters,
    ImportSchemaGenPlan,
    ImportSchemaGenResult,
    ImportSchemaGenWork,
)
from penstock.errors import DataError
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import Executor
from penstock.statistics.files import parse_schema_file, schema_text, write_schema


class ImportSchemaGenExecutor(
    Executor[
        NoInputs,
        ImportSchemaGenOutputs,
        ImportSchemaGenParameters,
        ImportSchemaGenPlan,
        ImportSchemaGenResult,
    ]
):
    """Checks the schema and writes it anew."""

    def execute(self, work: ImportSchemaGenWork) -> ImportSchemaGenResult:
        schema = parse_schema_file(work.plan.schema_uri)
        check_schema(schema, work.parameters.schema_file)
        write_schema(work.outputs.schema.uri, schema)
        digest = hashlib.sha256(schema_text(schema).encode("utf-8")).hexdigest()
        return ImportSchemaGenResult(len(schema.feature), digest)


def check_schema(schema: schema_pb2.Schema, name: str) -> None:
    """Checks what no user of a schema could work with.

    Args:
        schema: The schema.
        name: Its file, for the error.

    Raises:
        DataError: It has no feature, a feature without a name or type, or one twice.
    """
    if not schema.feature:
        raise DataError(f"schema {name} has no feature", input=name, expected="feature { name: … type: … }")
    for position, feature in enumerate(schema.feature, start=1):
        if not feature.name:
            raise DataError(f"feature number {position} of schema {name} has no name", input=name)
        if feature.type == schema_pb2.TYPE_UNKNOWN and feature.lifecycle_stage not in (
            schema_pb2.DEPRECATED,
            schema_pb2.DISABLED,
        ):
            raise DataError(
                f"feature {feature.name!r} of schema {name} has no type",
                input=name,
                expected="type: INT, FLOAT, BYTES or STRUCT",
            )
    counts = Counter(feature.name for feature in schema.feature)
    twice = sorted(feature for feature, count in counts.items() if count > 1)
    if twice:
        raise DataError(f"schema {name} has a feature twice: {', '.join(twice)}", input=name)
