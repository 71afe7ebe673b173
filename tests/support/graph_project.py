# SPDX-License-Identifier: Apache-2.0
"""A project with small scikit-learn models that multiply, rows to predict, and functions around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from projects import Ended, Project

FUNCTIONS = '''
"""Functions of graphs."""
import pyarrow as pa
import pyarrow.compute as pc


def add_city(batch, least=0):
    """Names a city by the rounded score."""
    codes = pc.cast(pc.round(batch.column("score")), pa.int64())
    return pa.RecordBatch.from_arrays([pc.max_element_wise(codes, least)], ["code"])


def even(batch):
    return pc.equal(pc.bit_wise_and(pc.cast(batch.column("x"), pa.int64()), 1), 0)


def label(batch):
    values = batch.column(batch.schema.get_field_index("prediction"))
    return pa.RecordBatch.from_arrays([pc.if_else(pc.greater(values, 40), "high", "low")], ["label"])


def doubled(batch):
    return pa.RecordBatch.from_arrays([pc.multiply(batch.column(batch.schema.get_field_index("x")), 2.0)], ["x"])


def picky(batch):
    if 7 in batch.column("x").to_pylist():
        raise ValueError("seven is not for me")
    return pa.RecordBatch.from_arrays([batch.column("x")], ["copied"])
'''


def save_model(folder: Path, factor: float) -> None:
    """Saves a linear model that predicts ``factor`` times ``x``."""
    import numpy as np
    from sklearn.linear_model import LinearRegression

    from penstock import models

    folder.mkdir(parents=True)
    fitted = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, factor]))
    models.save(fitted, str(folder), inputs=["x"], outputs=["prediction"])


def make_graph_project(root: Path, rows: int = 100) -> Project:
    """Makes the project; its models multiply by two, five and ten."""
    project = Project(root)
    for name, factor in (("two", 2.0), ("five", 5.0), ("ten", 10.0)):
        save_model(root / "models" / name, factor)
    project.write("rows.csv", "id,x\n" + "".join(f"r{i},{i}.0\n" for i in range(rows)))
    project.write("graph_functions.py", FUNCTIONS)
    return project


def models_text(*names: str) -> str:
    """Returns the section of a YAML file that declares models of the project."""
    return "models:\n" + "".join(f"  {name}: {{path: models/{name}, trusted: true}}\n" for name in names)


def infer(project: Project, text: str, *options: object, name: str = "graph.yaml") -> Ended:
    """Writes a YAML file and runs it in this process."""
    project.write(name, text)
    return project.cli("infer", name, "--in-process", *options)


def output(project: Project, ended: Ended, key: str) -> str:
    """Returns the folder of what GraphInferrer of a run that told JSON has put out."""
    made = {
        artifact["output"]: artifact["uri"]
        for artifact in ended.json["artifacts"]
        if artifact["node_id"] == "GraphInferrer"
    }
    return str(made[key])


def rows_of(folder: str) -> list[dict[str, Any]]:
    """Returns the rows of a folder's Parquet files, in order."""
    return [row for path in sorted(Path(folder).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
