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


LOOP = """
from light.steps import Step
from penstock.dsl import Pipeline
from penstock.dsl.control_flow.for_each import ForEach


def create_pipeline(odd: str = "", count: int = 3) -> Pipeline:
    source = Step(10, count=count).with_id("source")
    with ForEach(source.outputs["many"]) as number:
        each = Step(0, needs=[number], odd=odd).with_id("each")
    total = Step(0, needs=[each.outputs["out"]]).with_id("total")
    return Pipeline("loop", components=[source, each, total])
"""


def looping(project: Project, *arguments: str) -> None:
    project.write("pipelines/loop.py", LOOP)
    assert project("compile", "pipelines/loop.py", "-o", "ir.json", *arguments).code == 0


def test_a_node_in_a_loop_runs_for_all_its_items_or_for_one(project: Project) -> None:
    looping(project)
    assert task(project, "source").code == 0
    whole = task(project, "each", "--json")
    assert whole.code == 0
    assert (whole.json["state"], whole.json["summary"]) == ("ran", "3 items")
    assert [(item["item"], item["summary"]) for item in whole.json["items"]] == [
        ("0", "= 10"),
        ("1", "= 11"),
        ("2", "= 12"),
    ]
    one = task(project, "each", "--item", "1", "--in-process")
    assert (one.code, one.out.splitlines()[-1].split()[:2]) == (0, ["each[1]", "ran"])
    assert task(project, "total", "--json").json["summary"] == "= 33"
    shown = project("show", "remote", "--json").json
    assert [node["summary"] for node in shown["nodes"]] == ["= 10", "3 items", "= 33"]


def test_items_that_fail_make_the_task_fail_and_are_mended_by_themselves(project: Project) -> None:
    odd = project.write("odd", "")
    looping(project, "--param", f"odd={odd}")
    task(project, "source")
    failed = task(project, "each")
    assert failed.code == 1
    assert "each  failed  " in failed.out
    assert "error: each[1]: StepExecutor.execute raised ValueError: 11 is odd" in failed.err
    assert "each@1.log" in failed.err
    assert task(project, "total").code == 1
    odd.unlink()
    assert task(project, "each", "--item", "1").code == 0
    assert task(project, "total", "--json").json["summary"] == "= 33"


def test_a_loop_over_nothing_is_99(project: Project) -> None:
    looping(project, "--param", "count=0")
    task(project, "source")
    assert (task(project, "each").code, task(project, "total").code) == (99, 99)


def test_an_item_that_is_none_is_refused(project: Project) -> None:
    looping(project)
    task(project, "source")
    deep = task(project, "each", "--item", "1.2")
    assert deep.code == 2
    assert "1.2 is no item of each" in deep.err
    none = task(project, "source", "--item", "1")
    assert "no --item: it is in no loop" in none.err
    late = task(project, "each", "--item", "7")
    assert late.code == 2
    assert "there is no each[7]" in late.err
    assert "expected: a number below 3, the count of items of ForEach_1" in late.err
