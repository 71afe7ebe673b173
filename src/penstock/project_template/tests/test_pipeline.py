# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline, through the command line, with a short training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def test_a_model_is_trained_evaluated_and_pushed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "penstock", "run", "pipelines/taxi.py", "--json", "--run-id", "test"]
    command += ["--param", "span=1", "--param", "train_steps=200", "--param", "eval_steps=20"]
    command += ["--param", f"serving_dir={tmp_path / 'serving'}"]
    command += ["--pipeline-root", str(tmp_path / "root"), "--metadata", str(tmp_path / "metadata.db")]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert {node["state"] for node in told["nodes"]} == {"ran"}
    (push,) = told["pushes"]
    assert push["pushed"], push["reason"]
    assert Path(push["destination"], "saved_model.pb").is_file()
