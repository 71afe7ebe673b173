# SPDX-License-Identifier: Apache-2.0
"""Loops, gathering, dynamic parameters, a sub-pipeline and an exit handler, in TFX's spelling, as they really run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import joblib
import pytest
from ported import Port, port, write_csv

pytestmark = pytest.mark.e2e

ISLANDS = ("Biscoe", "Dream", "Torgersen")


@pytest.fixture(scope="module")
def islands(tmp_path_factory: pytest.TempPathFactory, penguins: list[list[str]]) -> Port:
    """The pipeline, once run to its end."""
    folder = tmp_path_factory.mktemp("islands")
    header, *birds = penguins
    for number, island in enumerate(ISLANDS):
        write_csv(folder / "data" / island / "penguins.csv", [header, *birds[number :: len(ISLANDS)]])
    made = port("islands", folder, program="islands_pipeline.py", metadata="metadata.db", pipeline="islands")
    done = made.start(made.program, ISLANDS_ROOT=str(folder))
    assert done.returncode == 0, done.stderr
    return made


def told(islands: Port) -> dict[str, Any]:
    """Returns what the exit handler was told last."""
    found: dict[str, Any] = json.loads((islands.folder / "told.jsonl").read_text().splitlines()[-1])
    return found


def test_a_model_is_trained_for_each_item_and_all_are_gathered(islands: Port) -> None:
    ended = islands.last_run()
    assert [item.state for item in ended["Trainer"].items] == ["ran"] * 3
    with islands.store() as store:
        made_from = []
        for item in ended["Trainer"].items:
            assert item.execution_id is not None
            (examples,) = store.inputs_of(item.execution_id)["examples"]
            made_from.append(Path(examples.uri).parts[-3])
        chosen = ended["ChooseBest"].execution_id
        assert chosen is not None
        taken = store.inputs_of(chosen)
    assert made_from == list(ISLANDS)
    assert [len(taken[key]) for key in ("models", "leaves")] == [3, 3]


def test_the_best_of_all_items_goes_through_the_sub_pipeline(islands: Port) -> None:
    (best,) = islands.outputs("ChooseBest")["best"]
    (version,) = os.listdir(islands.folder / "serving_model")
    served = joblib.load(islands.folder / "serving_model" / version / "model.joblib")
    trees = [
        joblib.load(path)
        for path in (islands.folder / "pipelines" / "Trainer" / "model").rglob("model.joblib")
    ]
    assert len(trees) == 3
    assert served.get_n_leaves() == max(tree.get_n_leaves() for tree in trees)
    assert best.get_int_custom_property("place") in range(3)
    (pushed,) = islands.outputs("publishing.Pusher")["pushed_model"]
    with islands.store() as store:
        made_from = store.lineage(pushed.id, "up", max_hops=12)
    sources = {a.id for a in made_from.artifacts.values() if a.type_name == "Examples"}
    assert len(sources) == 3


def test_a_parameter_is_what_another_node_has_made(islands: Port) -> None:
    (most,) = islands.outputs("ChooseBest")["most"]
    execution = islands.last_run()["Check"].execution_id
    assert execution is not None
    with islands.store() as store:
        (check,) = store.executions([execution])
    assert check.properties["leaves"] == int(Path(most.uri).read_text())
    assert check.properties["at_most"] == 100


def test_the_exit_handler_is_told_of_success(islands: Port) -> None:
    assert islands.last_run()["Tell"].state == "ran"
    assert told(islands)["state"] == "SUCCEEDED"


def test_the_exit_handler_is_told_of_a_failure_and_nothing_after_it_is_pushed(islands: Port) -> None:
    before = os.listdir(islands.folder / "serving_model")
    command = ("-m", "penstock", "run", islands.program, "--param", "at_most=1")
    done = islands.start(*command, ISLANDS_ROOT=str(islands.folder))
    assert done.returncode == 1
    assert "leaves are more than 1" in done.stderr
    ended = islands.last_run()
    assert {name: result.state for name, result in ended.items()} == {
        **dict.fromkeys(ISLANDS, "cached"),
        "Trainer": "cached",
        "CountLeaves": "cached",
        "ChooseBest": "cached",
        "Check": "failed",
        "publishing.Pusher": "not run",
        "Tell": "ran",
    }
    assert ended["publishing.Pusher"].reason == "Check failed"
    status = told(islands)
    assert status["state"] == "FAILED"
    assert status["pipelineTaskName"] == "Check"
    assert "leaves are more than 1" in status["error"]["message"]
    assert os.listdir(islands.folder / "serving_model") == before


def test_the_lineage_of_the_best_names_all_its_data_once(islands: Port) -> None:
    done = islands.start("-m", "penstock", "lineage", "ChooseBest.best", "--metadata", islands.metadata)
    assert done.returncode == 0, done.stderr
    summary = done.stdout.partition("step by step")[0]
    for island in ISLANDS:
        assert summary.count(f"  data    {island}: ") == 1
    assert summary.count("  code    Trainer: ") == 1
    assert summary.count("  with    Trainer: custom_config") == 1
