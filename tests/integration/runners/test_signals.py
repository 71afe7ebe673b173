# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM at various moments, on every runner: all is recorded, and no process stays behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bench import SUPPORT, Bench
from kills import descendants

PROGRAM = """
import sys
sys.path.insert(0, {support!r})
from pathlib import Path
from bench import Bench
from light.component import Number
from penstock.runners.beam import BeamDagRunner
from penstock.runners.local import LocalDagRunner

if __name__ == "__main__":
    folder = Path({folder!r})
    bench = Bench(folder)
    first = {node}
    second = Number(2, after=first.outputs["number"]).with_id("second")
    report = bench.run(first, second, runner={runner}, run_id="r", cache=False)
    print(report.state, report.signal)
    print(*(node.state for node in report.nodes))
"""

LOCAL = "LocalDagRunner(max_workers=1)"


class Program:
    """A program that runs a pipeline, in a process of its own."""

    def __init__(self, folder: Path, node: str, runner: str = LOCAL) -> None:
        self.folder = folder
        self.bench = Bench(folder)
        text = PROGRAM.format(support=SUPPORT, folder=str(folder), node=node, runner=runner)
        (folder / "program.py").write_text(text)
        self.process = subprocess.Popen(
            [sys.executable, str(folder / "program.py")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def when(self, condition: Callable[[], object], *signals: signal.Signals) -> None:
        """Sends signals as soon as a condition holds."""
        deadline = time.monotonic() + 30
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self._below = descendants(self.process.pid)
        for number in signals:
            self.process.send_signal(number)

    def ended(self) -> tuple[int, str, str]:
        """Waits for the end of the program and of all that it has started; returns code, output and errors."""
        try:
            out, err = self.process.communicate(timeout=30)
        finally:
            self.process.kill()
        deadline = time.monotonic() + 10
        while any(is_running(pid) for pid in self._below):
            assert time.monotonic() < deadline, "a process has outlived its runner"
            time.sleep(0.01)
        return self.process.returncode, out, err

    def has(self, pattern: str) -> Callable[[], object]:
        return lambda: list(self.folder.glob(pattern))


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def node(**options: object) -> str:
    return f"Number(1, {', '.join(f'{name}={value!r}' for name, value in options.items())})"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("runner", [LOCAL, "BeamDagRunner()"], ids=["local", "beam"])
def test_workers_end_and_the_run_is_recorded(tmp_path: Path, number: signal.Signals, runner: str) -> None:
    program = Program(tmp_path, node(seconds=60), runner)
    program.when(program.has("root/Number/number/*/partial"), number)
    code, out, err = program.ended()
    assert (code, out.splitlines()) == (0, [f"CANCELED {int(number)}", "cancelled not run"]), err
    assert program.bench.state("r") == "CANCELED"
    assert program.bench.executions("r") == ["CANCELED"]
    assert not list(tmp_path.glob("root/[!.]*/*/*"))
    assert not list(tmp_path.glob("root/.runs/r/tmp/*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_an_executor_started_ends_too(tmp_path: Path, number: signal.Signals) -> None:
    program = Program(tmp_path, node(behaviour="background hang", folder=str(tmp_path)))
    program.when(program.has("background"), number)
    assert program.ended()[0] == (-number if number == signal.SIGKILL else 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_process_is_interrupted_where_it_stands(tmp_path: Path, number: signal.Signals) -> None:
    program = Program(tmp_path, node(seconds=60), "LocalDagRunner(in_process=True)")
    program.when(program.has("root/Number/number/*/partial"), number)
    code, out, err = program.ended()
    assert code != 0
    assert out == "making 1\n"
    assert "Interrupted" in err
    assert program.bench.state("r") == "CANCELED"
    assert program.bench.executions("r") == ["CANCELED"]
    assert not list(tmp_path.glob("root/Number/number/*"))


def test_parents_that_are_importing_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "imports_for_ever.py").write_text(
        f"import pathlib, time\npathlib.Path({str(tmp_path)!r}, 'importing').touch()\ntime.sleep(600)\n"
    )
    (tmp_path / "heavy.py").write_text(
        "from light.component import Number\nclass Heavy(Number):\n    REQUIRES = ('imports_for_ever',)\n"
    )
    program = Program(tmp_path, "__import__('heavy').Heavy(1)")
    program.when(program.has("importing"), signal.SIGTERM)
    code, out, err = program.ended()
    assert (code, out.splitlines()) == (0, ["CANCELED 15", "cancelled not run"]), err


def test_the_pause_before_another_attempt_is_not_waited_for(tmp_path: Path) -> None:
    program = Program(tmp_path, f"{node(behaviour='raise')}.with_retries(1, delay_seconds=600)")
    program.when(lambda: program.bench.executions("r") == ["FAILED"], signal.SIGINT)
    code, out, err = program.ended()
    assert (code, out.splitlines()) == (0, ["CANCELED 2", "cancelled not run"]), err


def test_a_driver_that_does_not_end_is_left_behind_at_the_second_signal(tmp_path: Path) -> None:
    program = Program(tmp_path, node(seconds=600, behaviour="think", folder=str(tmp_path)))
    program.when(program.has("thinking"))
    while program.process.poll() is None:  # as a user does who loses patience
        program.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    code, _, err = program.ended()
    assert code != 0
    assert "Interrupted" in err
    assert program.bench.state("r") == "CANCELED"


def test_a_signal_that_comes_twice_at_once_counts_once(tmp_path: Path) -> None:
    program = Program(tmp_path, node(seconds=60))
    program.when(program.has("root/Number/number/*/partial"), signal.SIGINT, signal.SIGINT)
    code, out, err = program.ended()
    assert (code, out.splitlines()[0]) == (0, "CANCELED 2"), err
