# SPDX-License-Identifier: Apache-2.0
"""A project of light components, and the ``penstock`` command in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.main import main

SUPPORT = Path(__file__).parents[2] / "support"

FLOW = '''
"""Two numbers, their sum, and a sum with a third number."""
from light.component import Add, Number
from penstock.dsl import Pipeline, RuntimeParameter


def create_pipeline(first: int = 1, behaviour: str = "", seconds: float = 0.0) -> Pipeline:
    a = Number(first, seconds=seconds).with_id("a")
    b = Number(RuntimeParameter("second", int, default=20), behaviour=behaviour).with_id("b")
    ab = Add([a.outputs["number"], b.outputs["number"]]).with_id("ab")
    return Pipeline("flow", components=[a, b, ab], enable_cache=True)
'''


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Project:
    """A user's project in a folder of its own, and the command line inside it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def __call__(self, *arguments: object) -> Ended:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert isinstance(ended.value.code, int)
        told = self._capsys.readouterr()
        return Ended(ended.value.code, told.out, told.err)

    def run(self, *arguments: object, flow: str = "pipelines/flow.py") -> Ended:
        """Runs a pipeline in this process."""
        return self("run", flow, "--in-process", *arguments)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Starts the command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "penstock", *map(str, arguments)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(SUPPORT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Project]:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    monkeypatch.delenv("PENSTOCK_DEBUG", raising=False)
    before = set(sys.modules)
    made = Project(tmp_path / "project", capsys)
    made.write("pyproject.toml", "")
    made.write("pipelines/flow.py", FLOW)
    yield made
    for name in set(sys.modules) - before:
        if (
            str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path))
            or name == "pipelines"
        ):
            del sys.modules[name]
