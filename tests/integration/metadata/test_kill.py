# SPDX-License-Identifier: Apache-2.0
"""``kill -9`` while publishing: what is there is whole, what is not whole is not there, and the next one goes on."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from metadata_recorder import config_of

from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

KILLS = 12


def test_publishing_is_all_or_nothing(
    tmp_path: Path, start_publisher: Callable[..., subprocess.Popen[str]]
) -> None:
    path = tmp_path / "m.db"
    chance = random.Random(7)
    interrupted = 0
    for kill in range(KILLS):
        publisher = start_publisher(path, f"k{kill}", 100_000)
        assert publisher.stdin is not None
        publisher.stdin.write("go\n")
        publisher.stdin.flush()
        time.sleep(chance.uniform(0.02, 0.3))
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.wait()
        interrupted += check_consistent(path)
    survivor = start_publisher(path, "last", 5)
    assert survivor.communicate("go\n", timeout=60)[0] == "done\n"
    with MetadataStore.open(config_of(path)) as store:
        assert len([e for e in store.executions_of_run("taxi", "r0") if e.name.startswith("last/")]) == 5
        for execution, owner in store.running_executions("taxi"):
            assert owner is not None
            assert not owner.is_alive()
            assert store.finish_execution(execution.id, "FAILED", {}, {}) == {}
        assert store.running_executions("taxi") == []


def check_consistent(path: Path) -> int:
    """Checks every execution that a killed process left, and returns how many it left unfinished."""
    if not path.exists():
        return 0
    with MetadataStore.open(config_of(path)) as store:
        executions = store.executions_of_run("taxi", "r0")
        outputs = store.outputs_of_all([execution.id for execution in executions])
        for execution in executions:
            made = {key: len(group) for key, group in outputs[execution.id].items()}
            assert made == ({"examples": 2, "model": 1} if execution.state == "COMPLETE" else {}), execution
            assert ("rows" in execution.properties) == (execution.state == "COMPLETE")
        complete = sum(execution.state == "COMPLETE" for execution in executions)
        running = len(executions) - complete
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (artifacts,) = database.execute("SELECT count(*) FROM Artifact").fetchone()
        (attributed,) = database.execute("SELECT count(DISTINCT artifact_id) FROM Attribution").fetchone()
        assert artifacts == attributed == 3 * complete
    return running
