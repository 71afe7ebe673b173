# SPDX-License-Identifier: Apache-2.0
"""Evaluator in a pipeline: verdicts as TFX records them, the baseline, and the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model, ModelBlessing
from penstock.components.evaluator.component import Evaluator
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestBlessedModelStrategy
from penstock.graph.system_nodes import Importer, Resolver
from penstock.messages.evaluation import EvalConfig
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport, RunRequest

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]


def eval_config(lower: float | None = 0.5, change: float | None = 0.0) -> EvalConfig:
    threshold: dict[str, Any] = {}
    if lower is not None:
        threshold["value_threshold"] = {"lower_bound": lower}
    if change is not None:
        threshold["change_threshold"] = {"absolute": change, "direction": "HIGHER_IS_BETTER"}
    accuracy: dict[str, Any] = {"class_name": "BinaryAccuracy"}
    if threshold:
        accuracy["per_slice_thresholds"] = [{"slicing_specs": [{}], "threshold": threshold}]
    return EvalConfig.from_dict(
        {
            "model_specs": [{"label_key": "tip"}],
            "slicing_specs": [{}, {"feature_keys": ["hour"]}],
            "metrics_specs": [{"metrics": [{"class_name": "ExampleCount"}, accuracy]}],
        }
    )


class Bench:
    """Runs a pipeline that evaluates one of the two models, again and again in one store."""

    def __init__(self, folder: Path, world: Any) -> None:
        self.folder = folder
        self.world = world
        self.config = sqlite_metadata_connection_config(str(folder / "metadata.db"))

    def run(self, model: str, config: EvalConfig, **arguments: Any) -> RunReport:
        examples = Importer(self.world.parquet, Examples, properties={"split_names": '["eval"]'}).with_id(
            "examples"
        )
        candidate = Importer(getattr(self.world, model), Model).with_id("candidate")
        newest = Resolver(
            LatestBlessedModelStrategy, model=Channel(Model), model_blessing=Channel(ModelBlessing)
        ).with_id("newest")
        evaluator = Evaluator(
            examples.outputs["result"],
            candidate.outputs["result"],
            newest.outputs["model"],
            eval_config=config,
            **arguments,
        )
        nodes = [examples, candidate, newest, evaluator]
        pipeline = Pipeline("p", str(self.folder / "root"), self.config, nodes, enable_cache=True)
        ir = compile_pipeline(pipeline, project_root=str(self.folder))
        return LocalDagRunner(in_process=True).run_ir(ir, RunRequest())

    def outputs(self, report: RunReport) -> dict[str, Artifact]:
        node = next(node for node in report.nodes if node.node_id == "Evaluator")
        assert node.execution_id is not None, node.reason
        with MetadataStore.open(self.config) as store:
            return {key: artifact for key, (artifact,) in store.outputs_of(node.execution_id).items()}


@pytest.fixture
def bench(tmp_path: Path, world: Any) -> Bench:
    return Bench(tmp_path, world)


def state(report: RunReport) -> str:
    return next(node.state for node in report.nodes if node.node_id == "Evaluator")


def names(artifact: Artifact) -> set[str]:
    return {path.name for path in Path(artifact.uri).iterdir()}


def test_models_are_blessed_compared_and_not_evaluated_twice(bench: Bench) -> None:
    first = bench.run("baseline", eval_config())
    blessing = bench.outputs(first)["blessing"]
    assert names(blessing) == {"BLESSED"}
    assert blessing.get_custom_property("blessed") == 1
    assert blessing.get_custom_property("current_model") == bench.world.baseline
    assert not blessing.has_custom_property("baseline_model_id")
    former = blessing.get_int_custom_property("current_model_id")

    again = bench.run("baseline", eval_config())
    assert state(again) == "cached"
    assert bench.outputs(again)["blessing"].id == blessing.id

    better = bench.run("candidate", eval_config(change=-0.5))
    compared = bench.outputs(better)["blessing"]
    assert names(compared) == {"BLESSED"}
    assert compared.get_custom_property("baseline_model_id") == former
    assert "changed by" in compared.get_string_custom_property("reasons")

    unchanged = bench.run("candidate", eval_config(change=-0.5))
    assert state(unchanged) == "cached"
    assert bench.outputs(unchanged)["blessing"].id == compared.id

    stricter = bench.run("candidate", eval_config(change=0.4))
    refused = bench.outputs(stricter)["blessing"]
    assert state(stricter) == "ran"
    assert names(refused) == {"NOT_BLESSED"}
    assert refused.get_custom_property("blessed") == 0
    assert refused.get_custom_property("baseline_model_id") == former  # never itself


def test_headline_and_reasons_are_recorded(bench: Bench) -> None:
    report = bench.run("candidate", eval_config(lower=0.99))
    outputs = bench.outputs(report)

    headline: Any = outputs["evaluation"].get_custom_property("headline_metrics")
    assert headline["metrics"] == ["example_count", "binary_accuracy"]
    assert [row["slice"] for row in headline["rows"]] == ["Overall", "hour=3", "hour=8", "hour=17"]
    accuracy = headline["rows"][0]["values"][1]
    assert 0.5 < accuracy < 0.99
    (threshold,) = outputs["blessing"].get_json_value_custom_property("thresholds")  # type: ignore[misc]  # a list
    assert (threshold["metric"], threshold["slice"], threshold["passed"]) == (
        "binary_accuracy",
        "Overall",
        False,
    )
    assert outputs["blessing"].get_custom_property("reasons") == (
        f"binary_accuracy is {accuracy:.4f}: at least 0.99 is asked for"
    )
    node = next(node for node in report.nodes if node.node_id == "Evaluator")
    assert (node.rows, node.summary) == (400, "not blessed (1 of 1 threshold missed)")


def test_without_thresholds_there_is_no_blessing(bench: Bench) -> None:
    blessing = bench.outputs(bench.run("candidate", eval_config(lower=None, change=None)))["blessing"]

    assert names(blessing) == set()
    assert not blessing.has_custom_property("blessed")
    assert state(bench.run("candidate", eval_config(lower=None, change=None))) == "cached"


def test_hooks_come_from_the_users_module(bench: Bench) -> None:
    (bench.folder / "hooks.py").write_text(
        "from pathlib import Path\n"
        "from penstock.evaluation.tfma import model_eval_lib\n"
        "def custom_extractors(eval_shared_model, eval_config, tensor_adapter_config):\n"
        "    Path(__file__).with_name('called').write_text(eval_shared_model[0].model_path)\n"
        "    return model_eval_lib.default_extractors(eval_shared_model=eval_shared_model, eval_config=eval_config)\n"
    )

    for arguments in ({"module_file": "hooks.py"}, {"module_path": "hooks"}):
        report = bench.run("candidate", eval_config(), **arguments)
        assert state(report) == "ran", report.nodes
        assert (bench.folder / "called").read_text() == f"{bench.world.candidate}/Format-Serving"
        (bench.folder / "called").unlink()


def test_nothing_is_published_of_an_evaluation_that_fails(bench: Bench) -> None:
    report = bench.run(
        "candidate", EvalConfig.from_dict({**eval_config().to_dict(), "model_specs": [{"label_key": "x"}]})
    )

    node = next(node for node in report.nodes if node.node_id == "Evaluator")
    assert node.state == "failed"
    assert "names 'x' as a label" in node.reason
    with MetadataStore.open(bench.config) as store:
        assert store.latest_artifacts("ModelEvaluation", pipeline="p") == []
    assert not list((bench.folder / "root").glob("Evaluator/*/*"))
