# SPDX-License-Identifier: Apache-2.0
"""``kill -9`` of the runner or of a worker at any moment: the next run continues, nothing half-written is visible."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from kills import Place, check_nothing_half_done, check_nothing_left_over, kill_once

pytestmark = pytest.mark.e2e

SUPPORT = Path(__file__).parents[1] / "support"
PROJECT = Path(__file__).parents[2]


def run_command(file: Path, place: Place, *arguments: str) -> list[str]:
    return [
        sys.executable, "-m", "penstock", "run", str(file),
        "--pipeline-root", str(place.root), "--metadata", str(place.metadata), *arguments,
    ]  # fmt: skip


def kill_and_continue(
    file: Path,
    place: Place,
    times: int,
    longest_seconds: float,
    arguments: Sequence[str] = (),
    work: str | None = None,
) -> list[str]:
    """Kills runs at random moments; every third run asks for other work by the parameter ``work``."""
    chance = random.Random(20211)
    ends = []
    for number in range(times):
        varied = ["--param", f"{work}={1 + number // 3}"] if work else []
        command = run_command(file, place, "--run-id", f"run-{number}", *arguments, *varied)
        ends.append(kill_once(command, PROJECT, chance.uniform(0.1, longest_seconds), chance))
        check_nothing_half_done(place, is_whole)
    last = subprocess.run(
        run_command(file, place, "--run-id", "last", *arguments), cwd=PROJECT, capture_output=True, text=True
    )
    assert last.returncode == 0, last.stdout + last.stderr
    assert check_nothing_half_done(place, is_whole) > 0
    check_nothing_left_over(place)
    return ends


def is_whole(type_name: str, folder: Path) -> bool:
    if type_name == "Integer":  # whose URI is that of the file with the value
        return folder.read_text().isdigit() and not (folder.parent / "partial").exists()
    if type_name in ("Examples", "ExampleStatistics", "ExampleAnomalies"):
        return all(any(split.iterdir()) for split in folder.glob("Split-*")) and any(folder.iterdir())
    return any(folder.iterdir())


def test_twenty_five_kills_of_a_light_pipeline(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(SUPPORT / "light", project / "light")
    (project / "pyproject.toml").touch()
    place = Place("light", tmp_path / "root", tmp_path / "metadata.db")
    ends = kill_and_continue(
        project / "light" / "pipeline.py", place, 25, 0.9, ["--param", "seconds=0.1"], "first"
    )
    assert {"runner", "worker or its parent"} <= set(ends), ends


def taxi(place: Place, times: int) -> None:
    serving = place.root.parent / "serving"
    arguments = ["--param", f"serving_dir={serving}", "--param", "train_steps=50", "--param", "eval_steps=10"]
    kill_and_continue(PROJECT / "pipelines" / "taxi.py", place, times, 25, arguments)
    versions = [path for path in serving.iterdir() if not path.name.startswith(".")]
    assert versions
    assert all((version / "saved_model.pb").is_file() for version in versions)
    assert not [path for path in serving.iterdir() if path.name.startswith(".")]


@pytest.mark.tensorflow
def test_five_kills_of_the_taxi_pipeline(tmp_path: Path) -> None:
    taxi(Place("taxi", tmp_path / "root", tmp_path / "metadata.db"), 5)


@pytest.mark.kill
@pytest.mark.tensorflow
def test_thirty_kills_of_the_taxi_pipeline(tmp_path: Path) -> None:
    taxi(Place("taxi", tmp_path / "root", tmp_path / "metadata.db"), 30)
