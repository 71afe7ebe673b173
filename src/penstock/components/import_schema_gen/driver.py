# SPDX-License-Identifier: Apache-2.0
"""Driver of ImportSchemaGen: where the file is, and what is in it."""

from __future__ import annotations

from penstock import files
from penstock.components.import_schema_gen.component import ImportSchemaGenParameters, ImportSchemaGenPlan
from penstock.errors import DataError
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import Driver, DriverContext, Run


class ImportSchemaGenDriver(Driver[NoInputs, ImportSchemaGenParameters, ImportSchemaGenPlan]):
    """Finds the schema file and fingerprints it."""

    def decide(
        self,
        inputs: NoInputs,  # noqa: ARG002  there is none
        parameters: ImportSchemaGenParameters,
        context: DriverContext,
    ) -> Run[ImportSchemaGenPlan]:
        uri = files.join(context.project_root, parameters.schema_file)
        if not files.exists(uri) or files.is_dir(uri):
            raise DataError(
                f"schema file {parameters.schema_file} does not exist",
                input="schema_file",
                expected=f"a schema in text form at {uri}",
                got="a folder" if files.exists(uri) else "no such file",
                hint="SchemaGen writes one (schema.pbtxt) from statistics, to copy and edit",
            )
        plan = ImportSchemaGenPlan(uri, files.digest(uri))
        return Run(plan, cache_parts={"fingerprint": plan.fingerprint})
