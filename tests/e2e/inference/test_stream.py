# SPDX-License-Identifier: Apache-2.0
"""``penstock infer --stream`` as a user starts and ends it, and as a power cut ends it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

PATIENCE_SECONDS = 180.0

CONFIG = """
name: fives
key: id
models:
  five: {path: model, trusted: true}
steps:
  predict: {from: source, model: five}
sinks:
  - {path: lines, format: json_lines}
stream:
  folder: incoming
  output: out
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with y = 5x, and a stream that scores with it."""
    pytest.importorskip("sklearn")
    import numpy as np
    from sklearn.linear_model import LinearRegression

    from penstock.models import save

    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "incoming").mkdir()
    (tmp_path / "stream.yaml").write_text(CONFIG)
    x = np.arange(10, dtype=np.float32).reshape(-1, 1)
    save(LinearRegression().fit(x, 5 * x[:, 0]), tmp_path / "model", inputs=["x"])
    return tmp_path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "penstock", "infer", "stream.yaml", "--stream", *arguments]


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=project, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )


def come(project: Path, name: str, rows: Sequence[str]) -> None:
    """Has a file come in, whole at once."""
    hidden = project / "incoming" / f".{name}"
    hidden.write_text("id,x\n" + "".join(f"{row},1\n" for row in rows))
    hidden.rename(project / "incoming" / name)


def scored(project: Path) -> Counter[str]:
    """Returns how often each row is in the results, all of which must be right."""
    counts: Counter[str] = Counter()
    for path in (project / "out").glob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            assert row["prediction"] == pytest.approx(5)
            assert row["model_version"]
            counts[row["id"]] += 1
    return counts


def delivered(project: Path) -> Counter[str]:
    """Returns how often each row is in the sink."""
    files = (project / "lines").rglob("*.jsonl")
    return Counter(json.loads(line)["id"] for file in files for line in file.read_text().splitlines())


def runs_of(project: Path) -> list[str]:
    """Returns the states of all runs."""
    from penstock.metadata.config import sqlite_metadata_connection_config
    from penstock.metadata.store import MetadataStore

    config = sqlite_metadata_connection_config(str(project / ".penstock" / "metadata.db"))
    with MetadataStore.open(config) as store:
        return [str(run.properties["state"]) for run in store.list_runs("fives")]


class Service:
    """A stream that runs as a process of its own."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            command("--json", *arguments),
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # the last one of a killed process may be cut
                self.events.append(json.loads(line))

    def until(self, event: str) -> bool:
        """Waits until an event of a kind is told; returns whether it was before the process ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(told["event"] == event for told in self.events):
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, self.events
            time.sleep(0.01)
        return True

    def end(self, number: int) -> int:
        """Sends a signal; returns the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self._reader.join()
            assert self.process.stderr is not None
            self.stderr = self.process.stderr.read()
            self.process.stderr.close()


def test_it_ends_cleanly_when_it_is_told_to(project: Path) -> None:
    come(project, "a.csv", ["a", "b"])
    service = Service(project)
    assert service.until("scored"), service.events
    assert service.end(signal.SIGTERM) == 0, service.stderr
    assert scored(project) == {"a": 1, "b": 1}
    assert delivered(project) == {"a": 1, "b": 1}
    kinds = [event["event"] for event in service.events]
    assert kinds[0] == "started"
    assert kinds[-1] == "ended"
    assert service.stderr == ""
    assert runs_of(project) == ["COMPLETE"]


def test_a_readable_log_and_an_end_by_itself(project: Path) -> None:
    come(project, "a.csv", ["a"])
    done = run(project, "--max-files", "1")
    assert done.returncode == 0, done.stderr
    assert "1 in, 1 rows out" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("ended: 1 in, 1 rows out")


@pytest.mark.parametrize(
    ("beam", "message"),
    [
        ("[--runner=FlinkRunner, '--flink_master=host:1']", "the Beam arguments name another runner"),
        ("[--direct_num_workers=4]", "the Beam arguments ask for several"),
    ],
)
def test_a_runner_that_a_stream_cannot_have_is_refused(project: Path, beam: str, message: str) -> None:
    (project / "beam.yaml").write_text(f"beam_pipeline_args: {beam}\n")
    done = run(project, "--beam", "beam.yaml")
    assert done.returncode == 2
    assert message in done.stderr
    assert "what to do" in done.stderr


def test_a_file_whose_stream_would_read_its_own_results_is_called_wrong(project: Path) -> None:
    (project / "stream.yaml").write_text(CONFIG.replace("output: out", "output: incoming"))
    done = run(project)
    assert done.returncode == 2
    assert "cannot write into the folder that it watches" in done.stderr
    assert "stream.yaml: stream.output" in done.stderr
    assert not (project / ".penstock").exists()


def test_a_folder_that_is_not_there_ends_it_with_one_error(project: Path) -> None:
    (project / "incoming").rmdir()
    config = CONFIG + "  missing_seconds: 0.5\n"
    (project / "stream.yaml").write_text(config)
    done = run(project)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the watched folder is out of reach")
    assert done.stderr.count("error:") == 1
    assert runs_of(project) == ["FAILED"]


def test_files_that_do_not_fit_the_model_are_told_on_a_line_each(project: Path) -> None:
    come(project, "a.csv", ["a"])
    for name in ("b", "c"):
        (project / "incoming" / f"{name}.csv").write_text(f"id,z\n{name},1\n")
    (project / "stream.yaml").write_text(CONFIG + "  give_up_seconds: 0.5\n")
    done = run(project, "--max-files", "3")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert sum("goes to the dead letters as a whole" in line for line in done.stdout.splitlines()) == 2
    assert scored(project) == {"a": 1}


def test_options_of_streams_need_one(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "infer", "stream.yaml", "--max-files", "3"],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--max-files is for streams" in done.stderr


def check_all_once(project: Path, come_in: list[str]) -> None:
    done = run(project, "--idle-seconds", "2")
    assert done.returncode == 0, done.stderr
    wanted = Counter([*come_in, "last"])
    assert scored(project) == wanted
    assert delivered(project) == wanted
    inputs = len(list((project / "incoming").iterdir()))
    assert len(list((project / "out").iterdir())) == inputs
    assert len(list((project / "lines").rglob("*.jsonl"))) == inputs
    assert not (project / "out-failed").exists()
    assert "RUNNING" not in runs_of(project)
    manifests = (project / ".penstock" / "pipelines" / "fives" / "stream").rglob("manifest.jsonl")
    lines = [json.loads(line) for path in manifests for line in path.read_text().splitlines()]
    assert sorted(Path(line["input"]).name for line in lines) == sorted(os.listdir(project / "incoming"))


class Feed:
    """Has files come in all the time, until it is stopped."""

    def __init__(self, project: Path) -> None:
        self.rows: list[str] = []
        self._project = project
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._feed)
        self._thread.start()

    def _feed(self) -> None:
        chance = random.Random(7)
        number = 0
        while not self._ending.wait(chance.uniform(0.0, 0.3)):
            rows = [f"{number}-{row}" for row in range(chance.randint(1, 20))]
            come(self._project, f"{number}.csv", rows)
            self.rows += rows
            number += 1

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()


def killing(project: Path, kills: int) -> None:
    """Kills a stream again and again while files come, then lets it finish: every row must be there once."""
    chance = random.Random(20211)
    feed = Feed(project)
    try:
        while_serving = 0
        for _ in range(kills):
            service = Service(project)
            if chance.random() < 0.7:
                while_serving += service.until("models")
                time.sleep(chance.uniform(0.0, 1.5))
            else:
                time.sleep(chance.uniform(0.0, 3.0))
            service.end(signal.SIGKILL)
            assert max(scored(project).values(), default=1) == 1
        assert while_serving > 0
    finally:
        feed.stop()
    come(project, "last.csv", ["last"])
    check_all_once(project, feed.rows)


def test_five_kills_lose_and_repeat_nothing(project: Path) -> None:
    killing(project, 5)


@pytest.mark.kill
def test_twenty_kills_lose_and_repeat_nothing(project: Path) -> None:
    killing(project, 20)
