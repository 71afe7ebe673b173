# SPDX-License-Identifier: Apache-2.0
"""``penstock runs --watch``."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

Project = Any  # the fixture's class; test folders are no packages

SUPPORT = Path(__file__).parents[2] / "support"


def wait_for(project: Project, state: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        listed = project("runs", "--json")
        if listed.code == 0 and any(run["state"] == state for run in listed.json):
            return
        time.sleep(0.05)
    raise AssertionError(f"no run was {state}")


@pytest.mark.parametrize(("behaviour", "state", "code"), [("", "COMPLETE", 0), ("raise", "FAILED", 1)])
def test_a_run_is_watched_until_it_ends(project: Project, behaviour: str, state: str, code: int) -> None:
    running = project.start(
        "run",
        "pipelines/flow.py",
        "--run-id",
        "r",
        "--param",
        "seconds=1.5",
        "--param",
        f"behaviour={behaviour}",
    )
    wait_for(project, "RUNNING")
    ended = project("runs", "r", "--watch", "--interval", "0.1")
    running.communicate(timeout=60)
    assert ended.code == code
    lines = ended.out.splitlines()
    assert lines[0] == "flow run r"
    assert any(re.match(r"a +running", line) for line in lines)
    assert any(re.match(r"a +ran +\d\.\d s; 1 rows; = 1", line) for line in lines), lines
    assert lines[-1] == f"flow run r: {state}"
    assert len(lines) == len(set(lines))


def test_a_run_that_has_ended_is_told_at_once(project: Project) -> None:
    project.run("--run-id", "r")
    ended = project("runs", "latest", "--watch")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "flow run r: COMPLETE"


def test_a_run_whose_process_was_killed_ends_the_watch(project: Project) -> None:
    running = project.start("run", "pipelines/flow.py", "--run-id", "r", "--param", "seconds=60")
    wait_for(project, "RUNNING")
    running.kill()
    running.communicate(timeout=60)
    ended = project("runs", "r", "--watch", "--interval", "0.1")
    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "flow run r: its process has ended before it did"


def test_the_list_goes_on_until_ctrl_c(project: Project) -> None:
    project.run("--run-id", "r1")
    watching = subprocess.Popen(
        [sys.executable, "-m", "penstock", "runs", "--watch", "--interval", "0.1"],
        cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    assert re.match(r"r1  flow  COMPLETE  ", watching.stdout.readline())
    project.run("--run-id", "r2")
    seen = ""
    while "r2  flow  COMPLETE" not in seen:
        seen = watching.stdout.readline()
        assert seen
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=30)
    assert watching.returncode == 130
    assert "Traceback" not in err


def test_a_terminal_is_drawn_in_place(project: Project) -> None:
    project.run("--run-id", "r1")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    environment.pop("CI", None)
    watching = subprocess.Popen(
        [sys.executable, "-m", "penstock", "runs", "r1", "--watch"],
        cwd=project.root, stdout=theirs, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert watching.wait(30) == 0
    text = shown.decode()
    assert "\x1b[?25l" in text, "the cursor is hidden while it is drawn"
    assert text.rstrip().endswith("\x1b[?25h"), "and shown again at the end"
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert re.search(r"flow run r1: COMPLETE in \d+\.\d s", plain)
    assert re.search(r"ab +ran", plain)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--interval", "1"), "--interval is for --watch"),
        (("--watch", "--json"), "--json and --watch exclude each other"),
        (("--watch", "--interval", "0"), "Invalid value for '--interval'"),
        (("r2", "--watch"), "there is no run 'r2'"),
        (("r1",), "penstock show r1 shows a run"),
    ],
)
def test_misuse_is_told(project: Project, arguments: tuple[str, ...], told: str) -> None:
    project.run("--run-id", "r1")
    ended = project("runs", *arguments)
    assert ended.code == 2
    assert told in ended.err
