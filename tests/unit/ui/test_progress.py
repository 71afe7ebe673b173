# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from penstock.graph.compiler import compile_pipeline
from penstock.ir.model import NodeIR, PipelineIR
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


def play_items(observer: Observer) -> None:
    for item in ("0", "1", "2"):
        observer.node_started("a", item)
        observer.node_executing("a", item)
        observer.node_progress("a", 5, item)
    observer.node_finished(NodeResult("a", "ran", item="1", seconds=1))
    observer.node_finished(NodeResult("a", "failed", "a[0]: no luck", item="0", seconds=2))


def test_lines_of_a_node_in_a_loop_are_few(ir: PipelineIR, capsys: pytest.CaptureFixture[str]) -> None:
    with progress.observe(ir, RunRequest("r1")) as observer:
        observer.node_warned("a", "it asks for much")
        play_items(observer)
        observer.node_finished(NodeResult("a", "failed", "item 0: no luck", seconds=3, summary="3 items"))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "a    warning    it asks for much",
        "a    running",
        "a[0]  failed     2.0 s; no luck",
        "a    failed     3.0 s; 3 items; item 0: no luck",
    ]


def screen_of(display: LiveDisplay) -> list[list[str]]:
    screen = io.StringIO()
    Console(file=screen, width=100).print(display.render())
    return [line.split() for line in screen.getvalue().splitlines()]


def test_the_live_display_adds_up_the_items_of_a_node(ir: PipelineIR) -> None:
    display = LiveDisplay(ir, "light run r1")
    play_items(display)
    (line,) = (line for line in screen_of(display) if "a" in line)
    assert line[1:3] == ["a", "running"]
    assert line[-7:] == ["15", "2", "items", "ended,", "1", "under", "way"]


def test_of_very_many_nodes_the_live_display_shows_what_runs_and_what_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINES", "24")
    nodes = tuple(NodeIR(id=f"n{i}", kind="component", type="t", component="") for i in range(1000))
    display = LiveDisplay(PipelineIR(name="p", root="/r", metadata={}, project_root="/p", nodes=nodes), "p")
    for number in range(500):
        display.node_started(f"n{number}")
        display.node_finished(NodeResult(f"n{number}", "failed" if number == 3 else "ran"))
    display.node_started("n700")
    lines = screen_of(display)
    assert len(lines) <= 24
    shown = [line[1] if line[1].startswith("n") else line[0] for line in lines[2:-1]]
    assert {"n3", "n700"} <= set(shown)
    assert lines[-1] == ["and", "481", "ran,", "499", "waiting"]


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
