# SPDX-License-Identifier: Apache-2.0
"""Real parents and workers: results, deaths, time-outs, cancelling, no survivors."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penstock.errors import CancelledError, ExecutionError, UserCodeError
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.task import ExecutorTask

SUPPORT = str(Path(__file__).parents[2] / "support")


@pytest.fixture
def host() -> Iterator[ForkServerHost]:
    host = ForkServerHost(lambda: [(), ("decimal", "fractions")])
    yield host
    host.close()


def task(
    where: Path, *, requires: tuple[str, ...] = (), timeout: float | None = None, **parameters: Any
) -> ExecutorTask:
    output = where / "out"
    output.mkdir(exist_ok=True)
    return ExecutorTask(
        component="light.component:Number",
        pipeline="p",
        run_id="r",
        node_id="Number",
        execution_id=1,
        project_root=SUPPORT,
        temp_dir=str(where / "tmp"),
        log_file=str(where / "logs" / "Number.log"),
        inputs={},
        outputs={
            "number": (
                {"type": "Integer", "uri": str(output), "id": 0, "name": "", "state": "LIVE",
                 "properties": {}, "custom_properties": {}},
            )
        },
        parameters=parameters,
        requires=requires,
        timeout_seconds=timeout,
    )  # fmt: skip


def execute(host: ForkServerHost, task: ExecutorTask) -> dict[str, Any]:
    return host.execute(task, lambda rows=None: None)


def test_a_worker_returns_its_result_its_digests_and_its_progress(
    host: ForkServerHost, tmp_path: Path
) -> None:
    seen: list[int] = []
    done = host.execute(task(tmp_path, value=7), lambda rows=None: seen.append(rows))
    assert done["result"] == {"value": 7}
    assert len(done["digests"]["number"][0]) == 64
    assert seen == [7]
    assert (tmp_path / "out" / "value").read_text() == "7"


def test_what_a_worker_prints_is_in_its_log(host: ForkServerHost, tmp_path: Path) -> None:
    execute(host, task(tmp_path, value=7))
    assert "making 7" in (tmp_path / "logs" / "Number.log").read_text()


def test_nodes_with_requirements_wait_for_their_stage(host: ForkServerHost, tmp_path: Path) -> None:
    assert execute(host, task(tmp_path, value=1, requires=("fractions",)))["result"] == {"value": 1}


def test_each_task_has_a_process_of_its_own(host: ForkServerHost, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    for value in range(3):
        execute(host, task(tmp_path, value=value, folder=str(marks)))
    pids = {name.rpartition("-")[2] for name in os.listdir(marks)}
    assert len(pids) == 3
    assert str(os.getpid()) not in pids


def test_what_the_users_code_raises_arrives_with_its_traceback(host: ForkServerHost, tmp_path: Path) -> None:
    with pytest.raises(UserCodeError, match="the number is cursed") as raised:
        execute(host, task(tmp_path, behaviour="raise"))
    assert raised.value.component == "Number"
    assert 'light/executor.py"' in raised.value.traceback
    assert "penstock/runtime" not in raised.value.traceback


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("kill", "ended by SIGKILL; .* memory ran out"),
        ("exit", "ended by itself with exit code 7"),
        ("sys.exit", "ended the process with exit code 3"),
        ("memory", "ran out of memory"),
    ],
)
def test_a_death_is_one_error_and_the_next_task_runs(
    host: ForkServerHost, tmp_path: Path, behaviour: str, message: str
) -> None:
    with pytest.raises((ExecutionError, UserCodeError), match=message):
        execute(host, task(tmp_path, behaviour=behaviour))
    assert execute(host, task(tmp_path, value=2))["result"] == {"value": 2}


def test_a_task_past_its_time_out_is_ended(host: ForkServerHost, tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match="longer than its time-out of 0.2 seconds"):
        execute(host, task(tmp_path, seconds=60, timeout=0.2))


def test_cancel_ends_a_running_task(host: ForkServerHost, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    canceller = threading.Thread(target=lambda: (_wait_for(lambda: os.listdir(marks)), host.cancel()))
    canceller.start()
    with pytest.raises(CancelledError):
        execute(host, task(tmp_path, seconds=60, folder=str(marks)))
    canceller.join()


def test_cancel_does_not_wait_for_a_parent_that_is_still_importing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    module = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)\n"
    (tmp_path / "imports_for_ever.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    host = ForkServerHost(lambda: [("imports_for_ever",)])
    canceller = threading.Thread(target=lambda: (_wait_for(begun.exists), host.cancel()))
    canceller.start()
    try:
        with pytest.raises(CancelledError):
            execute(host, task(tmp_path, requires=("imports_for_ever",)))
    finally:
        host.close()
    canceller.join()


def test_a_library_that_ends_its_process_when_imported_is_one_nodes_affair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exits_when_imported.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    host = ForkServerHost(lambda: [("exits_when_imported",), ("fractions",)])
    try:
        done = execute(host, task(tmp_path, value=1, requires=("exits_when_imported", "fractions")))
    finally:
        host.close()
    assert done["result"] == {"value": 1}


def test_parents_outlive_the_thread_that_started_them(host: ForkServerHost, tmp_path: Path) -> None:
    starter = threading.Thread(target=execute, args=(host, task(tmp_path, value=1)))
    starter.start()
    starter.join()
    assert execute(host, task(tmp_path, value=2))["result"] == {"value": 2}


def test_modules_are_found_where_this_process_finds_them(
    host: ForkServerHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_number.py").write_text("from light.component import Number\nclass Own(Number): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, tmp_path / "no text, which Python passes over"])
    own = replace(task(tmp_path, value=4), component="own_number:Own")
    assert execute(host, own)["result"] == {"value": 4}


def test_the_death_of_a_parent_is_told_as_such(host: ForkServerHost, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()

    def kill_parent() -> None:
        _wait_for(lambda: os.listdir(marks))
        assert host._process is not None
        host._process.kill()

    killer = threading.Thread(target=kill_parent)
    killer.start()
    with pytest.raises(ExecutionError, match="the process that workers are forked from has ended"):
        execute(host, task(tmp_path, seconds=60, folder=str(marks)))
    killer.join()
    worker = int(os.listdir(marks)[0].rpartition("-")[2])
    _wait_for(lambda: not _is_running(worker))
    with pytest.raises(ExecutionError, match="the process that workers are forked from has ended"):
        execute(host, task(tmp_path, value=2))
    assert host._running == {}


@pytest.mark.parametrize("behaviour", ["", "raise", "kill"])
def test_what_an_executor_started_ends_with_it(host: ForkServerHost, tmp_path: Path, behaviour: str) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    with contextlib.suppress(ExecutionError, UserCodeError):
        execute(host, task(tmp_path, behaviour=f"background {behaviour}".strip(), folder=str(marks)))
    started = int((marks / "background").read_text())
    _wait_for(lambda: not _is_running(started))


def test_a_client_on_another_system_says_so(
    host: ForkServerHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ExecutionError, match="forked on Linux only; got: darwin; .*in_process=True"):
        execute(host, task(tmp_path))


def test_nobody_survives_the_death_of_the_launching_process(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    program = (
        f"import sys; sys.path[:0] = [{SUPPORT!r}, {str(Path(__file__).parent)!r}]\n"
        "from test_forkserver import *\n"
        "host = ForkServerHost(lambda: [()])\n"
        f"execute(host, task(Path({str(tmp_path)!r}), seconds=60, folder={str(marks)!r}))\n"
    )
    runner = subprocess.Popen([sys.executable, "-c", program])
    _wait_for(lambda: os.listdir(marks))
    worker = int(os.listdir(marks)[0].rpartition("-")[2])
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    _wait_for(lambda: not _is_running(worker))


def _is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def _wait_for(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
