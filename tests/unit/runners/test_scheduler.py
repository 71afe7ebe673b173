# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from penstock.ir.model import NodeIR, PipelineIR
from penstock.runners.scheduler import Results, walk, walk_side_by_side
from penstock.runtime.run import NodeResult


def pipeline(**upstream: tuple[str, ...]) -> PipelineIR:
    nodes = tuple(
        NodeIR(id=name, kind="component", type=name, component="", upstream=up)
        for name, up in upstream.items()
    )
    return PipelineIR(name="p", root="/r", metadata={}, project_root="/p", nodes=nodes)


class Launches:
    """Launches nodes by saying how each ends, and remembers the order."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.order: list[str] = []
        self.blocked: list[NodeResult] = []

    def __call__(self, node_id: str) -> NodeResult:
        self.order.append(node_id)
        state = self.states.get(node_id, "ran")
        return NodeResult(node_id, "failed" if state == "stop" else state, stop=state == "stop")  # type: ignore[arg-type]

    def walk(self, ir: PipelineIR) -> Results:
        return walk(ir, self, on_blocked=self.blocked.append)


def test_nodes_downstream_of_a_failure_do_not_run_and_others_do() -> None:
    launches = Launches(b="failed")
    results = launches.walk(pipeline(a=(), b=("a",), c=("b",), d=("c",), e=("a",)))
    assert launches.order == ["a", "b", "e"]
    assert results["c"].reason == "b failed"
    assert results["d"].reason == "c did not run"
    assert [result.node_id for result in launches.blocked] == ["c", "d"]


def test_nodes_downstream_of_a_skip_are_launched_and_decide_for_themselves() -> None:
    launches = Launches(a="skipped")
    launches.walk(pipeline(a=(), b=("a",)))
    assert launches.order == ["a", "b"]


def test_a_node_that_stops_the_run_lets_nothing_start_after_it() -> None:
    launches = Launches(a="stop")
    results = launches.walk(pipeline(a=(), b=(), c=("b",)))
    assert launches.order == ["a"]
    assert results["c"].reason == "a stopped the run"


def test_independent_nodes_run_side_by_side_up_to_the_limit() -> None:
    together = threading.Barrier(2, timeout=10)

    def launch(node_id: str) -> NodeResult:
        if node_id != "last":
            together.wait()
        return NodeResult(node_id, "ran")

    ir = pipeline(a=(), b=(), c=(), d=(), last=("a", "b", "c", "d"))
    results = walk_side_by_side(ir, launch, max_workers=2, cancelled=lambda: False, on_blocked=lambda _: None)
    assert {result.state for result in results.values()} == {"ran"}


def test_never_more_than_the_limit() -> None:
    running, most, lock = set[str](), [0], threading.Lock()

    def launch(node_id: str) -> NodeResult:
        with lock:
            running.add(node_id)
            most[0] = max(most[0], len(running))
        threading.Event().wait(0.01)
        with lock:
            running.remove(node_id)
        return NodeResult(node_id, "ran")

    ir = pipeline(**{f"n{i}": () for i in range(12)})
    walk_side_by_side(ir, launch, max_workers=3, cancelled=lambda: False, on_blocked=lambda _: None)
    assert most[0] <= 3


def test_nothing_new_starts_after_a_cancel() -> None:
    cancelled = threading.Event()

    def launch(node_id: str) -> NodeResult:
        cancelled.set()
        return NodeResult(node_id, "cancelled")

    results = walk_side_by_side(
        pipeline(a=(), b=("a",)), launch, max_workers=2, cancelled=cancelled.is_set, on_blocked=lambda _: None
    )
    assert (results["a"].state, results["b"].state) == ("cancelled", "not run")


def test_a_thousand_nodes_in_a_row_end_in_order() -> None:
    names = [f"n{i}" for i in range(1000)]
    ir = pipeline(**{name: tuple(names[max(0, i - 1) : i]) for i, name in enumerate(names)})
    launches = Launches()
    results = walk_side_by_side(
        ir, launches, max_workers=4, cancelled=lambda: False, on_blocked=launches.blocked.append
    )
    assert launches.order == list(results) == names


def test_nodes_far_downstream_of_a_failure_are_blocked_while_others_still_run() -> None:
    blocked_all = threading.Event()
    blocked: list[str] = []

    def note(result: NodeResult) -> None:
        blocked.append(result.node_id)
        if len(blocked) == 3:
            blocked_all.set()

    def launch(node_id: str) -> NodeResult:
        if node_id == "slow":
            assert blocked_all.wait(timeout=10)
        return NodeResult(node_id, "failed" if node_id == "a" else "ran")

    ir = pipeline(a=(), slow=(), b=("a",), c=("b",), d=("c",))
    results = walk_side_by_side(ir, launch, max_workers=2, cancelled=lambda: False, on_blocked=note)
    assert blocked == ["b", "c", "d"]
    assert results["slow"].state == "ran"


def test_a_node_with_several_upstream_nodes_starts_once_after_the_last() -> None:
    launches = Launches()
    ir = pipeline(a=(), b=(), c=(), d=("a", "b", "c"), e=("d", "a"))
    walk_side_by_side(
        ir, launches, max_workers=3, cancelled=lambda: False, on_blocked=launches.blocked.append
    )
    assert sorted(launches.order[:3]) == ["a", "b", "c"]
    assert launches.order[3:] == ["d", "e"]
