# SPDX-License-Identifier: Apache-2.0
"""Executor of QueryBasedExampleGen: from the rows of queries to splits of examples."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.components.example_gen.component import ExampleGenOutputs, ExampleGenResult
from penstock.components.example_gen.executor import result_of
from penstock.components.query_based_example_gen.component import (
    QueryBasedExampleGenParameters,
    QueryPlan,
    QueryWork,
)
from penstock.components.query_based_example_gen.features import FeatureRows
from penstock.components.query_based_example_gen.sources import open_source
from penstock.examples.ingest import SourceRows, ingest
from penstock.examples.tfx_hash import serialize_rows
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import Executor


class QueryBasedExampleGenExecutor(
    Executor[NoInputs, ExampleGenOutputs, QueryBasedExampleGenParameters, QueryPlan, ExampleGenResult]
):
    """Streams the rows of queries into splits of examples, in constant memory."""

    def execute(self, work: QueryWork) -> ExampleGenResult:
        plan, context = work.plan, work.context
        source = open_source(
            work.parameters.url,
            work.parameters.driver,
            context.project_root,
            beam_pipeline_args=context.beam_pipeline_args,
        )
        rule = plan.rule
        needs_records = rule is not None and rule.algorithm == "tfx-sha256" and rule.feature is None
        kinds = FeatureRows()

        def read() -> Iterator[SourceRows]:
            for split, batch in source.batches(plan.queries):
                rows = kinds.of(batch)
                # TFX's ExampleGens of queries write NULL as a feature without a kind.
                records = serialize_rows(rows, kind_of_missing=False) if needs_records else None
                yield SourceRows(split, rows, f"the query of split {split!r}", records)

        written = ingest(
            read,
            work.outputs.examples.uri,
            plan.examples_format,
            plan.splits,
            rule,
            report=lambda rows: context.report(rows=rows),
        )
        return result_of(written)
