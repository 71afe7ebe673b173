# SPDX-License-Identifier: Apache-2.0
"""Kills a running pipeline at random moments and checks what is left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore


@dataclass(frozen=True)
class Place:
    """Where a pipeline under test keeps its things."""

    pipeline: str
    root: Path
    metadata: Path


def descendants(pid: int) -> list[int]:
    """Returns the processes that a process has started, directly or not."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def kill_once(command: Sequence[str], cwd: Path, delay_seconds: float, chance: random.Random) -> str:
    """Starts a run, kills the runner or one of the processes below it after a while, and waits for the end."""
    runner = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        runner.wait(delay_seconds)
        return "finished before"
    except subprocess.TimeoutExpired:
        pass
    below = descendants(runner.pid)
    victim = chance.choice(below) if below and chance.random() < 0.5 else runner.pid
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return "gone already"
    if victim == runner.pid:
        runner.wait()
        _wait_until_gone(below)
        return "runner"
    runner.wait(120)
    return "worker or its parent"


def _wait_until_gone(pids: Sequence[int]) -> None:
    deadline = time.monotonic() + 20
    for pid in pids:
        while Path(f"/proc/{pid}").exists() and "\tZ" not in _status(pid):
            assert time.monotonic() < deadline, f"process {pid} has outlived its runner"
            time.sleep(0.01)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "\tZ"


def check_nothing_half_done(place: Place, is_whole: Callable[[str, Path], bool]) -> int:
    """Checks that every artifact that the store shows is whole; returns how many it shows."""
    if not place.metadata.exists():
        return 0
    shown = 0
    with MetadataStore.open(sqlite_metadata_connection_config(str(place.metadata))) as store:
        for run in store.list_runs(place.pipeline, limit=1000):
            for execution in store.executions_of_run(place.pipeline, run.run_id):
                outputs = store.outputs_of(execution.id)
                if execution.state not in ("COMPLETE", "CACHED"):
                    assert not outputs, f"execution {execution.id} is {execution.state} and has outputs"
                for artifacts in outputs.values():
                    for artifact in artifacts:
                        shown += 1
                        assert is_whole(artifact.type_name, Path(artifact.uri)), artifact.uri
    return shown


def check_nothing_left_over(place: Place) -> None:
    """Checks, after a run that completed, that no folder and no RUNNING execution of a dead run remains."""
    with MetadataStore.open(sqlite_metadata_connection_config(str(place.metadata))) as store:
        real = set()
        for run in store.list_runs(place.pipeline, limit=1000):
            assert run.properties["state"] != "RUNNING", run.run_id
            for execution in store.executions_of_run(place.pipeline, run.run_id):
                assert execution.state != "RUNNING", execution
                for artifacts in store.outputs_of(execution.id).values():
                    real.update(_folder(artifact) for artifact in artifacts)
    folders = {path for path in place.root.glob("[!.]*/*/*") if path.is_dir()}
    assert folders <= real, f"left over: {sorted(folders - real)}"
    assert not list(place.root.glob(".runs/*/tmp/*"))


def _folder(artifact: Artifact) -> Path:
    """Returns the folder that an execution made for an artifact; the URI of a value is that of the file in it."""
    path = Path(artifact.uri)
    return path.parent if isinstance(artifact, ValueArtifact) else path
