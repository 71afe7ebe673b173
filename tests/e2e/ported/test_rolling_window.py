# SPDX-License-Identifier: Apache-2.0
"""A window that rolls over three spans, in TFX's spelling: three runs, each of the next span."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runtime.run import node_results

pytestmark = pytest.mark.e2e

SOURCE = Path(__file__).parent / "rolling_window"
ROWS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SOURCE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    for span in (1, 2, 3):
        day = tmp_path / "data" / f"day{span}"
        day.mkdir(parents=True)
        (day / "rows.csv").write_text("day,number\n" + "".join(f"{span},{n}\n" for n in range(ROWS)))
    return tmp_path


def run(folder: Path, program: str, **settings: str) -> None:
    places = {
        "PIPELINE_ROOT": str(folder / "root"),
        "DATA_ROOT": str(folder / "data"),
        "METADATA_PATH": str(folder / "metadata.db"),
    }
    done = subprocess.run(
        [sys.executable, program],
        cwd=folder / "project",
        env={**os.environ, **places, **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def models(folder: Path, node: str) -> list[Any]:
    """Returns what the models of a node remember, in the order in which they were made."""
    with MetadataStore.open(sqlite_metadata_connection_config(str(folder / "metadata.db"))) as store:
        found = store.latest_artifacts("Model", pipeline="rolling", node_id=node, output_key="model")
    return [json.loads((Path(a.uri) / "Format-Serving" / "days.json").read_text()) for a in found[::-1]]


def test_each_run_trains_on_the_last_two_spans_from_the_model_before(folder: Path) -> None:
    for span in (1, 2, 3):
        run(folder, "rolling_pipeline.py", SPAN=str(span))
    assert models(folder, "Trainer") == [
        {"days": [1], "rows": ROWS, "before": None},
        {"days": [1, 2], "rows": 2 * ROWS, "before": [1]},
        {"days": [2, 3], "rows": 2 * ROWS, "before": [1, 2]},
    ]
    run(folder, "window_functions.py")
    assert models(folder, "OfAll") == [{"days": [1, 2, 3], "rows": 3 * ROWS, "before": None}]
    assert [model["days"] for model in models(folder, "OfPair")] == [[1, 2], [2, 3]]
    assert models(folder, "OfFour") == []
    with MetadataStore.open(sqlite_metadata_connection_config(str(folder / "metadata.db"))) as store:
        ended = node_results(store.list_runs("rolling", limit=1)[0])
    assert (ended["OfAll"].state, ended["OfPair"].state, ended["OfFour"].state) == ("ran", "ran", "skipped")
    assert "there are 3 of the 4 spans that are needed" in ended["OfFour"].reason
