# SPDX-License-Identifier: Apache-2.0
"""Runs one node of a run that another scheduler drives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.ir.model import PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
from penstock.runners.session import Session, worker_environment
from penstock.runners.signals import ended_by_signals, interrupted_by_signals
from penstock.runtime import run as runs
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost
from penstock.runtime.observer import Silent
from penstock.runtime.requirements import required_modules
from penstock.runtime.run import NodeResult


@dataclass(frozen=True, slots=True)
class EndedNode:
    """How a node ended.

    Attributes:
        result: Its result.
        log_file: Its log, ``None`` where it wrote none.
        signal: Number of the signal that cancelled it, if one did.
    """

    result: NodeResult
    log_file: str | None
    signal: int | None


def run_single_node(
    ir: PipelineIR, node_id: str, run_id: str, parameters: Mapping[str, Any], *, in_process: bool = False
) -> EndedNode:
    """Joins a run, or begins it, and launches one of its nodes.

    A node that has been run in this run before executes again, unless the cache answers; downstream takes the newest
    result.

    Raises:
        PipelineError: The pipeline has no such node.
        ParameterError: A runtime parameter is unknown, missing or of the wrong type.
    """
    node = ir.node(node_id)
    with MetadataStore.open(ConnectionConfig.from_json_dict(ir.metadata)) as store:
        run = runs.join(ir, store, run_id, parameters)
        host: ExecutorHost = (
            InProcessHost()
            if in_process
            else ForkServerHost(lambda: [required_modules(ir, node, run.parameters)], worker_environment(ir))
        )
        session = Session(run, store, host, Silent())
        try:
            with interrupted_by_signals() if in_process else ended_by_signals(session):
                result = session.launch(node_id)
        finally:
            host.close()
    log_file = run.log_file(node_id)
    return EndedNode(result, log_file if os.path.exists(log_file) else None, session.signal)
