# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from penstock.ir.document import from_json

Project = Any  # the fixture's class; test folders are no packages


def test_the_ir_is_printed_with_parameters_as_placeholders(project: Project) -> None:
    ended = project(
        "compile", "pipelines/flow.py", "--param", "first=4", "--pipeline-root", "gs://bucket/root"
    )
    assert ended.code == 0
    ir = from_json(ended.out)
    assert (ir.name, ir.root, ir.project_root) == ("flow", "gs://bucket/root", str(project.root))
    assert ir.node("a").parameters["value"].constant == 4
    assert ir.node("b").parameters["value"].runtime_parameter == "second"
    assert not (project.root / ".penstock").exists()


def test_a_runtime_parameter_that_is_given_becomes_the_default(project: Project) -> None:
    ir = from_json(project("compile", "pipelines/flow.py", "--param", "second=7").out)
    assert ir.runtime_parameters["second"].default == 7
    assert project("compile", "pipelines/flow.py", "--param", "second=x").code == 2


def test_pictures_and_files(project: Project) -> None:
    assert "flowchart TD" in project("compile", "pipelines/flow.py", "--format", "mermaid").out
    ended = project("compile", "pipelines/flow.py", "--format", "dot", "-o", "flow.dot")
    assert (ended.code, ended.out) == (0, "")
    assert (project.root / "flow.dot").read_text().startswith('digraph "flow" {')


def test_a_relative_metadata_path_of_the_pipeline_starts_at_the_project(project: Project) -> None:
    source = (project.root / "pipelines/flow.py").read_text()
    source = source.replace(
        "enable_cache=True", "metadata_connection_config=sqlite_metadata_connection_config('db/m.db')"
    )
    header = "from penstock.orchestration.metadata import sqlite_metadata_connection_config\n"
    flow = project.write("pipelines/stored.py", header + source)
    assert from_json(project("compile", flow).out).metadata["filename_uri"] == str(project.root / "db/m.db")


def test_two_nodes_of_one_id_and_cycles_are_refused(project: Project) -> None:
    source = (project.root / "pipelines/flow.py").read_text()
    twice = project.write("pipelines/twice.py", source.replace('with_id("b")', 'with_id("a")'))
    ended = project("compile", twice)
    assert (ended.code, ended.out) == (1, "")
    assert "error: two nodes of pipeline flow have the id 'a'" in ended.err
    cycle = project.write(
        "pipelines/cycle.py", source.replace("    return", "    a.add_upstream_node(ab)\n    return")
    )
    assert "the nodes form a cycle" in project("compile", cycle).err
