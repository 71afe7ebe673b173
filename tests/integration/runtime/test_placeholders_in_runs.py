# SPDX-License-Identifier: Apache-2.0
"""Placeholders in parameters, predicates, Beam arguments and Importers, evaluated by the launcher."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from light.telling_functions import tell, values

from penstock.artifacts.standard import Model
from penstock.dsl.placeholder import placeholder as ph
from penstock.errors import NodeFailedError
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.system_nodes import Importer
from penstock.messages.trainer import TrainArgs
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport


def run(folder: Path, *nodes: BaseNode, beam_pipeline_args: Any = None, **parameters: Any) -> RunReport:
    report = LocalDagRunner().run(
        Pipeline(
            "p",
            str(folder / "root"),
            sqlite_metadata_connection_config(str(folder / "metadata.db")),
            components=nodes,
            beam_pipeline_args=beam_pipeline_args,
        ),
        **parameters,
    )
    assert report is not None
    return report


def told(folder: Path, node_id: str = "tell") -> Any:
    (file,) = (folder / "root" / node_id / "told").glob("*/value")
    return json.loads(file.read_text())


def test_values_of_other_nodes_reach_parameters_and_beam_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "there")
    made = values(folder=str(tmp_path))
    n, config = made.outputs["n"].future()[0].value, made.outputs["config"].future().value
    node = tell(
        text=ph.join(
            [
                "n=",
                n,
                " in ",
                ph.environment_variable("WHERE"),
                " of ",
                ph.execution_invocation().pipeline_info.id,
            ]
        ),
        args=ph.make_proto(TrainArgs(splits=["a"]), num_steps=n, splits=["b"]),
        items=[config["layers"][1], n, 7],
        thing=made.outputs["thing"],
    ).with_beam_pipeline_args(["text=" + ph.exec_property("text")])
    report = run(
        tmp_path, made, node, beam_pipeline_args=["rows=" + ph.environment_variable("WHERE"), "plain"]
    )
    assert report.state == "COMPLETE"
    text = "n=3 in there of p"
    assert told(tmp_path) == {"text": text, "splits": ["a", "b"], "num_steps": 3, "items": [4, 3, 7]}
    (task,) = (tmp_path / "root").glob(".runs/*/tell.log.*.task.json")
    assert json.loads(task.read_text())["beam_pipeline_args"] == ["rows=there", "plain", f"text={text}"]


def test_own_inputs_and_fields_of_a_mapping(tmp_path: Path) -> None:
    made = values(folder="x")
    node = tell(
        text=ph.dirname(ph.input("thing").uri),
        args={"num_steps": made.outputs["n"].future()[0].value, "splits": ["s"]},
        items=[ph.input("thing").custom_property("rows")],
        thing=made.outputs["thing"],
    )
    run(tmp_path, made, node)
    assert told(tmp_path) == {
        "text": str(tmp_path / "root/values/thing"),
        "splits": ["s"],
        "num_steps": 3,
        "items": [12],
    }


def test_predicates_and_importers(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "x").write_text("x")
    made = values(folder=str(tmp_path))
    layers = made.outputs["config"].future()[0].value["layers"]
    limit = RuntimeParameter("limit", int, 5)
    with Cond(ph.logical_or(layers[0] < 0, ph.logical_and(layers[0] > limit, layers[1] <= 4))):
        found = Importer(
            source_uri=ph.join_path(made.outputs["folder"].future()[0].value, "model"), artifact_type=Model
        )
    with Cond(made.outputs["thing"].future()[0].custom_property("missing") == 1):
        never = Importer(source_uri="/nowhere", artifact_type=Model).with_id("never")
    states = {node.node_id: node for node in run(tmp_path, made, found, never).nodes}
    assert states["Importer"].summary == str(tmp_path / "model")
    assert states["never"].state == "skipped"
    assert "values.thing[0].custom_property('missing') == 1" in states["never"].reason
    again = {node.node_id: node.state for node in run(tmp_path, made, found, never, limit=100).nodes}
    assert again["Importer"] == "skipped"


def test_a_condition_on_the_items_of_a_loop(tmp_path: Path) -> None:
    first, second = values(folder="a").with_id("first"), values(folder="b").with_id("second")
    with ForEach(first.outputs["thing"]) as thing, Cond(thing.future()[0].custom_property("rows") == 12):
        node = tell(
            text=thing.future()[0].uri,
            args=TrainArgs(num_steps=1),
            items=[second.outputs["n"].future()[0].value],
            thing=thing,
        )
    run(tmp_path, first, second, node)
    assert told(tmp_path)["text"].startswith(str(tmp_path / "root/first/thing"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            lambda made: made.outputs["n"].future()[1].uri,
            "values.n\\[1\\].uri has no value: index 1 is out of range.*got: 1 of them",
        ),
        (
            lambda made: made.outputs["config"].future()[0].value["depth"],
            "there is no item 'depth'.*known: layers",
        ),
        (
            lambda made: made.outputs["thing"].future()[0].custom_property("missing"),
            "parameter 'text' has no value.*custom_property\\('missing'\\)",
        ),
        (
            lambda made: made.outputs["config"].future()[0].value["layers"],
            "parameter 'text' has the wrong type.*str",
        ),
    ],
    ids=["index", "item", "nothing", "type"],
)
def test_what_has_no_value_fails_its_node_with_the_expression(
    text: Any, message: str, tmp_path: Path
) -> None:
    made = values(folder="x")
    node = tell(text=text(made), args=TrainArgs(), items=[], thing=made.outputs["thing"])
    with pytest.raises(NodeFailedError, match=message):
        run(tmp_path, made, node)
