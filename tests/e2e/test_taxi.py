# SPDX-License-Identifier: Apache-2.0
"""The shipped taxi pipeline through the command line, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.tensorflow]

PROJECT = Path(__file__).parents[2]
SERVE = """
import sys
import tensorflow as tf
served = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
example = tf.train.Example()
example.features.feature["fare"].float_list.value.append(12.5)
example.features.feature["trip_start_hour"].int64_list.value.append(9)
example.features.feature["payment_type"].bytes_list.value.append(b"Credit Card")
(scores,) = served(tf.constant([example.SerializeToString()])).values()
assert "penstock" not in sys.modules
print(float(scores[0][0]))
"""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the runs of this file keep everything."""

    folder: Path

    def penstock(self, command: str, *arguments: object) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "penstock", command, *map(str, arguments)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: object) -> Ended:
        return self.penstock(
            "run", "pipelines/taxi.py", "--param", f"serving_dir={self.folder}/serving", "--param", "eval_steps=10",
            "--pipeline-root", self.folder / "root", "--metadata", self.folder / "m.db", *arguments,
        )  # fmt: skip

    def read(self, command: str, *arguments: object) -> Any:
        ended = self.penstock(command, *arguments, "--metadata", self.folder / "m.db", "--json")
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    @property
    def versions(self) -> list[str]:
        return sorted(os.listdir(self.folder / "serving"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place where the first span has been run."""
    made = Place(tmp_path_factory.mktemp("taxi"))
    ended = made.run("--run-id", "first", "--param", "span=1", "--param", "train_steps=300")
    assert ended.code == 0, ended.out + ended.err
    assert ended.err == ""
    return made


def states(run: Any) -> dict[str, str]:
    return {node["node_id"]: node["state"] for node in run["nodes"]}


def test_the_first_run_blesses_and_pushes_without_a_baseline(place: Place) -> None:
    run = place.read("show", "first")
    assert set(states(run).values()) == {"ran"}
    (evaluation,) = run["evaluations"]
    assert evaluation["blessed"]
    assert evaluation["baseline_id"] == 0
    assert [row["slice"] for row in evaluation["headline"]["rows"]][:2] == ["Overall", "trip_start_hour=0"]
    (push,) = run["pushes"]
    assert push["pushed"]
    assert place.versions == [push["version"]]
    rows = {node["node_id"]: node.get("rows") for node in run["nodes"]}
    assert (rows["CsvExampleGen"], rows["StatisticsGen"], rows["Transform"]) == (7000, 7000, 7000)


@pytest.mark.parametrize("runner", ["local", "beam"])
def test_an_unchanged_run_is_all_cached_on_every_runner(place: Place, runner: str) -> None:
    ended = place.run(
        "--runner", runner, "--param", "span=1", "--param", "train_steps=300", "--require-push", "--json"
    )
    assert ended.code == 0, ended.err
    run = json.loads(ended.out)
    assert {name for name, state in states(run).items() if state != "cached"} == {"latest_blessed_model"}
    assert run["pushes"][0]["pushed"]
    assert len(place.versions) == 1


def test_a_worse_model_is_not_pushed_which_is_a_normal_outcome_unless_it_is_not(place: Place) -> None:
    arguments = ["--param", "span=2", "--param", "train_steps=1"]
    refused = place.run("--run-id", "worse", *arguments, "--require-push")
    assert refused.code == 3, refused.out + refused.err
    assert "Pusher: not pushed: the model is not blessed: binary_accuracy" in refused.out
    assert place.run(*arguments).code == 0
    run = place.read("show", "worse")
    assert states(run)["Pusher"] == "skipped"
    assert run["evaluations"][0]["baseline_id"] == place.read("show", "Trainer.model", "--run", "first")["id"]
    assert any("against the baseline" in reason for reason in run["evaluations"][0]["reasons"])
    assert len(place.versions) == 1


def test_lineage_of_the_pushed_model_goes_back_to_the_csv_file(place: Place) -> None:
    ended = place.penstock(
        "lineage", place.folder / "serving" / place.versions[0], "--metadata", place.folder / "m.db"
    )
    assert ended.code == 0, ended.err
    assert f"{PROJECT}/data/taxi/span-1/trips.csv (span 1)" in ended.out
    assert "fingerprint split:trips,num_files:1,total_bytes:" in ended.out
    assert "schema  Schema" in ended.out
    assert "code    Transform: modules/taxi/preprocessing.py  sha256 " in ended.out
    assert "code    Trainer: modules/taxi/trainer.py  sha256 " in ended.out
    assert 'with    Trainer: train_args = {"num_steps": 300}' in ended.out
    assert "blessed by Evaluator" in ended.out
    forwards = place.read("lineage", "CsvExampleGen.examples", "--run", "first", "--direction", "down")[
        "down"
    ]
    assert "PushedModel" in {artifact["type"] for artifact in forwards["artifacts"]}


def test_explain_cache_names_the_parameter_that_changed(place: Place) -> None:
    ended = place.run("--run-id", "longer", "--param", "span=1", "--param", "train_steps=301", "--in-process")
    assert ended.code == 0, ended.err
    told = place.read("explain-cache", "longer", "Trainer", "--against", "first")
    assert [difference["part"] for difference in told["differences"]] == ["parameter train_args"]
    assert place.read("explain-cache", "longer", "Transform")["state"] == "cached"


@pytest.mark.parametrize(
    "artifact",
    ["StatisticsGen.statistics", "SchemaGen.schema", "ExampleValidator.anomalies", "Evaluator.evaluation"],
)
def test_pages_are_drawn(place: Place, artifact: str) -> None:
    page = place.folder / f"{artifact}.html"
    ended = place.penstock("show", artifact, "--html", page, "--metadata", place.folder / "m.db")
    assert ended.code == 0, ended.err
    text = page.read_text()
    assert text.startswith(("<!DOCTYPE html>", "<!doctype html>"))
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text


def test_the_pushed_model_serves_raw_examples_without_penstock(place: Place) -> None:
    model = place.folder / "serving" / place.versions[0]
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(model)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout.splitlines()[-1]) < 1
