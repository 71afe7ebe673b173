# SPDX-License-Identifier: Apache-2.0
"""Driver of QueryBasedExampleGen: which queries, which span, and whether the data may have changed."""

from __future__ import annotations

from typing import Any

from penstock.artifacts.artifact import PropertyValue
from penstock.components.example_gen.driver import split_rule
from penstock.components.query_based_example_gen.component import QueryBasedExampleGenParameters, QueryPlan
from penstock.components.query_based_example_gen.queries import SplitQuery, check_queries, span_of, with_span
from penstock.examples.payload import INPUT_FINGERPRINT, SPAN
from penstock.graph.signature import NoInputs
from penstock.inference.databases.url import refuse_secrets
from penstock.runtime.roles import Driver, DriverContext, Run


class QueryBasedExampleGenDriver(Driver[NoInputs, QueryBasedExampleGenParameters, QueryPlan]):
    """Puts the span into the queries, settles the splits, and asks for the fingerprint of the data."""

    def decide(
        self,
        inputs: NoInputs,  # noqa: ARG002  there are none
        parameters: QueryBasedExampleGenParameters,
        context: DriverContext,
    ) -> Run[QueryPlan]:
        refuse_secrets(parameters.url)
        config, range_config = parameters.input_config, parameters.range_config
        check_queries(config, parameters.fingerprint_query, has_span=range_config is not None)
        span = span_of(range_config)
        queries = tuple(SplitQuery(split.name, with_span(split.pattern, span)) for split in config.splits)
        names = tuple(query.split for query in queries)
        rule = split_rule(parameters.output_config, parameters.split_algorithm, names)
        plan = QueryPlan(
            queries=queries,
            span=span,
            fingerprint=_fingerprint(parameters, span, context),
            splits=names if rule is None else rule.names,
            rule=rule,
            examples_format=parameters.examples_format or context.examples_format,
        )
        return Run(plan, cache_parts=_cache_parts(plan, context), properties=query_properties(plan))


def query_properties(plan: QueryPlan) -> dict[str, PropertyValue]:
    """Returns the properties that say where examples come from, in TFX's names where it has them."""
    properties: dict[str, PropertyValue] = {
        SPAN: plan.span,
        "input_queries": {query.split: query.query for query in plan.queries},
    }
    if plan.fingerprint is not None:
        properties[INPUT_FINGERPRINT] = plan.fingerprint
    return properties


def _fingerprint(parameters: QueryBasedExampleGenParameters, span: int, context: DriverContext) -> str | None:
    if parameters.fingerprint_query is None:
        return None
    from penstock.components.query_based_example_gen.sources import fingerprint

    query = with_span(parameters.fingerprint_query, span)
    return fingerprint(parameters.url, parameters.driver, query, context.project_root)


def _cache_parts(plan: QueryPlan, context: DriverContext) -> dict[str, Any]:
    """Returns what decides the result; without a fingerprint no one knows, and no other run's result answers."""
    return {
        "queries": {query.split: query.query for query in plan.queries},
        "fingerprint": plan.fingerprint
        if plan.fingerprint is not None
        else f"unknown, read in run {context.run_id}",
        "span": plan.span,
        "splits": plan.splits,
        "examples_format": plan.examples_format,
    }
