# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from penstock.artifacts.standard import Examples, ExampleStatistics, Schema
from penstock.components.statistics_gen.component import (
    SplitStatistics,
    StatisticsGen,
    StatisticsGenInputs,
    StatisticsGenParameters,
    StatisticsGenPlan,
    StatisticsGenResult,
)
from penstock.components.statistics_gen.driver import StatisticsGenDriver
from penstock.components.statistics_gen.publisher import StatisticsGenPublisher
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel


def examples(uri: str, splits: str, span: int = 0) -> Examples:
    return Examples(uri, properties={"split_names": splits, "span": span})


def decide(inputs: list[Examples], exclude: tuple[str, ...] = ()) -> Any:
    parameters = StatisticsGenParameters(exclude_splits=exclude)
    return StatisticsGenDriver().decide(StatisticsGenInputs(inputs), parameters, SimpleNamespace())  # type: ignore[arg-type]


def test_takes_tfx_arguments_by_position() -> None:
    node = StatisticsGen(Channel(Examples), Channel(Schema), '{"num_top_values": 5}', ["eval"])
    assert node.exec_properties == {"stats_options": '{"num_top_values": 5}', "exclude_splits": ("eval",)}
    assert node.outputs["statistics"].type is ExampleStatistics
    assert StatisticsGen.type_name() == "tfx.components.statistics_gen.component.StatisticsGen"


def test_options_are_stored_as_json() -> None:
    options = SimpleNamespace(to_json=lambda: '{"TYPE_NAME": "StatsOptions"}')
    assert StatisticsGen(Channel(Examples), stats_options=options).exec_properties == {
        "stats_options": '{"TYPE_NAME": "StatsOptions"}'
    }


def test_options_that_cannot_be_stored_say_why() -> None:
    def to_json() -> str:
        raise ValueError("StatsOptions cannot be converted with generators.")

    with pytest.raises(ParameterError, match="cannot be converted with generators.*slicing_config"):
        StatisticsGen(Channel(Examples), stats_options=SimpleNamespace(to_json=to_json))


def test_options_of_another_kind_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"neither a tfdv.StatsOptions nor JSON.*got: 3 \(int\)"):
        StatisticsGen(Channel(Examples), stats_options=3)


def test_examples_are_needed_and_typed() -> None:
    with pytest.raises(PipelineError, match="input 'examples' is missing"):
        StatisticsGen()
    with pytest.raises(
        PipelineError, match="input 'examples' has the wrong type.*expected: a channel of Examples"
    ):
        StatisticsGen(Channel(Schema))


def test_driver_takes_all_splits_and_the_newest_span() -> None:
    decision = decide([examples("a", '["train", "eval"]', 1), examples("b", '["train", "test"]', 4)])
    assert decision.plan == StatisticsGenPlan(("train", "eval", "test"), 4)


def test_driver_names_known_splits_where_an_excluded_one_is_not_there() -> None:
    with pytest.raises(ParameterError, match="names a split 'evaluation'.*train, eval"):
        decide([examples("a", '["train", "eval"]')], ("evaluation",))


def test_publisher_records_rows_and_features_per_split() -> None:
    work: Any = SimpleNamespace(plan=StatisticsGenPlan(("train", "eval"), 2))
    result = StatisticsGenResult({"train": SplitStatistics(20, 5), "eval": SplitStatistics(10, 4)})
    record = StatisticsGenPublisher().describe(work, result)
    (statistics,) = record.artifacts["statistics"]
    assert statistics.properties == {"span": 2, "split_names": '["train", "eval"]'}
    assert statistics.custom_properties["rows"] == {"train": 20, "eval": 10}
    assert statistics.custom_properties["features"] == {"train": 5, "eval": 4}
    assert statistics.custom_properties["span"] == 2
    assert record.rows == 30
