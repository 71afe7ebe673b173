# SPDX-License-Identifier: Apache-2.0
"""A component whose modules raise when they are imported is one failed node, with its traceback, on every runner."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from light.component import Add, Number

from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.ir.document import to_json
from penstock.ir.model import PipelineIR
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.runners.local import LocalDagRunner

SUPPORT = str(Path(__file__).parents[2] / "support")

COMPONENT = """
from dataclasses import dataclass
from penstock.artifacts.standard import Integer
from penstock.authoring import BaseComponent

@dataclass(frozen=True)
class Outputs:
    number: Integer

class Broken(BaseComponent):
    Outputs = Outputs
    DRIVER = "{driver}"
    EXECUTOR = "{executor}"
    PUBLISHER = "{publisher}"
"""
GOOD = {
    "driver": "penstock.runtime.roles:PlainDriver",
    "executor": "writes_one:Executor",
    "publisher": "penstock.runtime.roles:PlainPublisher",
}
WRITES_ONE = """
from pathlib import Path

class Executor:
    def execute(self, work):
        Path(work.outputs.number.uri).write_text("1")
"""


def compiled(folder: Path, *nodes: BaseNode) -> PipelineIR:
    config = sqlite_metadata_connection_config(str(folder / "metadata.db"))
    pipeline = Pipeline("p", str(folder / "root"), config, nodes)
    return compile_pipeline(pipeline, project_root=SUPPORT)


def forget(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Has modules imported anew by the test, and forgotten after it."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]  # only to be undone
        del sys.modules[module]


@pytest.mark.parametrize("in_process", [False, True])
@pytest.mark.parametrize("role", ["driver", "executor", "publisher"])
def test_a_role_that_raises_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, in_process: bool
) -> None:
    name = f"broken_{role}_{in_process}".lower()
    (tmp_path / "raises.py").write_text("def helper():\n    raise KeyError('gone')\nhelper()\n")
    (tmp_path / "writes_one.py").write_text(WRITES_ONE)
    (tmp_path / f"{name}.py").write_text(COMPONENT.format(**{**GOOD, role: "raises:Role"}))
    monkeypatch.syspath_prepend(tmp_path)
    forget(monkeypatch, name, "raises", "writes_one")
    broken = importlib.import_module(name).Broken()
    report = LocalDagRunner(in_process=in_process).run_ir(compiled(tmp_path, broken, Number(3)))
    failed, other = report.nodes
    assert (failed.state, other.state) == ("failed", "ran")
    assert failed.reason == "Broken: importing raises raised KeyError: 'gone'"
    assert 'raises.py", line 3' in failed.traceback.splitlines()[1]
    assert not list((tmp_path / "root" / "Broken").glob("*/*"))


def test_a_declaration_that_is_not_there_fails_its_own_node_only(tmp_path: Path) -> None:
    number = Number(3)
    ir = compiled(tmp_path, number, Add([number.outputs["number"]]))
    nodes = (ir.nodes[0], replace(ir.nodes[1], component="not_there.component:Add"))
    results = LocalDagRunner().run_ir(replace(ir, nodes=nodes)).nodes
    assert [result.state for result in results] == ["ran", "failed"]
    assert results[1].reason.startswith("Add: module not_there.component cannot be imported")


def test_a_defect_in_launching_a_node_fails_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock.runtime import launcher

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(launcher.cache, "cache_parts", broken)
    (result,) = LocalDagRunner(in_process=True).run_ir(compiled(tmp_path, Number(3))).nodes
    assert result.state == "failed"
    assert result.reason == "Number: Penstock failed unexpectedly: RuntimeError: a defect"
    assert "in broken" in result.traceback


PROGRAM = """
import own_neighbour
from penstock.dsl import Pipeline
from penstock.orchestration import LocalDagRunner

if __name__ == "__main__":
    print(LocalDagRunner().run(Pipeline("p", components=[own_neighbour.Broken()])).state)
"""


def project(folder: Path) -> None:
    folder.mkdir()
    (folder / "own_neighbour.py").write_text(COMPONENT.format(**GOOD))
    (folder / "writes_one.py").write_text(WRITES_ONE)


def test_a_program_is_run_from_another_folder_than_its_own(tmp_path: Path) -> None:
    project(tmp_path / "project")
    (tmp_path / "project" / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "project/program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()[-8:]) == (0, "COMPLETE"), done.stderr


NODE = """
import sys
from pathlib import Path
from penstock.ir.document import from_json
from penstock.runners.single_node import run_single_node

print(run_single_node(from_json(Path(sys.argv[1]).read_text()), "Broken", "r", {}).result.state)
"""


def test_a_node_finds_the_project_of_its_ir_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path / "project")
    monkeypatch.syspath_prepend(tmp_path / "project")
    forget(monkeypatch, "own_neighbour")
    component = importlib.import_module("own_neighbour").Broken()
    ir = replace(compiled(tmp_path, component), project_root=str(tmp_path / "project"))
    (tmp_path / "ir.json").write_text(to_json(ir))
    done = subprocess.run(
        [sys.executable, "-c", NODE, "ir.json"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "ran"), done.stderr
