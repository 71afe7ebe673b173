# SPDX-License-Identifier: Apache-2.0
"""A Trainer whose module trains with scikit-learn or PyTorch: its process loads neither TensorFlow nor Beam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import Project

PIPELINE = """
from penstock.components import CsvExampleGen, Trainer
from penstock.dsl import Pipeline


def create_pipeline():
    rows = CsvExampleGen(input_base="data")
    return Pipeline("lines", components=[rows, Trainer(examples=rows.outputs["examples"], module_file="train.py")])
"""
ROWS = "x,y\n" + "".join(f"{x},{3 * x + 1}\n" for x in range(60))

SKLEARN = """
import sys

from penstock import models
from sklearn.linear_model import LinearRegression


def run_fn(fn_args):
    rows = fn_args.data_accessor.read_pandas(fn_args.train_files)
    batches = fn_args.data_accessor.pandas_batches(fn_args.eval_files, OPTIONS)
    model = LinearRegression().fit(rows[["x"]], rows["y"])
    models.save(model, fn_args.serving_model_dir)
    worst = max(abs(model.predict(batch[["x"]]) - batch["y"]).max() for batch in batches)
    return {"worst": worst, "loaded": len({"tensorflow", "apache_beam"} & set(sys.modules))}
"""

PYTORCH = """
import sys

import torch
from network import Line
from penstock import models


def run_fn(fn_args):
    torch.manual_seed(1)
    model, worst = Line(), 0.0
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")
    (batch,) = fn_args.data_accessor.torch_dataset(fn_args.train_files, OPTIONS)
    x, y = batch["x"].float(), batch["y"].float()

    def loss():
        optimizer.zero_grad()
        value = torch.nn.functional.mse_loss(model(x), y)
        value.backward()
        return value

    optimizer.step(loss)
    models.save(model, fn_args.serving_model_dir, inputs=["x"])
    worst = float((model(x) - y).abs().max())
    return {"worst": worst, "loaded": len({"tensorflow", "apache_beam"} & set(sys.modules))}
"""

NETWORK = """
import torch


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x.reshape(-1, 1)).reshape(-1)
"""
OPTIONS = """
from penstock.data import RecordBatchesOptions

OPTIONS = RecordBatchesOptions(1000, num_epochs=1)
"""


@pytest.mark.parametrize(
    ("module", "flavor"),
    [
        pytest.param(SKLEARN, "sklearn", id="sklearn"),
        pytest.param(PYTORCH, "pytorch", id="pytorch", marks=pytest.mark.pytorch),
    ],
)
def test_training_loads_no_tensorflow(tmp_path: Path, module: str, flavor: str) -> None:
    pytest.importorskip({"sklearn": "sklearn", "pytorch": "torch"}[flavor])
    project = Project(tmp_path / "project")
    project.write("pipeline.py", PIPELINE)
    project.write("train.py", module + OPTIONS)
    project.write("network.py", NETWORK)
    project.write("data/rows.csv", ROWS)
    ended = project.process("run", "pipeline.py", "--json")
    assert ended.code == 0, ended.err
    shown = project.process("show", "Trainer.model", "--json")
    properties = json.loads(shown.out)["custom_properties"]
    metrics = properties["metrics"]
    assert metrics["loaded"] == 0
    assert metrics["worst"] < 0.01
    assert properties["flavor"] == flavor
