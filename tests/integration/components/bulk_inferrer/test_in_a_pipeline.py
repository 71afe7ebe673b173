# SPDX-License-Identifier: Apache-2.0
"""BulkInferrer behind a Trainer and a gate, in whole runs with a metadata store."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from projects import Project

pytestmark = pytest.mark.integration

PIPELINE = """
from penstock.components import BulkInferrer, CsvExampleGen, Trainer
from penstock.artifacts.standard import Model, ModelBlessing
from penstock.dsl import Pipeline
from penstock.inference import InferenceConfig, ModelSettings, SinkSpec
from components.gate.component import Gate


def create_pipeline(
    blessed: int = 1, data: str = "data", allowed: float = 0.0, carry: str = "n", sink: str = ""
) -> Pipeline:
    examples = CsvExampleGen(input_base=data)
    trainer = Trainer(examples=examples.outputs["examples"], module_file="modules/line.py")
    gate = Gate(model=trainer.outputs["model"], blessed=blessed)
    config = InferenceConfig(
        key="n",
        outputs={"prediction": "y"},
        carry=tuple(carry.split(",")),
        postprocess="modules.line.rounded",
        max_failed_fraction=allowed,
        sinks=(SinkSpec(url=sink, table="predictions"),) if sink else (),
    )
    inferrer = BulkInferrer(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        model_blessing=gate.outputs["blessing"],
        data_spec={"example_splits": ["eval"]},
        inference_config=config,
    )
    return Pipeline("line", components=[examples, trainer, gate, inferrer], enable_cache=True)
"""

MODULE = """
import numpy as np
import pyarrow as pa
from sklearn.linear_model import LinearRegression

from penstock import models


def run_fn(fn_args):
    x = np.arange(20.0).reshape(-1, 1)
    model = LinearRegression().fit(x, 5 * x[:, 0])
    models.save(model, fn_args.serving_model_dir, inputs=["x"])


def rounded(batch):
    values = batch.column(batch.schema.get_field_index("y")).to_numpy(zero_copy_only=False)
    if (values > 1e5).any():
        raise ValueError("this is too far out")
    return pa.RecordBatch.from_arrays([pa.array(np.round(values, DIGITS))], ["rounded"])


DIGITS = 3
"""

GATE = '''
from dataclasses import dataclass

from penstock.artifacts.standard import Model, ModelBlessing
from penstock.authoring import BaseComponent


@dataclass(frozen=True, slots=True)
class Inputs:
    model: Model


@dataclass(frozen=True, slots=True)
class Outputs:
    blessing: ModelBlessing


@dataclass(frozen=True, slots=True)
class Parameters:
    blessed: int


class Gate(BaseComponent):
    """Blesses a model as it is told to."""

    Inputs, Outputs, Parameters = Inputs, Outputs, Parameters
    EXECUTOR = "components.gate.executor:GateExecutor"
    PUBLISHER = "components.gate.publisher:GatePublisher"

    def __init__(self, model, blessed):
        super().__init__(inputs={"model": model}, parameters={"blessed": blessed})
'''

EXECUTOR = """
from penstock.runtime.roles import Executor


class GateExecutor(Executor):
    def execute(self, work):
        return None
"""

PUBLISHER = """
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class GatePublisher(Publisher):
    def describe(self, work, result):
        verdict = {"blessed": work.parameters.blessed, "reasons": "told so"}
        return Record(artifacts={"blessing": [ArtifactRecord(custom_properties=verdict)]})
"""

ROWS = "n,x\n" + "".join(f"{i},{i / 4}\n" for i in range(600))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("pipelines/line.py", PIPELINE)
    made.write("modules/line.py", MODULE)
    made.write("components/gate/component.py", GATE)
    made.write("components/gate/executor.py", EXECUTOR)
    made.write("components/gate/publisher.py", PUBLISHER)
    made.write("data/rows.csv", ROWS)
    return made


def run(project: Project, **parameters: Any) -> Any:
    given = [f"--param={name}={value}" for name, value in parameters.items()]
    return project.cli("run", "pipelines/line.py", *given, "--in-process", "--json")


def node(ended: Any, name: str = "BulkInferrer") -> dict[str, Any]:
    (found,) = [one for one in ended.json["nodes"] if one["node_id"] == name]
    return found


def outputs(project: Project, key: str) -> list[Any]:
    with project.store() as store:
        (execution, *_) = store.executions_of_node("line", "BulkInferrer")
        return store.outputs_of(execution.id).get(key, [])


def test_a_blessed_model_predicts_and_an_unchanged_rerun_is_cached(project: Project) -> None:
    import pyarrow.parquet as pq

    ended = run(project)
    assert ended.code == 0, ended.err
    (result,) = outputs(project, "inference_result")
    rows = pq.read_table(result.uri).to_pylist()
    with project.store() as store:
        (trained,) = store.newest_artifacts("Model", pipeline="line")
        (made,) = store.list_runs("line")
    assert len(rows) == node(ended)["rows"] > 100
    assert all(row["rounded"] == row["n"] * 5 / 4 for row in rows)
    assert {row["model_id"] for row in rows} == {trained.id}
    assert {row["model_version"] for row in rows} == {made.run_id}
    assert set(rows[0]) == {"n", "rounded", "model_id", "model_version"}
    assert node(ended)["summary"] == f"by model {trained.id} (sklearn, cpu)"
    assert result.get_int_custom_property("predicted_rows") == len(rows)
    assert set(result.get_json_value_custom_property("latency_ms")) == {"50", "95", "99"}
    assert result.get_float_custom_property("load_seconds") > 0
    told = project.cli("show", "BulkInferrer.inference_result").out
    assert f"model {trained.id} (sklearn, cpu), version {made.run_id}; " in told
    assert re.search(r"^ +n +rounded +model_id +model_version$", told, re.M)
    (letters,) = outputs(project, "dead_letters")
    assert list(Path(letters.uri).iterdir()) == []
    again = run(project)
    assert {one["node_id"]: one["state"] for one in again.json["nodes"]} == dict.fromkeys(
        ("CsvExampleGen", "Trainer", "Gate", "BulkInferrer"), "cached"
    )


def test_an_edited_postprocess_function_runs_again(project: Project) -> None:
    import pyarrow.parquet as pq

    run(project)
    # The Trainer's module is another one, so that only the function that BulkInferrer calls has changed.
    project.write("modules/rounding.py", MODULE.replace("DIGITS = 3", "DIGITS = -1"))
    source = PIPELINE.replace("modules.line.rounded", "modules.rounding.rounded")
    project.write("pipelines/line.py", source)
    ended = run(project)
    assert node(ended, "Trainer")["state"] == "cached"
    assert node(ended)["state"] == "ran"
    project.write("modules/rounding.py", MODULE.replace("DIGITS = 3", "DIGITS = 0"))
    ended = run(project)
    assert node(ended, "Trainer")["state"] == "cached"
    assert node(ended)["state"] == "ran"
    (result,) = outputs(project, "inference_result")
    rows = pq.read_table(result.uri).to_pylist()
    assert all(row["rounded"] == int(row["rounded"]) for row in rows)
    assert all(abs(row["rounded"] - row["n"] * 5 / 4) < 0.501 for row in rows)
    assert node(run(project))["state"] == "cached"


def test_a_model_that_is_not_blessed_is_not_asked(project: Project) -> None:
    ended = run(project, blessed=0)
    assert ended.code == 0
    assert node(ended)["state"] == "skipped"
    assert node(ended)["reason"] == "nothing predicted: the model is not blessed: told so"


def test_a_blessing_that_never_came_skips(project: Project) -> None:
    source = PIPELINE.replace(
        'gate = Gate(model=trainer.outputs["model"], blessed=blessed)',
        "from penstock import dsl\n"
        "    gate = dsl.Resolver(\n"
        "        strategy_class=dsl.experimental.LatestArtifactStrategy,\n"
        "        blessing=dsl.Channel(type=ModelBlessing),\n"
        "    )",
    )
    project.write("pipelines/line.py", source)
    ended = run(project)
    assert node(ended)["state"] != "ran", ended.out
    assert "blessing" in node(ended)["reason"]


def test_too_many_failed_rows_publish_dead_letters_and_nothing_else(project: Project, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    database = f"sqlite:///{tmp_path}/sink.db"
    project.write("data/rows.csv", ROWS + "600,1e9\n601,2e9\n602,3e9\n603,4e9\n604,5e9\n605,6e9\n")
    ended = run(project, sink=database)
    assert ended.code == 1
    failed = node(ended)
    assert failed["state"] == "failed"
    assert "rows failed, and max_failed_fraction is 0: " in failed["reason"]
    assert "this is too far out" in failed["reason"]
    assert not outputs(project, "inference_result")
    (letters,) = outputs(project, "dead_letters")
    rows = pq.read_table(letters.uri).to_pylist()
    assert {row["stage"] for row in rows} == {"postprocess"}
    assert {int(row["key"]) for row in rows} <= set(range(600, 606))
    assert json.loads(rows[0]["row"])["x"] >= 1e9
    assert letters.get_int_custom_property("rows") == len(rows) > 0
    told = project.cli("show", "BulkInferrer.dead_letters").out
    assert "modules.line.rounded raised ValueError: this is too far out" in told
    assert '"x": ' in told
    assert not Path(tmp_path, "sink.db").exists() or not tables(Path(tmp_path, "sink.db"))
    project.check_tidy("line")

    again = run(project, sink=database)
    assert node(again)["state"] == "failed"
    with project.store() as store:
        states = [e.state for e in store.executions_of_node("line", "BulkInferrer")]
    assert states == ["COMPLETE", "COMPLETE"]  # it was tried again, not answered from the cache

    allowed = run(project, sink=database, allowed=0.1)
    assert allowed.code == 0
    good = node(allowed)["rows"] - len(rows)
    assert f"{len(rows)} failed, {good} to" in node(allowed)["summary"]
    with sqlite3.connect(tmp_path / "sink.db") as connection:
        assert connection.execute("select count(*), count(distinct n) from predictions").fetchone() == (
            good,
            good,
        )
    (result,) = outputs(project, "inference_result")
    assert pq.read_table(result.uri).num_rows == good


def tables(database: Path) -> list[Any]:
    with sqlite3.connect(database) as connection:
        return connection.execute("select name from sqlite_master").fetchall()
