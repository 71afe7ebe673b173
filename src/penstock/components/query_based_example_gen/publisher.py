# SPDX-License-Identifier: Apache-2.0
"""Publisher of QueryBasedExampleGen."""

from __future__ import annotations

from penstock.components.example_gen.component import ExampleGenOutputs, ExampleGenResult
from penstock.components.example_gen.publisher import examples_record
from penstock.components.query_based_example_gen.component import (
    QueryBasedExampleGenParameters,
    QueryPlan,
    QueryWork,
)
from penstock.components.query_based_example_gen.driver import query_properties
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import Publisher, Record


class QueryBasedExampleGenPublisher(
    Publisher[NoInputs, ExampleGenOutputs, QueryBasedExampleGenParameters, QueryPlan, ExampleGenResult]
):
    """Records span, queries, splits, formats, and rows and bytes by split."""

    def describe(self, work: QueryWork, result: ExampleGenResult) -> Record:
        plan = work.plan
        return examples_record(query_properties(plan), plan.examples_format, plan.rule, result)
