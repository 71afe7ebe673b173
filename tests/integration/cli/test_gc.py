# SPDX-License-Identifier: Apache-2.0
"""``penstock gc``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages


def test_what_goes_is_told_by_artifact_and_in_sum(project: Project) -> None:
    for first in (1, 2):
        project.run("--param", f"first={first}", "--run-id", f"r{first}")
    dry = project("gc", "--keep-last", 1, "--dry-run")
    assert dry.code == 0
    assert "would be removed: 2 artifacts and the logs of 1 run" in dry.out
    assert "kept of earlier runs: 1 artifact, in use by runs that are kept" in dry.out
    told = project("gc", "--keep-last", 1, "--dry-run", "--json").json
    assert {(item["node_id"], item["output"], item["run_id"]) for item in told["artifacts"]} == {
        ("a", "number", "r1"),
        ("ab", "total", "r1"),
    }
    real = project("gc", "--keep-last", 1, "--json").json
    assert real == {**told, "dry_run": False}
    assert not any(Path(item["uri"]).exists() for item in (*real["artifacts"], *real["folders"]))
    assert "nothing was removed" in project("gc", "--keep-last", 1).out


def test_lineage_and_the_run_go_on_telling_after_it(project: Project) -> None:
    for first in (1, 2):
        project.run("--param", f"first={first}", "--run-id", f"r{first}")
    total = project("show", "ab.total", "--run", "r1", "--json").json["id"]
    before = project("lineage", total).out
    project("gc", "--keep-last", 1)
    after = project("lineage", total).out
    assert after.replace(", removed", "") == before
    assert f"Integer {total}, removed" in after
    assert project("show", "r1").code == 0
    rerun = project.run("--param", "first=1", "--json")
    assert [node["state"] for node in rerun.json["nodes"]] == ["ran", "cached", "ran"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Missing option '--keep-last'"),
        (("--keep-last", "0"), "Invalid value for '--keep-last'"),
        (("--keep-last", "1", "--older-than", "soon"), "'soon' is no length of time"),
        (("--keep-last", "1", "--pipeline", "flaw"), "did you mean 'flow'?"),
    ],
)
def test_misuse_is_told(project: Project, arguments: tuple[str, ...], told: str) -> None:
    project.run()
    ended = project("gc", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert project("show", "latest").code == 0


def test_without_a_store_there_is_nothing_to_do(project: Project) -> None:
    ended = project("gc", "--keep-last", 1)
    assert ended.code == 2
    assert "there is no metadata store" in ended.err


def test_young_runs_and_other_pipelines_are_left(project: Project) -> None:
    for first in (1, 2):
        project.run("--param", f"first={first}")
    assert "nothing was removed" in project("gc", "--keep-last", 1, "--older-than", "1d").out
    assert "2 artifacts" in project("gc", "--keep-last", 1, "--older-than", "0m", "--pipeline", "flow").out
