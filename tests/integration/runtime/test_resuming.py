# SPDX-License-Identifier: Apache-2.0
"""Runs that are taken up again, and runs that another scheduler drives node by node."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench import Bench, states
from light.component import Add, Number

from penstock.errors import UsageError
from penstock.graph.node import BaseNode
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.model import PipelineIR
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunRequest


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@contextmanager
def forked(work: Callable[[], object]) -> Iterator[int]:
    """Does some work in a process of its own, which is killed at the end of the block."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def wait_for(folder: Path, pattern: str) -> None:
    deadline = time.monotonic() + 20
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_stopped_a_run_is_tried_again_when_it_is_resumed(bench: Bench) -> None:
    def nodes(behaviour: str) -> list[BaseNode]:
        gate = Number(1, behaviour=behaviour)
        return [gate, Add([gate.outputs["number"]])]

    assert bench.run(*nodes("stop"), run_id="r", cache=False).state == "FAILED"
    assert bench.run(*nodes("stop"), run_id="r", cache=False, resume=True).state == "FAILED"
    mended = bench.run(*nodes(""), run_id="r", cache=False, resume=True)
    assert (mended.state, states(mended)) == ("COMPLETE", {"Number": "ran", "Add": "ran"})


def test_a_resumed_run_keeps_the_parameters_that_are_not_given_anew(bench: Bench) -> None:
    def nodes(behaviour: str) -> list[BaseNode]:
        first = Number(RuntimeParameter("n", int, default=3)).with_id("first")
        second = Number(RuntimeParameter("m", int, default=4), behaviour, after=first.outputs["number"])
        return [first, second]

    bench.run(*nodes("raise"), run_id="r", parameters={"n": 8, "m": 9})
    resumed = bench.run(*nodes(""), run_id="r", resume=True, parameters={"m": 10})
    assert [node.summary for node in resumed.nodes] == ["= 8", "= 10"]


def test_a_run_that_is_going_on_is_not_resumed(bench: Bench) -> None:
    with forked(lambda: bench.run(Number(1, seconds=60), run_id="r")) as pid:
        wait_for(bench.root, "Number/number/*/partial")
        with pytest.raises(UsageError, match=f"run 'r' is still going on; got: process {pid} runs it"):
            bench.run(Number(1), run_id="r", resume=True)
    assert bench.run(Number(1), run_id="r", resume=True).state == "COMPLETE"
    assert bench.executions("r") == ["FAILED", "COMPLETE"]


def test_what_a_dead_run_left_under_another_root_is_removed(bench: Bench, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    ir = bench.compile(Number(1, seconds=60), root=elsewhere)
    with forked(lambda: LocalDagRunner().run_ir(ir, RunRequest(run_id="dead"))):
        wait_for(elsewhere, "Number/number/*/partial")
    (elsewhere / ".runs/dead/tmp/left by a library").touch()
    bench.run(Number(1))
    assert bench.state("dead") == "FAILED"
    assert not list(elsewhere.glob("Number/number/*"))
    assert not list(elsewhere.glob(".runs/dead/tmp"))


def nodes(value: object = 2, behaviour: str = "") -> list[BaseNode]:
    number = Number(value, behaviour)
    return [number, Add([number.outputs["number"]])]


def test_a_task_after_a_failed_one_fails_and_is_no_skip(bench: Bench) -> None:
    ir = bench.compile(*nodes(behaviour="raise"))
    assert bench.run_node(ir, "Number").state == "failed"
    after = bench.run_node(ir, "Add")
    assert after.state == "failed"
    assert after.reason.startswith("Add: Number has put nothing out in run r; got: failed: Number: ")
    assert bench.recorded("r")["Add"].state == "failed"


def test_a_task_after_a_skipped_one_is_skipped(bench: Bench) -> None:
    ir = bench.compile(*nodes(behaviour="skip"))
    assert bench.run_node(ir, "Number").state == "skipped"
    assert bench.run_node(ir, "Add").reason == "Number was skipped: told to"


def test_a_node_that_is_run_again_executes_again_and_the_newest_result_counts(bench: Bench) -> None:
    def ir(value: int) -> PipelineIR:
        return bench.compile(*nodes(value), cache=False)

    bench.run_node(ir(2), "Number")
    assert bench.run_node(ir(2), "Add").summary == "= 2"
    assert bench.run_node(ir(5), "Number").state == "ran"
    assert bench.run_node(ir(5), "Add").summary == "= 5"
    assert bench.executions("r") == ["COMPLETE"] * 4


def test_a_node_that_is_run_again_takes_what_the_cache_has(bench: Bench) -> None:
    ir = bench.compile(*nodes())
    assert [bench.run_node(ir, "Number").state for _ in range(2)] == ["ran", "cached"]


def test_a_task_keeps_the_parameters_with_which_its_run_began(bench: Bench) -> None:
    ir = bench.compile(*nodes(RuntimeParameter("n", int, default=3)))
    assert bench.run_node(ir, "Number", n=7).summary == "= 7"
    assert bench.run_node(ir, "Number").summary == "= 7"


def test_what_a_killed_task_left_is_removed_by_the_next_one_of_its_run(bench: Bench) -> None:
    ir = bench.compile(Number(1, seconds=60), Number(2).with_id("other"))
    with forked(lambda: bench.run_node(ir, "Number")):
        wait_for(bench.root, "Number/number/*/partial")
    assert bench.executions("r") == ["RUNNING"]
    bench.run_node(ir, "other")
    assert bench.executions("r") == ["FAILED", "COMPLETE"]
    assert not list(bench.root.glob("Number/number/*"))
    assert not list(bench.root.glob(".runs/r/tmp/*"))
