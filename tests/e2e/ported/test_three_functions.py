# SPDX-License-Identifier: Apache-2.0
"""The pipeline of three functions that TFX's users learn with, run as a program; only its imports are changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "three_functions" / "most_common.py"


def run(folder: Path, *to_nodes: str, program: Path = PROGRAM, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, program, folder, *to_nodes],
        cwd=folder,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def executions(folder: Path) -> list[tuple[str, str]]:
    with MetadataStore.open(sqlite_metadata_connection_config(str(folder / "metadata.db"))) as store:
        (record,) = store.list_runs("letters", limit=10)
        found = store.executions_of_run("letters", record.run_id)
        return [(execution.type, execution.state) for execution in found]


def test_three_functions_of_a_program_run(tmp_path: Path) -> None:
    run(tmp_path)
    assert executions(tmp_path) == [
        ("__main__.LoadLetters", "COMPLETE"),
        ("__main__.TrainLetters", "COMPLETE"),
        ("__main__.ValidateLetters", "COMPLETE"),
    ]
    (loss,) = (tmp_path / "root/Train/loss").rglob("value")
    assert loss.read_text() == "0.25"


def test_a_part_of_it_runs(tmp_path: Path) -> None:
    run(tmp_path, "Train")
    assert executions(tmp_path) == [
        ("__main__.LoadLetters", "COMPLETE"),
        ("__main__.TrainLetters", "COMPLETE"),
    ]


def test_a_failed_assertion_is_shown_in_the_program(tmp_path: Path) -> None:
    program = tmp_path / "most_common.py"
    program.write_text(PROGRAM.read_text().replace("_LOSS = 0.25", "_LOSS = float('nan')"))
    told = run(tmp_path, program=program, code=1)
    assert "Validate: ValidateLetters() raised AssertionError: nan" in told
    assert f'File "{program}", line ' in told
