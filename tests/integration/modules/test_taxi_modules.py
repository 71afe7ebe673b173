# SPDX-License-Identifier: Apache-2.0
"""The taxi modules, trained on the shipped trips by the real components, and what is pushed in the end."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import penstock as tfx
from penstock.artifacts.artifact import Artifact
from penstock.graph.compiler import compile_pipeline
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.models import DEFAULT_SIGNATURE, describe
from penstock.models.properties import recorded_info
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "data" / "taxi" / "span-1"
REAL = ROOT.parent / "shared" / "data" / "taxi"
HERE = Path(__file__).parent


def pipeline(
    folder: Path,
    data: Path,
    preprocessing: str = "modules/taxi/preprocessing.py",
    trainer: str = "modules/taxi/trainer.py",
) -> Any:
    example_gen = tfx.components.CsvExampleGen(input_base=str(data))
    statistics = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema = tfx.components.SchemaGen(statistics=statistics.outputs["statistics"], infer_feature_shape=False)
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"], schema=schema.outputs["schema"], module_file=preprocessing
    )
    training = tfx.components.Trainer(
        module_file=trainer,
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema.outputs["schema"],
        statistics=statistics.outputs["statistics"],
        train_args=tfx.proto.TrainArgs(num_steps=1000),
        eval_args=tfx.proto.EvalArgs(num_steps=50),
    )
    pusher = tfx.components.Pusher(
        model=training.outputs["model"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=str(folder / "serving"))
        ),
    )
    return tfx.dsl.Pipeline(
        pipeline_name="taxi",
        pipeline_root=str(folder / "root"),
        metadata_connection_config=sqlite_metadata_connection_config(str(folder / "metadata.sqlite")),
        components=[example_gen, statistics, schema, transform, training, pusher],
        enable_cache=True,
    )


def run(built: Any) -> RunReport:
    report = LocalDagRunner().run_ir(compile_pipeline(built, project_root=str(ROOT)))
    report.raise_for_failure()
    return report


@dataclass
class Trained:
    folder: Path
    report: RunReport
    store: MetadataStore

    def newest(self, type_name: str) -> Artifact:
        return next(self.store.newest_artifacts(type_name))

    def state(self, node_id: str) -> str:
        return next(node.state for node in self.report.nodes if node.node_id == node_id)


def trained(folder: Path, data: Path, **modules: str) -> Trained:
    built = pipeline(folder, data, **modules)
    report = run(built)
    store = MetadataStore.open(built.metadata_connection_config, read_only=True)
    return Trained(folder, report, store)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    result = trained(tmp_path_factory.mktemp("shipped"), SHIPPED)
    yield result
    result.store.close()


def majority(csv_file: Path) -> float:
    with csv_file.open(newline="") as file:
        labels = [float(row["tips"]) > 0.2 * float(row["fare"]) for row in csv.DictReader(file)]
    positive = sum(labels) / len(labels)
    return max(positive, 1 - positive)


def metrics(result: Trained) -> dict[str, float]:
    found: Any = result.newest("Model").get_json_value_custom_property("metrics")
    return dict(found)


def test_the_model_is_clearly_better_than_the_majority(shipped: Trained) -> None:
    found = metrics(shipped)
    assert found["val_binary_accuracy"] > majority(SHIPPED / "trips.csv") + 0.1
    assert found["val_auc"] > 0.92


def test_signatures_and_library_are_recorded(shipped: Trained) -> None:
    model = shipped.newest("Model")
    info = recorded_info(model)
    assert info is not None
    assert info == describe(f"{model.uri}/Format-Serving")
    assert [signature.name for signature in info.signatures] == [DEFAULT_SIGNATURE, "transform_features"]
    assert [str(spec) for spec in info.named(DEFAULT_SIGNATURE).inputs] == ["examples: string[?]"]
    assert "big_tip: int64[?]" in [str(spec) for spec in info.named("transform_features").outputs]
    assert info.library_version


def test_the_pushed_model_answers_raw_examples_without_penstock(shipped: Trained) -> None:
    pushed = shipped.newest("PushedModel")
    destination = pushed.get_string_custom_property("pushed_destination")
    assert destination == str(
        shipped.folder / "serving" / pushed.get_string_custom_property("pushed_version")
    )
    command = [sys.executable, str(HERE / "raw_client.py"), destination, str(SHIPPED / "trips.csv"), "200"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd="/")
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["loaded"] == []
    assert answer["scores"] == pytest.approx(scores(destination, 200), abs=1e-6)


def scores(destination: str, rows: int) -> list[float]:
    """Returns the scores of the same rows through Penstock's loader, as Evaluator has them."""
    import pyarrow.csv

    from penstock.examples.layout import to_example_layout
    from penstock.models import load

    convert = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
    table = pyarrow.csv.read_csv(SHIPPED / "trips.csv", convert_options=convert).slice(0, rows)
    batch = to_example_layout(table.combine_chunks().to_batches()[0])
    found: list[float] = load(destination).predict(batch)["probability"][:, 0].tolist()
    return found


def test_an_unchanged_rerun_trains_and_pushes_nothing(shipped: Trained) -> None:
    again = run(pipeline(shipped.folder, SHIPPED))
    assert {node.state for node in again.nodes} == {"cached"}
    assert len(list((shipped.folder / "serving").iterdir())) == 1


def test_a_version_that_was_removed_is_pushed_again(shipped: Trained) -> None:
    shutil.rmtree(shipped.folder / "serving")
    states = {node.node_id: node.state for node in run(pipeline(shipped.folder, SHIPPED)).nodes}
    assert states["Trainer"] == "cached"
    assert states["Pusher"] == "ran"
    assert len(list((shipped.folder / "serving").iterdir())) == 1


def test_a_module_of_the_tutorials_runs_with_only_its_imports_changed(shipped: Trained) -> None:
    module = str(HERE / "tutorial_module.py")
    result = trained(shipped.folder, SHIPPED, preprocessing=module, trainer=module)
    assert result.state("CsvExampleGen") == "cached"
    assert result.state("Trainer") == "ran"
    info = recorded_info(result.newest("Model"))
    assert info is not None
    assert info.signature is not None
    assert [str(spec) for spec in info.signature.inputs] == ["examples: string[?]"]
    result.store.close()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real trips are not on this machine")
def test_the_model_is_clearly_better_than_the_majority_on_the_real_trips(tmp_path: Path) -> None:
    result = trained(tmp_path, REAL)
    found = metrics(result)
    assert found["val_binary_accuracy"] > majority(REAL / "trips.csv") + 0.08
    assert found["val_auc"] > 0.92
    result.store.close()
