# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.artifacts.standard import Examples, Schema, TransformCache, TransformGraph
from penstock.components.transform.component import (
    AnalyzedDataset,
    Transform,
    TransformedSplit,
    TransformInputs,
    TransformOutputs,
    TransformParameters,
    TransformPlan,
    TransformResult,
)
from penstock.components.transform.driver import TransformDriver, dataset_key, resolve_splits
from penstock.components.transform.publisher import TransformPublisher
from penstock.components.transform.stats_type import StatsType
from penstock.errors import ParameterError
from penstock.graph.channel import Channel
from penstock.messages.transform import SplitsConfig
from penstock.runtime.roles import ExecutorContext, Work


def node(**arguments: Any) -> Transform:
    return Transform(Channel(Examples), Channel(Schema), **arguments)


def examples(uri: str, *, digest: str = "", splits: str = '["train", "eval"]', span: int = 0) -> Examples:
    custom = {"content_digest": digest} if digest else {}
    return Examples(uri, properties={"split_names": splits, "span": span}, custom_properties=custom)


def decide(inputs: TransformInputs, config: SplitsConfig | None = None) -> Any:
    parameters = TransformParameters(module_file="m.py", splits_config=config)
    return TransformDriver().decide(inputs, parameters, SimpleNamespace())  # type: ignore[arg-type]


def test_takes_tfx_arguments_by_position() -> None:
    config = SplitsConfig(analyze=["train"], transform=["eval"])
    cache = Channel(TransformCache)
    made = Transform(
        Channel(Examples),
        Channel(Schema),
        None,
        "pkg.fn",
        config,
        cache,
        True,
        False,
        True,
        {"a": 1},
        False,
        "pkg.up",
    )
    assert made.exec_properties == {
        "preprocessing_fn": "pkg.fn",
        "splits_config": config,
        "force_tf_compat_v1": True,
        "custom_config": {"a": 1},
        "stats_options_updater_fn": "pkg.up",
    }
    assert Transform.type_name() == "tfx.components.transform.component.Transform"


@pytest.mark.parametrize(
    ("arguments", "got"),
    [({}, "neither"), ({"module_file": "m.py", "preprocessing_fn": "pkg.fn"}, "both")],
)
def test_exactly_one_function_is_named(arguments: dict[str, str], got: str) -> None:
    with pytest.raises(ParameterError, match=f"exactly one of module_file and preprocessing_fn.*got: {got}"):
        node(**arguments)


def test_the_updater_of_a_module_file_is_found_by_its_name_only() -> None:
    with pytest.raises(ParameterError, match="goes with preprocessing_fn.*found there by its name"):
        node(module_file="m.py", stats_options_updater_fn="pkg.up")


def test_a_function_itself_is_refused_with_its_path() -> None:
    with pytest.raises(ParameterError, match=r"preprocessing_fn is a function.*test_transform.decide"):
        node(preprocessing_fn=decide)


def test_a_cache_that_would_not_be_used_is_refused() -> None:
    with pytest.raises(ParameterError, match="analyzer_cache is given although"):
        node(module_file="m.py", analyzer_cache=Channel(TransformCache), disable_analyzer_cache=True)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({}, set()),
        ({"materialize": False}, {"transformed_examples"}),
        ({"disable_analyzer_cache": True}, {"updated_analyzer_cache"}),
        (
            {"disable_statistics": True},
            {
                "pre_transform_schema",
                "pre_transform_stats",
                "post_transform_schema",
                "post_transform_stats",
                "post_transform_anomalies",
            },
        ),
    ],
)
def test_outputs_follow_the_arguments(arguments: dict[str, bool], missing: set[str]) -> None:
    outputs = set(node(module_file="m.py", **arguments).outputs.keys())
    assert set(Transform.signature().outputs) - outputs == missing


def test_without_a_config_train_is_analysed_and_all_are_transformed() -> None:
    assert resolve_splits(None, ("train", "eval", "test")) == (("train",), ("train", "eval", "test"))


def test_without_a_split_of_that_name_a_config_is_asked_for() -> None:
    with pytest.raises(ParameterError, match="no split 'train' to analyse.*a, b.*splits_config"):
        resolve_splits(None, ("a", "b"))


@pytest.mark.parametrize("field", ["analyze", "transform"])
def test_unknown_splits_name_the_known_ones(field: str) -> None:
    config = SplitsConfig(**{"analyze": ["train"], field: ["evla"]})
    with pytest.raises(
        ParameterError, match=rf"splits_config.{field} names a split 'evla'.*train, eval.*'eval'"
    ):
        resolve_splits(config, ("train", "eval"))


def test_a_config_that_analyses_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="names no split to analyse"):
        resolve_splits(SplitsConfig(transform=["eval"]), ("train", "eval"))


def test_driver_plans_every_artifact() -> None:
    artifacts = [examples("a", digest="1", span=1), examples("b", digest="2", span=2)]
    decision = decide(TransformInputs(artifacts, Schema("s")))
    keys = [dataset_key(artifact, "train") for artifact in artifacts]
    assert decision.plan == TransformPlan(
        analyze=(
            AnalyzedDataset(0, "train", keys[0], False),
            AnalyzedDataset(1, "train", keys[1], False),
        ),
        transform=("train", "eval"),
        span=2,
    )
    assert decision.output_counts == {"transformed_examples": 2}


def test_driver_looks_into_the_analyzer_cache(tmp_path: Path) -> None:
    known, new = examples("a", digest="1"), examples("b", digest="2")
    (tmp_path / dataset_key(known, "train")).mkdir()
    decision = decide(TransformInputs([known, new], Schema("s"), TransformCache(str(tmp_path))))
    assert [dataset.cached for dataset in decision.plan.analyze] == [True, False]


def test_dataset_keys_follow_content_and_split() -> None:
    key = dataset_key(examples("a", digest="1"), "train")
    assert key == dataset_key(examples("elsewhere", digest="1"), "train")
    assert key != dataset_key(examples("a", digest="2"), "train")
    assert key != dataset_key(examples("a", digest="1"), "eval")
    assert dataset_key(examples("a"), "train") != dataset_key(examples("b"), "train")


def test_publisher_records_graph_examples_and_cache() -> None:
    source = Examples(
        "a", properties={"split_names": '["train", "eval"]', "span": 5}, custom_properties={"version": 2}
    )
    outputs = TransformOutputs(TransformGraph("g"), [Examples("t")])
    context = ExecutorContext("p", "r", "n", 1, "/", "/tmp")
    plan = TransformPlan((AnalyzedDataset(0, "train", "k", True),), ("train", "eval"), 5)
    work = Work(TransformInputs([source], Schema("s")), outputs, TransformParameters(), plan, context)
    splits = (TransformedSplit(0, "train", 20), TransformedSplit(0, "eval", 10))
    result = TransformResult("d", {"company": 7}, 3, splits, "tfrecord", 1)
    record = TransformPublisher().describe(work, result)
    assert record.artifacts["transform_graph"][0].custom_properties == {
        "graph_digest": "d",
        "vocabulary_sizes": {"company": 7},
        "num_features": 3,
    }
    (transformed,) = record.artifacts["transformed_examples"]
    assert transformed.properties == {"split_names": '["train", "eval"]', "span": 5, "version": 2}
    assert transformed.custom_properties["payload_format"] == "FORMAT_TF_EXAMPLE"
    assert transformed.custom_properties["file_format"] == "tfrecords_gzip"
    assert transformed.custom_properties["rows"] == {"train": 20, "eval": 10}
    assert record.execution == {"analyzed_datasets": 1, "datasets_from_analyzer_cache": 1}
    assert record.rows == 30
    assert record.summary == "3 features, 1 of 1 data sets from the analyzer cache"
    assert set(record.artifacts) == {"transform_graph", "transformed_examples"}


def test_stats_types_have_tfx_numbers() -> None:
    assert [int(kind) for kind in (StatsType.UNKNOWN, StatsType.PRE_TRANSFORM, StatsType.POST_TRANSFORM)] == [
        0,
        1,
        2,
    ]
