# SPDX-License-Identifier: Apache-2.0
"""GraphInferrer behind the nodes that make its models and examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from graph_project import output, rows_of
from projects import Project

pytestmark = pytest.mark.integration

PIPELINE = '''
"""Two models trained on the same examples, and compared on what was held out."""
from penstock.components import CsvExampleGen, GraphInferrer, Trainer
from penstock.dsl import Pipeline
from penstock.inference import InferenceGraph, ModelStep, Step


def create_pipeline(graph: str = "") -> Pipeline:
    examples = CsvExampleGen(input_base="data")
    trainers = {
        name: Trainer(
            examples=examples.outputs["examples"], module_file="modules/fit.py", custom_config={"factor": factor}
        ).with_id(f"Trainer-{name}")
        for name, factor in (("plain", 1), ("double", 2))
    }
    steps = InferenceGraph(
        (
            Step("a", model=ModelStep("plain")),
            Step("b", model=ModelStep("double")),
            Step("both", ("a", "b")),
        ),
        key="id",
    )
    inferrer = GraphInferrer(
        graph or steps,
        {name: trainer.outputs["model"] for name, trainer in trainers.items()},
        examples=examples.outputs["examples"],
        data_spec={"example_splits": ["eval"]},
    )
    return Pipeline("compared", components=[examples, *trainers.values(), inferrer], enable_cache=True)
'''

FIT = """
import numpy as np
from sklearn.linear_model import LinearRegression
from penstock import models


def run_fn(fn_args):
    factor = fn_args.custom_config["factor"]
    fitted = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, factor]))
    models.save(fitted, fn_args.serving_model_dir, inputs=["x"], outputs=["prediction"])
"""

GRAPH = """
key: id
models:
  plain: {batch_rows: 10}
steps:
  a: {model: plain}
  b: {model: double}
  both: {from: [a, b]}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("in_a_pipeline") / "project")
    made.write("pipelines/compared.py", PIPELINE)
    made.write("modules/fit.py", FIT)
    made.write("configs/inference/both.yaml", GRAPH)
    made.write("data/rows.csv", "id,x\n" + "".join(f"{i},{i}.5\n" for i in range(300)))
    return made


@pytest.mark.parametrize("graph", ["", "configs/inference/both.yaml"])
def test_models_that_this_run_has_trained_are_compared_on_a_split(project: Project, graph: str) -> None:
    ended = project.cli("run", "pipelines/compared.py", "--in-process", "--json", "--param", f"graph={graph}")
    assert ended.code == 0, ended.err
    rows = rows_of(output(project, ended, "inference_result"))
    eval_rows = next(a["uri"] for a in ended.json["artifacts"] if a["type"] == "Examples")
    held_out = [row["id"] for row in rows_of(str(Path(eval_rows) / "Split-eval"))]
    assert [row["id"] for row in rows] == held_out
    assert 50 < len(held_out) < 150
    made = {a["node_id"]: a["id"] for a in ended.json["artifacts"] if a["type"] == "Model"}
    for row in rows:
        assert row["a_prediction"] == pytest.approx(row["x"], abs=1e-2)
        assert row["b_prediction"] == pytest.approx(2 * row["x"], abs=1e-2)
        assert (row["a_model_id"], row["b_model_id"]) == (made["Trainer-plain"], made["Trainer-double"])


def test_an_unchanged_run_is_all_cached(project: Project) -> None:
    run = ("run", "pipelines/compared.py", "--in-process", "--json")
    assert project.cli(*run).code == 0
    ended = project.cli(*run)
    assert {node["state"] for node in ended.json["nodes"]} == {"cached"}
