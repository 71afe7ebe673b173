# SPDX-License-Identifier: Apache-2.0
"""The pipeline of TFX's tutorials in TFX v1's spelling, with only the import changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ported import name_tfmas_messages

from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore

pytestmark = [pytest.mark.e2e, pytest.mark.tensorflow]

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "data" / "taxi"


def test_the_tutorial_runs_by_itself_and_by_the_command_and_compares_on_new_data(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(HERE / "tutorial", project)
    name_tfmas_messages(project / "taxi_pipeline_simple.py")
    environment = {**os.environ, "TAXI_ROOT": str(tmp_path), "TAXI_DATA": str(tmp_path / "data")}
    (tmp_path / "data").mkdir()
    shutil.copy(DATA / "span-1" / "trips.csv", tmp_path / "data" / "data.csv")

    def start(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    start("taxi_pipeline_simple.py")
    serving = tmp_path / "serving_model" / "chicago_taxi_simple"
    (first,) = os.listdir(serving)
    assert (serving / first / "saved_model.pb").is_file()

    again = start("-m", "penstock", "run", "taxi_pipeline_simple.py")
    assert again.count("cached") == 2 * 8
    assert os.listdir(serving) == [first]

    shutil.copy(DATA / "span-2" / "trips.csv", tmp_path / "data" / "data.csv")
    start("taxi_pipeline_simple.py")
    path = tmp_path / "tfx" / "metadata" / "chicago_taxi_simple" / "metadata.db"
    with MetadataStore.open(sqlite_metadata_connection_config(path), read_only=True) as store:
        later, earlier = store.latest_artifacts("ModelBlessing")
        models = store.latest_artifacts("Model")
    assert earlier.get_int_custom_property("blessed") == 1
    assert earlier.get_int_custom_property("baseline_model_id") == 0
    assert later.get_int_custom_property("baseline_model_id") == models[1].id
    assert later.get_int_custom_property("current_model_id") == models[0].id
