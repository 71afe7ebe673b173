# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from penstock.artifacts.standard import String
from penstock.components.query_based_example_gen.component import BigQueryExampleGen, QueryBasedExampleGen
from penstock.components.query_based_example_gen.driver import QueryBasedExampleGenDriver
from penstock.errors import DependencyError, ParameterError
from penstock.graph.channel import Channel
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import NoInputs
from penstock.messages.example_gen import Input, Output, SplitConfig
from penstock.messages.range_config import RangeConfig, RollingRange, StaticRange
from penstock.runtime.roles import DriverContext, Run


def decided(component: QueryBasedExampleGen, run_id: str = "r", **instead: Any) -> Run[Any]:
    parameters = type(component).Parameters(**{**component.exec_properties, **instead})
    context = DriverContext("p", run_id, "n", "root", "project", "parquet", store=None)  # type: ignore[arg-type]
    return QueryBasedExampleGenDriver().decide(NoInputs(), parameters, context)


def of_span(number: int) -> RangeConfig:
    return RangeConfig(static_range=StaticRange(start_span_number=number, end_span_number=number))


def test_another_run_reads_again_whatever_the_cache_holds() -> None:
    component = QueryBasedExampleGen(query="SELECT 1", url="sqlite:///a.db")
    first, again, other = (decided(component, run).cache_parts for run in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_the_plan_has_the_queries_of_the_span() -> None:
    component = QueryBasedExampleGen(
        query="SELECT * FROM t{SPAN}", url="sqlite:///a.db", range_config=of_span(7)
    )
    decision = decided(component)
    assert [query.query for query in decision.plan.queries] == ["SELECT * FROM t7"]
    assert decision.plan.splits == ("train", "eval")
    assert decision.properties["span"] == 7
    assert decision.properties["input_queries"] == {"single_split": "SELECT * FROM t7"}


def test_several_queries_are_not_shared_out_once_more() -> None:
    several = Input(splits=[Input.Split(name=name, pattern="SELECT 1") for name in ("a", "b")])
    component = QueryBasedExampleGen(several, url="sqlite:///a.db")
    assert decided(component).plan.rule is None
    output = Output(split_config=SplitConfig(splits=[SplitConfig.Split(name="x", hash_buckets=1)]))
    with pytest.raises(ParameterError, match="the input is split already"):
        decided(component, output_config=output)


def test_what_a_run_gives_is_checked_as_what_a_pipeline_says() -> None:
    component = QueryBasedExampleGen(query="SELECT 1", url="sqlite:///a.db")
    with pytest.raises(ParameterError, match="no latest span"):
        decided(component, range_config=RangeConfig(rolling_range=RollingRange(num_spans=1)))
    with pytest.raises(ParameterError, match="a password stands in the URL"):
        decided(component, url="mysql://me:word@h/d")


def test_a_span_that_is_no_day_is_refused_where_a_day_is_asked_for() -> None:
    far = of_span(2_000_000_000)
    url = "sqlite:///a.db"
    assert (
        decided(QueryBasedExampleGen(query="SELECT {SPAN}", url=url, range_config=far)).plan.span
        == 2_000_000_000
    )
    with pytest.raises(ParameterError, match="span 2000000000 is no day"):
        decided(QueryBasedExampleGen(query="SELECT @span_yyyymmdd_utc", url=url, range_config=far))


def test_the_span_may_be_known_only_when_the_node_runs() -> None:
    told = Channel(String).future()[0].value
    for later in (RuntimeParameter("range", str), told):
        component = QueryBasedExampleGen(query="SELECT {SPAN}", url="sqlite:///a.db", range_config=later)
        assert decided(component, range_config=of_span(4)).plan.queries[0].query == "SELECT 4"


def test_bigquery_takes_its_arguments_in_their_order() -> None:
    component = BigQueryExampleGen("SELECT @span_yyyymmdd_utc", None, None, of_span(1))
    assert component.type_name().startswith("tfx.extensions.google_cloud_big_query.")
    assert type("Trips", (BigQueryExampleGen,), {"__module__": "mine"}).type_name() == "mine.Trips"
    assert decided(component).plan.queries[0].query == "SELECT '19700102'"


def test_without_googles_library_the_extra_is_named() -> None:
    from importlib.util import find_spec

    try:
        if find_spec("google.cloud.bigquery") is not None:
            pytest.skip("it is installed")
    except ModuleNotFoundError:
        pass
    pytest.importorskip("pyarrow")
    from penstock.components.query_based_example_gen.sources import open_source

    with pytest.raises(DependencyError, match=r"google-cloud-bigquery.*penstock\[bigquery\]"):
        open_source("bigquery://project/dataset", None, ".")
