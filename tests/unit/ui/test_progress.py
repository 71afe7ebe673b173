# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from penstock.graph.compiler import compile_pipeline
from penstock.ir.model import PipelineIR
from penstock.runners.session import RunRequest
from penstock.runtime.observer import Observer
from penstock.runtime.run import NodeResult
from penstock.ui import progress
from penstock.ui.live import LiveDisplay
from penstock.ui.terminal import is_live


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def ir() -> PipelineIR:
    from light.pipeline import create_pipeline

    return compile_pipeline(create_pipeline())


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def play(observer: Observer) -> None:
    observer.node_started("a")
    observer.node_executing("a")
    observer.node_progress("a", 5)
    observer.node_finished(NodeResult("a", "ran", seconds=1.25, rows=15002, summary="= 1"))
    observer.node_started("b")
    observer.node_finished(NodeResult("b", "failed", "b: no luck; what to do: try", seconds=0.5))
    observer.node_finished(NodeResult("abc", "not run", "b failed"))


def test_lines_tell_each_event(ir: PipelineIR, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.observe(ir, RunRequest("r1")) as observer:
        play(observer)
    assert capsys.readouterr().out.splitlines() == [
        "light run r1",
        "a    running",
        "a    ran        1.2 s; 15,002 rows; = 1",
        "b    failed     0.5 s; no luck; what to do: try",
        "abc  not run    b failed",
    ]


def test_rows_are_told_from_time_to_time(
    ir: PipelineIR, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 1.0, 11.0, 12.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with progress.observe(ir, RunRequest("r1")) as observer:
        observer.node_executing("a")
        for rows in (10, 1000, 2000):
            observer.node_progress("a", rows)
    assert capsys.readouterr().out.splitlines()[1:] == ["a    running", "a    running    1,000 rows"]


def test_the_live_display_keeps_a_table(ir: PipelineIR) -> None:
    display = LiveDisplay(ir, "light run r1")
    play(display)
    display.node_started("c")
    display.node_executing("c")
    display.node_progress("c", 12)
    screen = io.StringIO()
    Console(file=screen, width=100).print(display.render())
    lines = [line.split() for line in screen.getvalue().splitlines()]
    assert lines[0][:3] == ["light", "run", "r1"]
    assert ["a", "ran", "1.2", "s", "15,002", "=", "1"] in lines
    assert ["ab", "waiting"] in lines
    assert ["abc", "not", "run", "0.0", "s", "b", "failed"] in lines
    assert any(line[1:3] == ["c", "running"] and line[-1] == "12" for line in lines)


def test_a_terminal_gets_the_live_display_and_nothing_of_it_stays(
    ir: PipelineIR, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with progress.observe(ir, RunRequest("r1")) as observer:
        assert isinstance(observer, LiveDisplay)
        play(observer)
    assert terminal.getvalue().endswith("\x1b[2K")  # the last of its lines is erased


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_lines_are_for_everything_else(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    assert is_live(Terminal())
    assert not is_live(io.StringIO())
    monkeypatch.setenv(variable, "1")
    assert not is_live(Terminal())


def test_a_dumb_terminal_and_a_debugger_get_lines(
    ir: PipelineIR, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    with progress.observe(ir, RunRequest("r1"), lines_only=True) as observer:
        assert isinstance(observer, progress.Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert not is_live(Terminal())
