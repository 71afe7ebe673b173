# SPDX-License-Identifier: Apache-2.0
"""Both custom components in one pipeline over three spans: from JSON Lines to a gate that stops a run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.drift_gate import DriftGate
from components.json_lines_example_gen import JsonLinesExampleGen
from penstock.artifacts.artifact import Artifact
from penstock.components import ExampleValidator, SchemaGen, StatisticsGen
from penstock.dsl import Pipeline
from penstock.graph.compiler import compile_pipeline
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.proto import Input
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport
from penstock.statistics.files import read_schema

pytestmark = pytest.mark.tensorflow

PROJECT = Path(__file__).parents[4]
ROWS = 600


class Trips:
    """A project whose pipeline runs on the newest of its spans."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metadata = sqlite_metadata_connection_config(str(folder / "metadata.db"))

    def add_span(self, span: int, fare: float, companies: str, seed: int) -> None:
        draw = random.Random(seed)
        path = self.folder / "data" / f"span-{span}" / "trips.jsonl"
        path.parent.mkdir(parents=True)
        with path.open("w") as file:
            for _ in range(ROWS):
                row: dict[str, Any] = {"fare": draw.gauss(fare, 2), "company": draw.choice(companies)}
                if draw.random() < 0.5:
                    row["stops"] = [draw.randrange(9) for _ in range(draw.randrange(4))]
                file.write(json.dumps(row) + "\n")

    def run(self, *, in_process: bool = True) -> RunReport:
        examples = JsonLinesExampleGen(
            str(self.folder / "data"),
            Input(splits=[Input.Split(name="trips", pattern="span-{SPAN}/*.jsonl")]),
        )
        statistics = StatisticsGen(examples=examples.outputs["examples"])
        schema = SchemaGen(statistics=statistics.outputs["statistics"], infer_feature_shape=False)
        gate = DriftGate(statistics.outputs["statistics"], schema.outputs["schema"], on_drift="stop")
        validator = ExampleValidator(statistics.outputs["statistics"], schema=schema.outputs["schema"])
        validator.add_upstream_node(gate)
        nodes = [examples, statistics, schema, gate, validator]
        pipeline = Pipeline("trips", str(self.folder / "root"), self.metadata, nodes, enable_cache=True)
        ir = compile_pipeline(pipeline, project_root=str(PROJECT))
        return LocalDagRunner(in_process=in_process).run_ir(ir)

    def output(self, report: RunReport, node_id: str, key: str) -> Artifact:
        execution = next(node.execution_id for node in report.nodes if node.node_id == node_id)
        assert execution is not None
        with MetadataStore.open(self.metadata) as store:
            return store.outputs_of(execution)[key][0]


def node(report: RunReport, node_id: str) -> Any:
    return next(node for node in report.nodes if node.node_id == node_id)


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Trips:
    return Trips(tmp_path_factory.mktemp("trips"))


@pytest.fixture(scope="module")
def runs(trips: Trips) -> dict[str, RunReport]:
    """Runs on the first span (in workers), on one that differs, and on one that is like that."""
    found = {}
    trips.add_span(1, fare=10, companies="aab", seed=1)
    found["first"] = trips.run(in_process=False)
    trips.add_span(2, fare=14, companies="abbb", seed=2)
    found["moved"] = trips.run()
    trips.add_span(3, fare=14, companies="abbb", seed=3)
    found["same"] = trips.run()
    return found


def test_the_schema_says_what_the_lines_hold(trips: Trips, runs: dict[str, RunReport]) -> None:
    schema = read_schema(trips.output(runs["first"], "SchemaGen", "schema").uri)
    by_name = {feature.name: feature for feature in schema.feature}
    kinds = {name: schema_pb2.FeatureType.Name(feature.type) for name, feature in by_name.items()}
    assert kinds == {"fare": "FLOAT", "company": "BYTES", "stops": "INT"}
    assert by_name["fare"].presence.min_fraction == 1
    assert by_name["stops"].presence.min_fraction < 1
    assert by_name["stops"].value_count.min == 0


def test_the_first_span_passes(runs: dict[str, RunReport]) -> None:
    assert runs["first"].state == "COMPLETE", [result.reason for result in runs["first"].nodes]
    assert {result.state for result in runs["first"].nodes} == {"ran"}
    assert node(runs["first"], "JsonLinesExampleGen").summary == "3 features from 1 file"
    assert node(runs["first"], "DriftGate").summary == "no earlier span to compare with"


def test_a_span_that_moved_stops_the_run(runs: dict[str, RunReport]) -> None:
    assert runs["moved"].state == "FAILED"
    gate = node(runs["moved"], "DriftGate")
    assert gate.state == "failed"
    assert gate.reason.startswith("drift in ")
    assert "fare (Jensen-Shannon 0." in gate.reason
    assert "company (L-infinity 0." in gate.reason
    assert node(runs["moved"], "ExampleValidator").state == "not run"


def test_the_report_is_there_although_the_run_stopped(trips: Trips, runs: dict[str, RunReport]) -> None:
    report = trips.output(runs["moved"], "DriftGate", "report")
    assert report.get_int_custom_property("drifted") == 2
    document = json.loads(Path(report.uri, "drift.json").read_text())
    assert document["baseline"] == trips.output(runs["first"], "StatisticsGen", "statistics").uri
    distances = {feature["feature"]: feature["distance"] for feature in document["features"]}
    # Of 600 trips two thirds were of company a before and a quarter now; a few per cent are chance.
    assert distances["company"] == pytest.approx(2 / 3 - 1 / 4, abs=0.07)
    assert 0.2 < distances["fare"] <= 1
    assert distances["stops"] < 0.05
    assert list(distances.values()) == sorted(distances.values(), reverse=True)


def test_a_span_like_the_last_one_passes(trips: Trips, runs: dict[str, RunReport]) -> None:
    assert runs["same"].state == "COMPLETE", [result.reason for result in runs["same"].nodes]
    assert node(runs["same"], "DriftGate").summary.startswith("no drift since span 2, farthest ")
    assert trips.output(runs["same"], "DriftGate", "report").get_int_custom_property("drifted") == 0
