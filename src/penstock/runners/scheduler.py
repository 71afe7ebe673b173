# SPDX-License-Identifier: Apache-2.0
"""Walks through a pipeline's nodes: each after its upstream nodes, independent ones side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from queue import SimpleQueue
from threading import Thread

from penstock.ir.model import NodeIR, PipelineIR
from penstock.runtime.run import NodeResult

Launch = Callable[[str], NodeResult]
Results = dict[str, NodeResult]


def blocked_by(node: NodeIR, results: Mapping[str, NodeResult]) -> NodeResult | None:
    """Returns the ``not run`` result of a node that cannot start because of how others ended; ``None`` if it can."""
    stopped = next((result for result in results.values() if result.stop), None)
    if stopped is not None:
        return NodeResult(node.id, "not run", f"{stopped.node_id} stopped the run")
    for upstream in node.upstream:
        result = results.get(upstream)
        if result is not None and result.state in ("failed", "cancelled", "not run"):
            word = "did not run" if result.state == "not run" else f"was {result.state}"
            word = "failed" if result.state == "failed" else word
            return NodeResult(node.id, "not run", f"{upstream} {word}")
    return None


def walk(ir: PipelineIR, launch: Launch, *, on_blocked: Callable[[NodeResult], None]) -> Results:
    """Launches the nodes one after another in this thread."""
    results: Results = {}
    for node in ir.nodes:
        blocked = blocked_by(node, results)
        if blocked is not None:
            on_blocked(blocked)
        results[node.id] = blocked or launch(node.id)
    return results


def walk_side_by_side(
    ir: PipelineIR,
    launch: Launch,
    *,
    max_workers: int,
    cancelled: Callable[[], bool],
    on_blocked: Callable[[NodeResult], None],
) -> Results:
    """Launches up to ``max_workers`` nodes at a time, in threads; nothing new starts once ``cancelled`` says so.

    What ``launch`` raises is raised when the nodes that run have ended. What is raised in this thread, by a signal for
    instance, is raised at once: the threads do not keep the process from ending.
    """
    results: Results = {}
    order = _Order(ir)
    running: set[str] = set()
    failure: BaseException | None = None
    ended: SimpleQueue[tuple[str, NodeResult | BaseException]] = SimpleQueue()
    while running or (order.ready and failure is None):
        while order.ready and failure is None and len(running) < max_workers:
            node = order.take()
            blocked = blocked_by(node, results)
            if cancelled():
                blocked = NodeResult(node.id, "not run", "the run was cancelled")
            if blocked is None:
                running.add(node.id)
                Thread(target=_launch, args=(launch, node.id, ended), name=node.id, daemon=True).start()
            else:
                results[node.id] = blocked
                on_blocked(blocked)
                order.ended(node.id)
        if running:
            node_id, outcome = ended.get()
            running.remove(node_id)
            if isinstance(outcome, BaseException):
                failure = failure or outcome
            else:
                results[node_id] = outcome
                order.ended(node_id)
    if failure is not None:
        raise failure
    return results


def _launch(launch: Launch, node_id: str, ended: SimpleQueue[tuple[str, NodeResult | BaseException]]) -> None:
    try:
        ended.put((node_id, launch(node_id)))
    except BaseException as error:  # raised again in the thread that waits for it
        ended.put((node_id, error))


class _Order:
    """Says which nodes can start: those whose upstream nodes have all ended, in the pipeline's order."""

    def __init__(self, ir: PipelineIR) -> None:
        self._nodes = ir.nodes
        self._missing = {node.id: len(set(node.upstream)) for node in ir.nodes}
        self._downstream: dict[str, list[int]] = {node.id: [] for node in ir.nodes}
        for place, node in enumerate(ir.nodes):
            for upstream in set(node.upstream):
                self._downstream[upstream].append(place)
        self.ready = [place for place, node in enumerate(ir.nodes) if not node.upstream]

    def take(self) -> NodeIR:
        """Returns the first node that can start, which is then no longer one of them."""
        return self._nodes[heappop(self.ready)]

    def ended(self, node_id: str) -> None:
        """Takes note of a node that has ended."""
        for place in self._downstream[node_id]:
            other = self._nodes[place].id
            self._missing[other] -= 1
            if self._missing[other] == 0:
                heappush(self.ready, place)
