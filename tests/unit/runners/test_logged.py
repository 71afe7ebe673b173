# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from pathlib import Path

import pytest
from light.pipeline import create_pipeline

from penstock.errors import NodeFailedError
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.runners.local import LocalDagRunner


def test_a_run_without_the_command_line_logs_its_nodes(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, logger="penstock")
    pipeline = create_pipeline(behaviour="raise")
    pipeline.pipeline_root = str(tmp_path / "root")
    pipeline.metadata_connection_config = sqlite_metadata_connection_config(tmp_path / "m.db")
    with pytest.raises(NodeFailedError):
        LocalDagRunner(in_process=True).run(pipeline)
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "penstock"]
    assert told[0] == ("INFO", "a is running")
    assert told[1][0] == "ERROR"
    assert told[1][1].startswith("a: failed, ")
    assert "ValueError: the number is cursed" in told[1][1]
    assert ("INFO", "ab: not run, 0.0 s; a failed") in told
