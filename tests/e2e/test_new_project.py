# SPDX-License-Identifier: Apache-2.0
"""A new user's first steps: the wheel, ``penstock init``, a run, the new project's own tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[2]
SOURCES = ("src", "pyproject.toml", "setup.py", "README.md", "LICENSE")


def called(command: list[object], folder: Path, **environment: str) -> str:
    """Runs a command without anything of this repository on its path; returns what it prints."""
    ended = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / "source" / name, ignore=ignored)
        else:
            shutil.copy(source, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    called([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, folder / "source"], folder)
    (wheel,) = folder.glob("penstock-*.whl")
    called([*pip, "install", "--no-deps", "--target", folder / "site", wheel], folder)
    return folder / "site"


def test_the_wheel_carries_a_project_that_runs(installed: Path, tmp_path: Path) -> None:
    penstock = [sys.executable, "-m", "penstock"]
    where = called(
        [sys.executable, "-c", "import penstock; print(penstock.__file__)"],
        tmp_path,
        PYTHONPATH=str(installed),
    )
    assert where.startswith(str(installed))
    called([*penstock, "init", "x"], tmp_path, PYTHONPATH=str(installed))
    told = called(
        [*penstock, "run", "pipelines/taxi.py", "--to", "CsvExampleGen", "--json"],
        tmp_path / "x",
        PYTHONPATH=str(installed),
    )
    states = {node["node_id"]: node["state"] for node in json.loads(told)["nodes"]}
    assert states.pop("CsvExampleGen") == "ran"
    assert set(states.values()) == {"not run"}
    assert not list((tmp_path / "x").rglob("*.template"))


@pytest.mark.tensorflow
def test_the_tests_of_a_new_project_pass(tmp_path: Path) -> None:
    called([sys.executable, "-m", "penstock", "init", "x"], tmp_path)
    told = called([sys.executable, "-m", "pytest", "-q"], tmp_path / "x")
    assert "5 passed" in told
