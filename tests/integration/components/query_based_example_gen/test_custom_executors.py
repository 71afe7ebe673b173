# SPDX-License-Identifier: Apache-2.0
"""Queries that a custom executor answers, as TFX's users write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tfx_style import example_gens

from penstock import testing
from penstock.components.query_based_example_gen.component import BigQueryExampleGen, QueryBasedExampleGen
from penstock.errors import ParameterError
from penstock.examples.reader import ExamplesReader
from penstock.graph.executor_spec import BeamExecutorSpec, ExecutorClassSpec
from penstock.messages.range_config import RangeConfig, StaticRange
from penstock.proto import example_gen_pb2

pytestmark = pytest.mark.integration


def rows_of(run: testing.ComponentRun, *splits: str) -> list[dict[str, Any]]:
    readers = (ExamplesReader(f"{run.artifact('examples').uri}/Split-{split}") for split in splits)
    return [row for reader in readers for batch in reader.batches() for row in batch.to_pylist()]


@pytest.mark.parametrize("spec", [ExecutorClassSpec, BeamExecutorSpec])
def test_the_transform_gets_each_query(spec: Any) -> None:
    splits = [
        example_gen_pb2.Input.Split(name=name, pattern=f"rows {count} from {{SPAN}}")
        for name, count in (("train", 20), ("eval", 5))
    ]
    component = QueryBasedExampleGen(
        example_gen_pb2.Input(splits=splits),
        range_config=RangeConfig(static_range=StaticRange(start_span_number=7, end_span_number=7)),
        custom_executor_spec=spec(example_gens.Answers),
    )
    run = testing.run_component(component)
    assert [row["number"] for row in rows_of(run, "eval")] == [7, 8, 9, 10, 11]
    assert len(rows_of(run, "train")) == 20
    assert run.artifact("examples").properties["span"] == 7
    assert component.type_name() == "tfx.components.example_gen.component.QueryBasedExampleGen"


def test_an_example_gen_of_ones_own_names_its_executor_in_its_class() -> None:
    custom = example_gen_pb2.CustomConfig()
    component = example_gens.AnswersExampleGen("rows 60 from 0", custom_config=custom)
    run = testing.run_component(component)
    found = rows_of(run, "train", "eval")
    assert sorted(row["number"] for row in found) == list(range(60))
    assert {json.dumps(json.loads(row["custom"])) for row in found} == {"{}"}
    assert component.type_name() == "tfx_style.example_gens.AnswersExampleGen"


def test_bigquery_too_may_be_read_otherwise() -> None:
    component = BigQueryExampleGen(
        "rows 30 from 3", custom_executor_spec=ExecutorClassSpec(example_gens.Answers)
    )
    assert len(rows_of(testing.run_component(component), "train", "eval")) == 30


@pytest.mark.parametrize(
    "given", [{"url": "sqlite:///a.db"}, {"driver": "adbc"}, {"fingerprint_query": "SELECT 1"}]
)
def test_what_such_an_executor_does_not_know_is_refused(given: dict[str, str]) -> None:
    (name,) = given
    with pytest.raises(ParameterError, match=f"{name} is not for executors of one's own.*custom_config"):
        example_gens.AnswersExampleGen("rows 1 from 0", **given)
