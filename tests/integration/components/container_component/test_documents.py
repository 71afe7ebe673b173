# SPDX-License-Identifier: Apache-2.0
"""What the pages about placeholders and containers show works as it stands there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from documents import PROJECT, blocks
from fake_engine import FakeEngine, install

from penstock.graph.compiler import compile_pipeline
from penstock.ir.expression import spelled

PLACEHOLDERS = PROJECT / "docs" / "reference" / "placeholders.md"
CONTAINERS = PROJECT / "docs" / "how-to" / "containers.md"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.delenv("PENSTOCK_CONTAINER_ENGINE", raising=False)
    return install(tmp_path / "docker-bin", monkeypatch)


def imported(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_placeholders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "placeholders_page.py"
    page.write_text("".join(block.text for block in blocks(PLACEHOLDERS) if block.language == "python"))
    ir = compile_pipeline(imported(page, monkeypatch).pipeline, project_root=str(tmp_path))
    (scope,) = ir.scopes
    assert scope.predicate is not None
    assert spelled(scope.predicate) == "measure.score[0].value > 0.9 and measure.folder[0].value != ''"


def test_the_page_of_containers(tmp_path: Path, docker: FakeEngine) -> None:
    """The stand-in for docker runs the command line on this machine, which has these programs as the image has."""
    found = [block for block in blocks(CONTAINERS) if block.language == "python"]
    for block in found:
        path = tmp_path / (block.file or "pipelines/words.py")
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + block.text)
    (tmp_path / "setup.py").touch()
    (tmp_path / "README.md").write_text(" ".join(f"word{number % 20}" for number in range(60)) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "run", "pipelines/words.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found=10" in done.stdout
    assert "found=20" in done.stdout
    assert len(docker.calls("run")) == 2
