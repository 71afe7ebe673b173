# SPDX-License-Identifier: Apache-2.0
"""``run-node``, as a scheduler calls it."""

from __future__ import annotations

from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages


@pytest.fixture
def compiled(project: Project) -> Project:
    assert project("compile", "pipelines/flow.py", "-o", "ir.json").code == 0
    return project


def task(project: Project, node: str, *arguments: str, run: str = "remote") -> Any:
    return project("run-node", "--ir", "ir.json", "--node", node, "--run-id", run, *arguments)


@pytest.mark.parametrize("where", [[], ["--in-process"]])
def test_a_run_goes_node_by_node(compiled: Project, where: list[str]) -> None:
    for node in ("a", "b"):
        assert task(compiled, node, *where).code == 0
    last = task(compiled, "ab", "--json", *where)
    assert last.code == 0
    assert (last.json["state"], last.json["summary"]) == ("ran", "= 21")
    again = task(compiled, "ab", *where)
    assert again.code == 0
    assert "same as execution" in again.out
    assert compiled("show", "ab.total", "--json").json["custom_properties"]["value"] == 21


def test_a_runtime_parameter_is_given_to_the_task(compiled: Project) -> None:
    assert task(compiled, "b", "--param", "second=4", "--json", "--in-process").json["summary"] == "= 4"
    assert task(compiled, "b", "--param", "third=4").code == 1


def test_a_skip_is_99_and_a_failure_1(project: Project) -> None:
    project("compile", "pipelines/flow.py", "--param", "behaviour=skip", "-o", "ir.json")
    assert task(project, "b").code == 99
    assert task(project, "a", "--in-process").code == 0
    downstream = task(project, "ab")
    assert (downstream.code, "b was skipped: told to" in downstream.out) == (99, True)
    project("compile", "pipelines/flow.py", "--param", "behaviour=raise", "-o", "ir.json")
    failed = task(project, "b", run="other")
    assert failed.code == 1
    assert failed.err.startswith("Traceback (most recent call last):")
    assert "error: b: NumberExecutor.execute raised ValueError: the number is cursed" in failed.err
    assert "  log: " in failed.err


def test_a_node_before_its_time_and_one_that_is_not_there(compiled: Project) -> None:
    early = task(compiled, "ab")
    assert early.code == 1
    assert "a has not run in run remote" in early.err
    assert "did you mean 'ab'?" in task(compiled, "abc").err


def test_an_ir_that_is_none_is_refused(project: Project) -> None:
    project.write("ir.json", "{}")
    ended = task(project, "a")
    assert ended.code == 1
    assert ended.err.startswith("error: this is not a pipeline's IR")
    missing = project("run-node", "--ir", "none.json", "--node", "a", "--run-id", "r")
    assert (missing.code, "none.json" in missing.err) == (1, True)
