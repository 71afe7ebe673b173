# SPDX-License-Identifier: Apache-2.0
"""Exit handlers, triggers and nodes that may fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bench import SUPPORT, Bench, states
from light.component import Add, Number
from light.steps import Step
from light.telling import Tell

from penstock.errors import NodeFailedError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.node_execution_options import NodeExecutionOptions, TriggerStrategy
from penstock.graph.pipeline import Pipeline
from penstock.graph.placeholder import Placeholder
from penstock.ir.model import PipelineIR
from penstock.runners.beam import BeamDagRunner
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunRequest
from penstock.runners.single_node import run_single_node

RUNNERS = [LocalDagRunner(), LocalDagRunner(in_process=True), BeamDagRunner()]
STATUS = Placeholder("run", value="status")

every_runner = pytest.mark.parametrize("runner", RUNNERS, ids=["local", "in process", "beam"])


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def compiled(bench: Bench, *nodes: BaseNode, handler: BaseNode) -> PipelineIR:
    pipeline = Pipeline("p", str(bench.root), bench.config, nodes, exit_handler=handler)
    return compile_pipeline(pipeline, project_root=SUPPORT)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@every_runner
def test_an_exit_handler_is_told_that_all_went_well(bench: Bench, tmp_path: Path, runner: Any) -> None:
    handler = Tell(STATUS, str(tmp_path / "told")).with_id("handler")
    number = Number(1)
    report = runner.run_ir(
        compiled(bench, number, Add([number.outputs["number"]]), handler=handler), RunRequest(run_id="r")
    )
    assert (report.state, [*states(report)]) == ("COMPLETE", ["Number", "Add", "handler"])
    assert lines(tmp_path / "told") == [
        {"state": "SUCCEEDED", "pipelineJobName": "r", "pipelineJobResourceName": "p/r"}
    ]
    assert bench.recorded("r")["handler"].state == "ran"


def test_the_cache_does_not_answer_for_an_exit_handler(bench: Bench, tmp_path: Path) -> None:
    for run_id in ("r1", "r2"):
        handler = Tell("{}", str(tmp_path / "told")).with_id("handler")
        pipeline = Pipeline(
            "p", str(bench.root), bench.config, [Number(1)], enable_cache=True, exit_handler=handler
        )
        ir = compile_pipeline(pipeline, project_root=SUPPORT)
        report = LocalDagRunner(in_process=True).run_ir(ir, RunRequest(run_id=run_id))
    assert states(report) == {"Number": "cached", "handler": "ran"}
    assert len(lines(tmp_path / "told")) == 2


@every_runner
def test_an_exit_handler_is_told_what_failed(bench: Bench, tmp_path: Path, runner: Any) -> None:
    handler = Tell(STATUS, str(tmp_path / "told")).with_id("handler")
    number = Number(1, "raise")
    ir = compiled(bench, number, Add([number.outputs["number"]]), handler=handler)
    report = runner.run_ir(ir, RunRequest(run_id="r"))
    assert (report.state, states(report)["handler"]) == ("FAILED", "ran")
    (told,) = lines(tmp_path / "told")
    assert (told["state"], told["pipelineTaskName"], told["error"]["code"]) == ("FAILED", "Number", 9)
    assert "the number is cursed" in told["error"]["message"]


@every_runner
def test_a_failure_of_the_exit_handler_fails_the_run(bench: Bench, tmp_path: Path, runner: Any) -> None:
    handler = Tell("text", str(tmp_path / "told"), fail=True).with_id("handler")
    report = runner.run_ir(compiled(bench, Number(1), handler=handler), RunRequest(run_id="r"))
    assert (report.state, bench.state("r")) == ("FAILED", "FAILED")
    with pytest.raises(NodeFailedError, match="handler failed: .*told, and failed"):
        report.raise_for_failure()


def test_a_task_of_another_scheduler_reads_the_status_from_the_store(bench: Bench, tmp_path: Path) -> None:
    handler = Tell(STATUS, str(tmp_path / "told")).with_id("handler")
    ir = compiled(bench, Number(1, "raise"), handler=handler)
    for node in ir.nodes:
        run_single_node(ir, node.id, "r", {}, in_process=True)
    (told,) = lines(tmp_path / "told")
    assert (told["state"], told["pipelineTaskName"]) == ("FAILED", "Number")


def test_every_runner_takes_an_exit_handler(bench: Bench, tmp_path: Path) -> None:
    runner = LocalDagRunner(in_process=True)
    runner.set_exit_handler(Tell(STATUS, str(tmp_path / "told")).with_id("handler"))
    runner.run(Pipeline("p", str(bench.root), bench.config, [Number(1)]))
    assert lines(tmp_path / "told")[0]["state"] == "SUCCEEDED"


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from bench import Bench
from light.component import Number
from light.telling import Tell
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.placeholder import Placeholder
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunRequest
from penstock.runners import exit_handlers
exit_handlers.SECONDS_AFTER_A_CANCEL = 2.0
folder = Path({folder!r})
bench = Bench(folder)
handler = Tell(Placeholder("run", value="status"), str(folder / "told"), seconds={seconds}).with_id("handler")
nodes = [Number(1, "hang", folder=str(folder / "marks"))]
pipeline = Pipeline("p", str(bench.root), bench.config, nodes, exit_handler=handler)
runner = LocalDagRunner(in_process={in_process})
runner.run_ir(compile_pipeline(pipeline, project_root={support!r}), RunRequest(run_id="r"))
"""


def cancelled(folder: Path, *, in_process: bool, seconds: float = 0.0) -> None:
    """Runs a pipeline whose node hangs in a process of its own, and ends that with SIGTERM."""
    (folder / "marks").mkdir()
    program = PROGRAM.format(support=SUPPORT, folder=str(folder), in_process=in_process, seconds=seconds)
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not os.listdir(folder / "marks"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)


@pytest.mark.parametrize("in_process", [False, True])
def test_an_exit_handler_runs_after_a_signal_too(bench: Bench, tmp_path: Path, in_process: bool) -> None:
    cancelled(tmp_path, in_process=in_process)
    (told,) = lines(tmp_path / "told")
    assert (told["state"], told["error"]["code"]) == ("CANCELLED", 1)
    assert (bench.state("r"), bench.recorded("r")["handler"].state) == ("CANCELED", "ran")


@pytest.mark.parametrize("in_process", [False, True])
def test_after_a_signal_an_exit_handler_has_its_time_and_no_more(
    bench: Bench, tmp_path: Path, in_process: bool
) -> None:
    cancelled(tmp_path, in_process=in_process, seconds=600)
    assert not (tmp_path / "told").exists()
    assert (bench.state("r"), bench.executions("r")) == ("CANCELED", ["CANCELED", "CANCELED"])


# ------------------------------------------------------------------------------------------------------------- triggers


@every_runner
def test_a_node_may_start_when_all_before_it_have_ended(bench: Bench, runner: Any) -> None:
    failing, fine = Step(1).with_id("failing"), Step(2).with_id("fine")
    failing = Step(1, odd=str(bench.folder)).with_id("failing")
    always = NodeExecutionOptions(trigger_strategy=TriggerStrategy.ALL_UPSTREAM_NODES_COMPLETED)
    after = Step(5, may=[failing.outputs["out"], fine.outputs["out"]]).with_id("after")
    after.with_node_execution_options(always)
    never = Step(5, needs=[failing.outputs["out"]]).with_id("never").with_node_execution_options(always)
    report = bench.run(failing, fine, after, never, runner=runner, run_id="r")
    assert states(report)["after"] == "ran"
    assert next(node.summary for node in report.nodes if node.node_id == "after") == "= 7"
    assert states(report)["never"] == "failed"
    assert report.state == "FAILED"


@every_runner
def test_a_run_succeeds_without_a_node_that_may_fail(bench: Bench, runner: Any) -> None:
    failing = Number(1, "raise").with_node_execution_options(NodeExecutionOptions(success_optional=True))
    report = bench.run(failing, Add([failing.outputs["number"]]), runner=runner, run_id="r")
    assert (report.state, bench.state("r")) == ("COMPLETE", "COMPLETE")
    assert states(report) == {"Number": "failed", "Add": "not run"}
    report.raise_for_failure()
