# SPDX-License-Identifier: Apache-2.0
"""``penstock run --from … --to … --base-run …``, and ``--resume`` without more to say."""

from __future__ import annotations

from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages

PROGRAM = """
from light.component import Add, Number
from penstock.dsl import Pipeline
from penstock.orchestration import LocalDagRunner
from penstock.orchestration.pipeline import RunOptions

if __name__ == "__main__":
    a = Number(1).with_id("a")
    b = Add([a.outputs["number"]]).with_id("b")
    pipeline = Pipeline("program", components=[a, b])
    LocalDagRunner().run(pipeline, run_options=RunOptions(from_nodes=["b"]))
"""


def states(ended: Any) -> dict[str, str]:
    return {node["node_id"]: node["state"] for node in ended.json["nodes"]}


def test_a_part_runs_on_the_latest_run(project: Project) -> None:
    project.run("--param", "first=5", "--run-id", "r1")
    project.run("--param", "first=7", "--run-id", "r2")
    ended = project.run("--from", "ab", "--param", "first=7", "--json")
    assert (ended.code, states(ended)) == (0, {"a": "cached", "b": "cached", "ab": "cached"})
    ended = project.run("--from", "ab", "--base-run", "r1", "--param", "first=7")
    assert "taken from run r1" in ended.out
    first = project.run("--to", "a, b", "--param", "first=9", "--json")
    assert states(first) == {"a": "ran", "b": "cached", "ab": "not run"}
    assert first.code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "abb"), "pipeline flow has no node 'abb' to run from"),
        (("--to", "a,,b"), "--to names no node"),
        (("--from", "ab", "--to", "a"), "there is nothing to run"),
        (("--base-run", "r1"), "--base-run is for a run of a part"),
        (("--from", "ab", "--base-run", "r9"), "pipeline flow has no run 'r9' to take results from"),
        (("--from", "ab", "--resume", "r1"), "--resume goes on with the part that the run has begun with"),
    ],
)
def test_misuse_is_told_before_anything_runs(project: Project, arguments: tuple[str, ...], told: str) -> None:
    project.run("--run-id", "r1")
    ended = project.run(*arguments)
    assert ended.code == 2
    assert told in ended.err
    assert [run["run_id"] for run in project("runs", "--json").json] == ["r1"]


def test_what_a_program_asks_of_its_runner_holds_here_too(project: Project) -> None:
    project.write("program.py", PROGRAM)
    ended = project.run(flow="program.py")
    assert ended.code == 2
    assert "pipeline program has not run yet, so there is nothing to take a from" in ended.err
    whole = project.run("--to", "b", "--run-id", "whole", "--json", flow="program.py")
    assert states(whole) == {"a": "ran", "b": "ran"}
    part = project.run("--json", flow="program.py")
    assert states(part) == {"a": "cached", "b": "ran"}


def test_the_latest_run_that_did_not_complete_is_resumed(project: Project) -> None:
    project.run("--run-id", "done")
    project.run("--param", "behaviour=raise", "--param", "first=4", "--run-id", "broken")
    project.write(
        "pipelines/other.py", (project.root / "pipelines/flow.py").read_text().replace('"flow"', '"other"')
    )
    project.run("--param", "behaviour=raise", "--run-id", "others", flow="pipelines/other.py")
    ended = project.run("--resume", "latest", "--param", "behaviour=", "--json")
    assert ended.code == 0
    assert ended.json["run_id"] == "broken"
    assert states(ended) == {"a": "cached", "b": "cached", "ab": "ran"}
    again = project.run("--resume", "latest")
    assert again.code == 2
    assert "no run of pipeline flow is to be resumed" in again.err
