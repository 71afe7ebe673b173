# SPDX-License-Identifier: Apache-2.0
"""``penstock run --resume`` of a pipeline with loops, conditions, a sub-pipeline and an exit handler."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages

FLOW = """
from light.component import Add, Number
from light.telling import Tell
from penstock.dsl import Cond, Pipeline
from penstock.graph.channel import UnionChannel
from penstock.graph.pipeline import PipelineInputs
from penstock.graph.placeholder import Placeholder
from penstock.graph.scopes import ForEach


def create_pipeline(behaviour: str = "", folder: str = "", told: str = "") -> Pipeline:
    numbers = [Number(n).with_id(f"n{n}") for n in (1, 2, 3)]
    with ForEach(UnionChannel([n.outputs["number"] for n in numbers])) as each:
        made = Number(10, folder=folder, after=each).with_id("made")
        with Cond(made.outputs["number"].future()[0].custom_property("value") > 5):
            kept = Number(20, after=made.outputs["number"]).with_id("kept")
        with Cond(made.outputs["number"].future()[0].custom_property("value") > 50):
            never = Number(30, after=made.outputs["number"]).with_id("never")
    inputs = PipelineInputs({"numbers": kept.outputs["number"]})
    total = Add(inputs["numbers"]).with_id("total")
    last = Number(7, behaviour, folder=folder, after=total.outputs["total"]).with_id("last")
    inner = Pipeline("inner", components=[total, last], inputs=inputs, outputs={"sum": total.outputs["total"]})
    end = Add([inner.outputs["sum"]]).with_id("end")
    handler = Tell(Placeholder("run", value="status"), told).with_id("handler")
    return Pipeline("controlled", components=[*numbers, made, kept, never, inner, end], exit_handler=handler)
"""


@pytest.fixture
def flow(project: Project, tmp_path: Path) -> list[object]:
    project.write("pipelines/controlled.py", FLOW)
    (tmp_path / "marks").mkdir()
    given = ["--param", f"folder={tmp_path / 'marks'}", "--param", f"told={tmp_path / 'told'}"]
    return ["pipelines/controlled.py", *given]


def wait_for(folder: Path, pattern: str) -> None:
    deadline = time.monotonic() + 60
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def check_resumed(ended: Any, tmp_path: Path) -> None:
    assert ended.code == 0, ended.err
    states = {node["node_id"]: node["state"] for node in ended.json["nodes"]}
    assert states == {
        "n1": "cached", "n2": "cached", "n3": "cached", "made": "cached", "kept": "cached", "never": "skipped",
        "inner.total": "cached", "inner.last": "ran", "end": states["end"], "handler": "ran",
    }  # fmt: skip
    assert states["end"] in ("ran", "cached")  # it does not wait for inner.last
    assert len(list((tmp_path / "marks").glob("made-*"))) == 3  # no item was done twice
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert told[-1]["state"] == "SUCCEEDED"


def test_a_run_that_was_killed_goes_on_where_it_stood(
    project: Project, flow: list[object], tmp_path: Path
) -> None:
    running = project.start("run", *flow, "--param", "behaviour=hang")
    wait_for(tmp_path / "marks", "inner.last-*")
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=60)
    ended = project("run", *flow, "--resume", "latest", "--param", "behaviour=", "--json")
    check_resumed(ended, tmp_path)


def test_a_run_that_failed_goes_on_and_its_exit_handler_is_told_of_the_new_end(
    project: Project, flow: list[object], tmp_path: Path
) -> None:
    assert project("run", *flow, "--param", "behaviour=raise").code == 1
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert [status["state"] for status in told] == ["FAILED"]
    ended = project("run", *flow, "--resume", "latest", "--param", "behaviour=", "--json")
    check_resumed(ended, tmp_path)


def test_a_run_that_was_cancelled_goes_on(project: Project, flow: list[object], tmp_path: Path) -> None:
    running = project.start("run", *flow, "--param", "behaviour=hang")
    wait_for(tmp_path / "marks", "inner.last-*")
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130
    states = {node["node_id"]: node["state"] for node in project("show", "latest", "--json").json["nodes"]}
    assert states["inner.last"] == "cancelled"
    ended = project("run", *flow, "--resume", "latest", "--param", "behaviour=", "--json")
    check_resumed(ended, tmp_path)
