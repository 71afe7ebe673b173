# SPDX-License-Identifier: Apache-2.0
"""Walks through a pipeline's nodes: each after its upstream nodes, independent ones side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

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
    """Launches up to ``max_workers`` nodes at a time, in threads; nothing new starts once ``cancelled`` says so."""
    results: Results = {}
    waiting = {node.id: node for node in ir.nodes}
    running: dict[Future[NodeResult], str] = {}
    with ThreadPoolExecutor(max_workers, thread_name_prefix="node") as pool:
        while waiting or running:
            for node in _ready(waiting, results):
                blocked = blocked_by(node, results)
                if cancelled():
                    blocked = NodeResult(node.id, "not run", "the run was cancelled")
                if blocked is not None:
                    del waiting[node.id]
                    results[node.id] = blocked
                    on_blocked(blocked)
                elif len(running) < max_workers:
                    del waiting[node.id]
                    running[pool.submit(launch, node.id)] = node.id
            if running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    results[running.pop(future)] = future.result()
    return results


def _ready(waiting: Mapping[str, NodeIR], results: Results) -> list[NodeIR]:
    """Returns the waiting nodes whose upstream nodes have all ended, in the pipeline's order."""
    return [node for node in waiting.values() if all(upstream in results for upstream in node.upstream)]
