# SPDX-License-Identifier: Apache-2.0
"""Random pipelines on LocalDagRunner with the real store, against an oracle that shares no code with it.

Twelve, always the same ones; ``RANDOM_PIPELINES=200`` draws so many others each time, and makes one that fails smaller.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bench import SUPPORT, Bench
from hypothesis import HealthCheck, Phase, given, settings
from random_oracle import Expected, Item, Oracle
from random_pipelines import Building, Statement, pipelines

from penstock.errors import ExecutionError, PenstockError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.ir.document import from_json, to_json
from penstock.ir.model import PipelineIR
from penstock.messages.codec import to_jsonable
from penstock.metadata.store import MetadataStore
from penstock.runners import session as sessions
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport, RunRequest
from penstock.runtime.loading import load_declaration, load_role
from penstock.runtime.run import NodeResult
from penstock.runtime.task import ExecutorTask, work_of

WORKERS = 3
DONE = ("ran", "cached")
Instance = tuple[str, Item]


class ThreadHost:
    """Runs executors in the thread that asks: light, and side by side."""

    def __init__(self, *_: Any) -> None:
        pass

    def execute(self, task: ExecutorTask, report: Any) -> dict[str, Any]:
        cls = load_declaration(task.component, task.node_id, task.declaration)
        try:
            result = load_role(cls, cls.EXECUTOR, task.node_id).execute(work_of(task, cls, report))
        except PenstockError:
            raise
        except Exception as error:
            raise ExecutionError(str(error)) from error
        digests = {
            key: [Path(document["uri"]).read_text() for document in group]
            for key, group in task.outputs.items()
        }
        return {"result": to_jsonable(result), "digests": digests}

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass


class Ran:
    """What came of a run, by step and item."""

    def __init__(self, bench: Bench, building: Building, report: RunReport) -> None:
        names = {node_id: name for name, node_id in building.ids.items()}
        self.report = report
        self.results: dict[Instance, NodeResult] = {
            (names[node.node_id], _item(part.item)): part
            for node in report.nodes
            for part in node.items or (node,)
        }
        with bench.store() as store:
            self._read(store, names)

    def _read(self, store: MetadataStore, names: dict[str, str]) -> None:
        executions = store.executions_of_run("p", self.report.run_id)
        self.instance: dict[int, Instance] = {}
        self.published: Counter[Instance] = Counter()
        depths = {
            step: max(len(item) for name, item in self.results if name == step) for step, _ in self.results
        }
        for execution in executions:
            step = names[execution.node_id]
            text = execution.name.split("/")[3]
            instance = (step, _item(text) if depths[step] else ())
            self.instance[execution.id] = instance
            if execution.state in ("COMPLETE", "CACHED"):
                self.published[instance] += 1
        self.made = [
            artifact.id
            for execution in executions
            if execution.state == "COMPLETE"
            for group in store.outputs_of(execution.id).values()
            for artifact in group
        ]

    def states(self) -> dict[Instance, str]:
        return {key: "done" if result.state in DONE else result.state for key, result in self.results.items()}


def _item(text: str) -> Item:
    return tuple(map(int, text.split("."))) if text else ()


class Trial:
    """A folder in which one random pipeline is run."""

    def __init__(self, folder: Path, body: tuple[Statement, ...]) -> None:
        self.body = body
        self.odd, self.log = folder / "odd", folder / "log"
        self.bench = Bench(folder)

    def run(self, run_id: str, *, cache: bool = True, resume: bool = False) -> Ran:
        self.log.write_text("")
        building = Building(str(self.odd), str(self.log), 0.001)
        ir = self._compiled(building, cache=cache)
        report = LocalDagRunner(max_workers=WORKERS).run_ir(ir, RunRequest(run_id=run_id, resume=resume))
        return Ran(self.bench, building, report)

    def _compiled(self, building: Building, *, cache: bool) -> PipelineIR:
        nodes = building.nodes(self.body)
        pipeline = Pipeline("p", str(self.bench.root), self.bench.config, nodes, enable_cache=cache)
        ir = compile_pipeline(pipeline, project_root=SUPPORT)
        assert from_json(to_json(ir)) == ir
        return ir

    def noted(self) -> list[tuple[str, int]]:
        """Returns what the executors noted: ``begin`` or ``end``, and the execution."""
        return [(word, int(number)) for word, number in map(str.split, self.log.read_text().splitlines())]


@contextmanager
def trial(body: tuple[Statement, ...]) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory() as folder:
        yield Trial(Path(folder), body)


def check_ends(ran: Ran, oracle: Oracle) -> None:
    """Every step and item ended as it should, with the number that it should have come to."""
    expected = {(step, item): end for step, items in oracle.ends.items() for item, end in items.items()}
    assert ran.states() == {key: end.end for key, end in expected.items()}
    for key, end in expected.items():
        if end.end == "done":
            assert ran.results[key].summary in (f"= {end.number}", "= "), key
    failed = any(end.end == "failed" for end in expected.values())
    assert ran.report.state == ("FAILED" if failed else "COMPLETE")


def check_publishing(ran: Ran) -> None:
    """What was done was published once, what was not done never, and no artifact twice."""
    done = [key for key, state in ran.states().items() if state == "done"]
    assert ran.published == Counter(done)
    assert len(ran.made) == len(set(ran.made))


def check_order(ran: Ran, oracle: Oracle, noted: list[tuple[str, int]]) -> None:
    """Nothing began before what it depends on had ended, and never more than the bound at a time."""
    ended: set[Instance] = set()
    working: set[int] = set()
    worked = {ran.instance[execution] for _, execution in noted}
    for word, execution in noted:
        step, item = ran.instance[execution]
        if word == "begin":
            expected: Expected = oracle.ends[step][item]
            assert (expected.before & worked) <= ended, (step, item)
            working.add(execution)
            assert len(working) <= WORKERS
        else:
            working.remove(execution)
            ended.add((step, item))


_MANY = os.environ.get("RANDOM_PIPELINES")

random_runs = settings(
    max_examples=int(_MANY or 12),
    deadline=None,
    derandomize=_MANY is None,
    phases=list(Phase) if _MANY else [Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture(autouse=True)
def light_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ForkServerHost", ThreadHost)


@random_runs
@given(pipelines())
def test_a_random_pipeline_runs_as_it_should_and_its_second_run_is_all_cached(
    body: tuple[Statement, ...],
) -> None:
    oracle = Oracle(body, broken=False)
    with trial(body) as tried:
        first = tried.run("first")
        check_ends(first, oracle)
        check_publishing(first)
        check_order(first, oracle, tried.noted())
        second = tried.run("second")
        check_ends(second, oracle)
        check_publishing(second)
        assert {r.state for r in second.results.values() if r.state in DONE} <= {"cached"}
        assert tried.noted() == [] or any(end == "failed" for end in second.states().values())


@random_runs
@given(pipelines())
def test_a_random_pipeline_whose_steps_failed_is_resumed_when_they_are_mended(
    body: tuple[Statement, ...],
) -> None:
    broken, mended = Oracle(body, broken=True), Oracle(body, broken=False)
    with trial(body) as tried:
        tried.odd.touch()
        first = tried.run("run", cache=False)
        check_ends(first, broken)
        check_publishing(first)
        check_order(first, broken, tried.noted())
        tried.odd.unlink()
        resumed = tried.run("run", cache=False, resume=True)
        check_ends(resumed, mended)
        check_publishing(resumed)
        for key, result in resumed.results.items():
            if key in first.results and first.results[key].state in DONE:
                assert (result.state, result.execution_id) == ("cached", first.results[key].execution_id)
