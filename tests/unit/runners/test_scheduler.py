# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import pytest

from penstock.errors import PipelineError
from penstock.ir.model import ChannelIR, NodeIR, PipelineIR, ResourcesIR, ScopeIR
from penstock.runners.schedule import Closed, Results
from penstock.runners.scheduler import walk, walk_side_by_side
from penstock.runtime.items import Item, item_label
from penstock.runtime.layout import Layout
from penstock.runtime.results import NodeResult


def node(name: str, upstream: tuple[str, ...] = (), scope: str | None = None, cpus: float = 1) -> NodeIR:
    resources = ResourcesIR(cpus=cpus)
    return NodeIR(
        id=name,
        kind="component",
        type=name,
        component="",
        upstream=upstream,
        scope=scope,
        resources=resources,
    )


def layout(*nodes: NodeIR, scopes: tuple[ScopeIR, ...] = ()) -> Layout:
    return Layout(PipelineIR(name="p", root="/r", metadata={}, project_root="/p", nodes=nodes, scopes=scopes))


def pipeline(**upstream: tuple[str, ...]) -> Layout:
    return layout(*(node(name, up) for name, up in upstream.items()))


def loop(name: str, over: str, parent: str | None = None) -> ScopeIR:
    return ScopeIR(name, "loop", parent, over=(ChannelIR("Integer", over, "many"),), upstream=(over,))


class Launches:
    """Launches nodes by saying how each ends, and remembers the order."""

    def __init__(
        self,
        launch: Callable[[str], None] = lambda _: None,
        items: Mapping[str, int | Closed] | None = None,
        **states: str,
    ) -> None:
        self.states = states
        self.order: list[str] = []
        self.told: list[NodeResult] = []
        self.cancelled = False
        self._launch = launch
        self._items = items or {}

    def launch(self, node_id: str, item: Item) -> NodeResult:
        name = NodeResult(node_id, "ran", item=item_label(item)).name
        self.order.append(name)
        self._launch(name)
        state = self.states.get(name.replace("[", "_").replace(".", "_").rstrip("]"), "ran")
        stopping = state == "stop"
        return NodeResult(node_id, "failed" if stopping else state, stop=stopping, item=item_label(item))  # type: ignore[arg-type]

    def open_loop(self, loop_id: str, item: Item) -> int | Closed:
        return self._items.get(f"{loop_id}.{item_label(item)}" if item else loop_id, 2)

    def ended(self, result: NodeResult) -> None:
        self.told.append(result)

    def walk(self, pipeline: Layout) -> Results:
        return walk(pipeline, self)

    def side_by_side(self, pipeline: Layout, max_workers: int = 2) -> Results:
        return walk_side_by_side(pipeline, self, max_workers=max_workers)


def test_nodes_downstream_of_a_failure_do_not_run_and_others_do() -> None:
    launches = Launches(b="failed")
    results = launches.walk(pipeline(a=(), b=("a",), c=("b",), d=("c",), e=("a",)))
    assert launches.order == ["a", "b", "e"]
    assert results["c"].reason == "b failed"
    assert results["d"].reason == "c did not run"
    assert [result.node_id for result in launches.told] == ["c", "d"]


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
    launches = Launches(lambda name: None if name == "last" else (together.wait(), None)[1])
    results = launches.side_by_side(pipeline(a=(), b=(), c=(), d=(), last=("a", "b", "c", "d")))
    assert {result.state for result in results.values()} == {"ran"}


class Counting:
    """Counts what runs at a time."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.most: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self.running.append(name)
            self.most.add(tuple(sorted(self.running)))
        threading.Event().wait(0.01)
        with self._lock:
            self.running.remove(name)


def test_never_more_than_the_limit() -> None:
    counting = Counting()
    Launches(counting).side_by_side(pipeline(**{f"n{i}": () for i in range(12)}), max_workers=3)
    assert max(map(len, counting.most)) <= 3


def test_a_node_takes_as_many_slots_as_it_wants_processor_cores_and_never_waits_for_more_than_there_are() -> (
    None
):
    counting = Counting()
    nodes = [
        node("greedy", cpus=64),
        *(node(f"n{i}") for i in range(4)),
        node("two", cpus=1.5),
        node("half", cpus=0.5),
    ]
    results = Launches(counting).side_by_side(layout(*nodes), max_workers=2)
    assert len(results) == 7
    assert all(len(together) == 1 for together in counting.most if {"greedy", "two"} & set(together))


def test_nothing_new_starts_after_a_cancel() -> None:
    launches = Launches(a="cancelled")
    launches._launch = lambda _: setattr(launches, "cancelled", True)
    results = launches.side_by_side(pipeline(a=(), b=(), c=("a",)), max_workers=1)
    assert [results[name].state for name in "abc"] == ["cancelled", "not run", "not run"]
    assert results["b"].reason == "the run was cancelled"


def test_a_thousand_nodes_in_a_row_end_in_order() -> None:
    names = [f"n{i}" for i in range(1000)]
    launches = Launches()
    results = launches.side_by_side(
        pipeline(**{name: tuple(names[max(0, i - 1) : i]) for i, name in enumerate(names)}), max_workers=4
    )
    assert launches.order == list(results) == names


def test_nodes_far_downstream_of_a_failure_are_blocked_while_others_still_run() -> None:
    blocked_all = threading.Event()
    launches = Launches(a="failed")

    def wait(name: str) -> None:
        if name == "slow":
            while len(launches.told) < 3:
                assert not blocked_all.wait(timeout=0.01)

    launches._launch = wait
    results = launches.side_by_side(pipeline(a=(), slow=(), b=("a",), c=("b",), d=("c",)))
    assert [result.node_id for result in launches.told] == ["b", "c", "d"]
    assert results["slow"].state == "ran"


def test_a_node_with_several_upstream_nodes_starts_once_after_the_last() -> None:
    launches = Launches()
    launches.side_by_side(pipeline(a=(), b=(), c=(), d=("a", "b", "c"), e=("d", "a")), max_workers=3)
    assert sorted(launches.order[:3]) == ["a", "b", "c"]
    assert launches.order[3:] == ["d", "e"]


# ---------------------------------------------------------------------------------------------------------------- loops

LOOP = layout(
    node("source"),
    node("a", ("source",), "l"),
    node("b", ("a", "source"), "l"),
    node("total", ("b",)),
    scopes=(loop("l", "source"),),
)


def test_a_loop_is_opened_when_its_items_are_known_and_an_items_nodes_follow_each_other() -> None:
    launches = Launches()
    results = launches.walk(LOOP)
    assert launches.order == ["source", "a[0]", "b[0]", "a[1]", "b[1]", "total"]
    assert [item.item for item in results["b"].items] == ["0", "1"]
    assert [(result.node_id, result.summary) for result in launches.told] == [
        ("a", "2 items"),
        ("b", "2 items"),
    ]


def test_an_item_goes_on_while_another_still_works() -> None:
    other_began = threading.Event()

    def launch(name: str) -> None:
        if name == "b[0]":
            other_began.set()
        if name == "a[1]":
            assert other_began.wait(timeout=10)

    results = Launches(launch).side_by_side(LOOP)
    assert results["total"].state == "ran"


def test_a_failed_item_blocks_its_own_nodes_and_what_gathers() -> None:
    launches = Launches(a_1="failed")
    results = launches.walk(LOOP)
    assert launches.order == ["source", "a[0]", "b[0]", "a[1]"]
    assert [(item.state, item.reason) for item in results["b"].items] == [
        ("ran", ""),
        ("not run", "a[1] failed"),
    ]
    assert (results["a"].state, results["b"].state) == ("failed", "not run")
    assert (results["total"].state, results["total"].reason) == ("not run", "b[1] did not run")


def test_nodes_of_a_loop_that_is_not_run_are_told_once() -> None:
    launches = Launches(items={"l": Closed("skipped", "nothing to do")})
    results = launches.walk(LOOP)
    assert launches.order == ["source", "total"]
    assert [(r.node_id, r.state, r.reason, r.item) for r in launches.told] == [
        ("a", "skipped", "nothing to do", ""),
        ("b", "skipped", "nothing to do", ""),
    ]
    assert set(results) == {"source", "a", "b", "total"}


def test_a_loop_over_what_has_failed_is_not_opened() -> None:
    results = Launches(source="failed").walk(LOOP)
    assert {name: result.reason for name, result in results.items() if name != "source"} == {
        "a": "source failed",
        "b": "source failed",
        "total": "b did not run",
    }


NESTED = layout(
    node("source"),
    node("middle", ("source",), "outer"),
    node("inside", ("middle", "source"), "inner"),
    node("each", ("inside", "source"), "outer"),
    node("total", ("inside",)),
    scopes=(loop("outer", "source"), loop("inner", "middle", "outer")),
)


def test_an_inner_loop_is_opened_for_each_outer_item() -> None:
    launches = Launches(items={"inner.0": 1, "inner.1": 3})
    results = launches.walk(NESTED)
    assert [item.item for item in results["inside"].items] == ["0.0", "1.0", "1.1", "1.2"]
    assert launches.order.index("each[0]") == launches.order.index("inside[0.0]") + 1
    assert launches.order.index("total") > launches.order.index("inside[1.2]")


def test_an_inner_loop_may_be_skipped_for_one_outer_item() -> None:
    results = Launches(items={"inner.0": Closed("skipped", "why"), "inner.1": 1}).walk(NESTED)
    assert [(item.item, item.state) for item in results["inside"].items] == [("0", "skipped"), ("1.0", "ran")]
    assert results["total"].state == results["each"].state == "ran"


def test_a_failure_in_an_inner_loop_stays_in_its_outer_item() -> None:
    results = Launches(inside_0_1="failed").walk(NESTED)
    assert [item.state for item in results["each"].items] == ["not run", "ran"]
    assert results["each"].items[0].reason == "inside[0.1] failed"
    assert results["total"].reason == "inside[0.1] failed"


def test_what_the_launch_raises_is_raised_when_the_others_have_ended() -> None:
    ended = threading.Event()

    def launch(name: str) -> None:
        if name == "a":
            raise KeyError(name)
        threading.Event().wait(0.05)
        ended.set()

    try:
        Launches(launch).side_by_side(pipeline(a=(), b=(), c=("b",)))
    except KeyError:
        assert ended.is_set()
    else:
        raise AssertionError("nothing was raised")


def test_nodes_that_wait_for_each_other_are_an_error_and_no_success() -> None:
    inside = node("inside", scope="L")
    circle = layout(node("before"), inside, scopes=(loop("L", "inside"),))
    for walked in (walk, lambda place, work: walk_side_by_side(place, work, max_workers=2)):
        work = Launches()
        with pytest.raises(PipelineError, match="nodes wait for what does not come: inside"):
            walked(circle, work)
        assert work.order == ["before"]
