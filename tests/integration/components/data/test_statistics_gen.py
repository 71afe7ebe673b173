# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from component_runs import Ran, make_examples, run_component

from penstock.artifacts.standard import Examples, Schema
from penstock.components.statistics_gen.component import SplitStatistics, StatisticsGen
from penstock.errors import DataError, ParameterError


def test_each_split_has_a_file_that_tfdv_reads(statistics: Ran) -> None:
    for split, rows in (("train", 300), ("eval", 100)):
        found = tfdv.load_stats_binary(f"{statistics.uri('statistics')}/Split-{split}/FeatureStats.pb")
        assert found.datasets[0].num_examples == rows
        assert {feature.path.step[0] for feature in found.datasets[0].features} == {
            "amount",
            "place",
            "hour",
            "tags",
        }


def test_rows_and_features_are_reported(statistics: Ran) -> None:
    assert statistics.result.splits == {"train": SplitStatistics(300, 4), "eval": SplitStatistics(100, 4)}
    assert statistics.record.rows == 400
    (artifact,) = statistics.outputs["statistics"]
    assert (artifact.span, artifact.get_int_custom_property("span")) == (3, 3)


def test_parquet_and_tfrecord_have_the_same_statistics(
    statistics: Ran, tmp_path: Path, examples: Examples
) -> None:
    from penstock.examples.reader import ExamplesReader

    tables = {
        split: pa.Table.from_batches(list(ExamplesReader(examples.split_uri(split)).batches()))
        for split in examples.splits
    }
    records = make_examples(tmp_path / "records", tables, format="tfrecord")
    ran = run_component(StatisticsGen, tmp_path / "ran", inputs={"examples": records})
    for split in examples.splits:
        found, expected = (
            tfdv.load_stats_binary(f"{run.uri('statistics')}/Split-{split}/FeatureStats.pb").datasets[0]
            for run in (ran, statistics)
        )
        by_name = {feature.path.step[0]: feature for feature in expected.features}
        assert all(feature == by_name[feature.path.step[0]] for feature in found.features)
        assert len(found.features) == len(by_name)


def test_several_examples_are_one_set(tmp_path: Path, examples: Examples, later_examples: Examples) -> None:
    ran = run_component(
        StatisticsGen, tmp_path, inputs={"examples": [examples, later_examples]}, exclude_splits=["eval"]
    )
    assert ran.result.splits == {"train": SplitStatistics(600, 4)}
    assert ran.outputs["statistics"][0].span == 4


def test_options_and_schema_count(tmp_path: Path, examples: Examples, schema: Schema) -> None:
    options = tfdv.StatsOptions(num_top_values=2).to_json()
    ran = run_component(
        StatisticsGen, tmp_path, inputs={"examples": examples, "schema": schema}, stats_options=options
    )
    found = tfdv.load_stats_binary(f"{ran.uri('statistics')}/Split-train/FeatureStats.pb").datasets[0]
    place = next(feature for feature in found.features if feature.path.step[0] == "place")
    assert len(place.string_stats.top_values) == 2


def test_an_option_that_does_not_exist_is_named(tmp_path: Path, examples: Examples) -> None:
    with pytest.raises(ParameterError, match="has no option 'num_tops'"):
        run_component(StatisticsGen, tmp_path, inputs={"examples": examples}, stats_options='{"num_tops": 1}')


def test_a_split_without_rows_is_named(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2]})
    empty = make_examples(tmp_path / "examples", {"train": table, "eval": table.slice(0, 0)})
    with pytest.raises(DataError, match="split 'eval' has no rows.*got: 0 rows"):
        run_component(StatisticsGen, tmp_path / "ran", inputs={"examples": empty})
    ran = run_component(
        StatisticsGen, tmp_path / "other", inputs={"examples": empty}, exclude_splits=["eval"]
    )
    assert list(ran.result.splits) == ["train"]


def test_a_sample_without_rows_says_why(tmp_path: Path, examples: Examples) -> None:
    with pytest.raises(DataError, match="no row of split 'train' is left.*sample_rate=1e-09"):
        run_component(
            StatisticsGen, tmp_path, inputs={"examples": examples}, stats_options='{"sample_rate": 1e-9}'
        )
