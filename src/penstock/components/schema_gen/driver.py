# SPDX-License-Identifier: Apache-2.0
"""Driver of SchemaGen: which statistics."""

from __future__ import annotations

from penstock.components.schema_gen.component import SchemaGenInputs, SchemaGenParameters, SchemaGenPlan
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.statistics.splits import selected_splits


class SchemaGenDriver(Driver[SchemaGenInputs, SchemaGenParameters, SchemaGenPlan]):
    """Decides which splits' statistics the schema is inferred from."""

    def decide(
        self,
        inputs: SchemaGenInputs,
        parameters: SchemaGenParameters,
        context: DriverContext,  # noqa: ARG002  inputs and parameters say all
    ) -> Run[SchemaGenPlan]:
        return Run(SchemaGenPlan(selected_splits([inputs.statistics], parameters.exclude_splits)))
