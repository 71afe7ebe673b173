# SPDX-License-Identifier: Apache-2.0
"""How a run has ended, as exit handlers are told: JSON of the form of Kubeflow's final status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock.ir.model import PipelineIR
from penstock.metadata.store import MetadataStore
from penstock.runtime.results import NodeResult
from penstock.runtime.run import Run, node_results

_CANCELLED, _FAILED = 1, 9
"""Codes of ``google.rpc``: CANCELLED and FAILED_PRECONDITION."""


def failed_nodes(ir: PipelineIR, results: Mapping[str, NodeResult]) -> tuple[NodeResult, ...]:
    """Returns the nodes because of which a run has failed, in the pipeline's order."""
    return tuple(
        results[node.id]
        for node in ir.nodes
        if node.id in results and results[node.id].state == "failed" and not node.success_optional
    )


def final_status(
    run: Run, results: Mapping[str, NodeResult], *, cancelled: bool = False, error: str = ""
) -> str:
    """Returns how a run has ended so far, as JSON.

    Args:
        run: The run.
        results: How its nodes have ended, by id.
        cancelled: Whether it was cancelled; also where a node was.
        error: What ended it where it stood.
    """
    ended = {
        node.id: results[node.id] for node in run.ir.nodes if node.id in results and node.trigger != "at_exit"
    }
    failed = failed_nodes(run.ir, ended)
    status: dict[str, Any] = {
        "state": "SUCCEEDED",
        "pipelineJobName": run.run_id,
        "pipelineJobResourceName": f"{run.ir.name}/{run.run_id}",
    }
    if cancelled or any(result.state == "cancelled" for result in ended.values()):
        status["state"] = "CANCELLED"
        status["error"] = {"code": _CANCELLED, "message": "the run was cancelled"}
    elif failed or error:
        message = "; ".join([*map(told, failed), *([error] if error else [])])
        status["state"] = "FAILED"
        status["error"] = {"code": _FAILED, "message": message}
        if failed:
            status["pipelineTaskName"] = failed[0].node_id
    return json.dumps(status)


def told(result: NodeResult) -> str:
    """Returns what failed and why, in one phrase: ``Trainer failed: no rows``."""
    return f"{result.node_id} failed: {result.reason.removeprefix(f'{result.node_id}: ')}"


def recorded_status(run: Run, store: MetadataStore) -> str:
    """Returns how a run has ended so far, from what is recorded of its nodes."""
    record = store.get_run(run.ir.name, run.run_id)
    return final_status(run, node_results(record) if record is not None else {})
