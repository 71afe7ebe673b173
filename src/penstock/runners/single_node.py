# SPDX-License-Identifier: Apache-2.0
"""Runs one node of a run that another scheduler drives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from penstock.errors import MetadataError, UsageError
from penstock.ir.model import NodeIR, PipelineIR
from penstock.metadata.config import ConnectionConfig
from penstock.metadata.store import MetadataStore
from penstock.runners.ends import Ends
from penstock.runners.session import Session, worker_environment
from penstock.runners.signals import ended_by_signals, interrupted_by_signals
from penstock.runners.whole_node import launch_item, launch_whole
from penstock.runtime import run as runs
from penstock.runtime.forkserver.client import ForkServerHost
from penstock.runtime.host import ExecutorHost, InProcessHost
from penstock.runtime.items import Item, item_label, parse_item
from penstock.runtime.observer import Silent
from penstock.runtime.requirements import required_modules
from penstock.runtime.run import NodeResult, Run, node_results


@dataclass(frozen=True, slots=True)
class EndedNode:
    """How a node ended.

    Attributes:
        result: Its result.
        run: The run.
        signal: Number of the signal that cancelled it, if one did.
    """

    result: NodeResult
    run: Run
    signal: int | None

    def log_file(self, result: NodeResult) -> str | None:
        """Returns the log of the node, or of one of its items; ``None`` where it wrote none."""
        path = self.run.log_file(result.node_id, result.item)
        return path if os.path.exists(path) else None


def run_single_node(
    ir: PipelineIR,
    node_id: str,
    run_id: str,
    parameters: Mapping[str, Any],
    *,
    in_process: bool = False,
    item: str | None = None,
    max_workers: int | None = None,
) -> EndedNode:
    """Joins a run, or begins it, and launches one of its nodes.

    A node that has been run in this run before executes again, unless the cache answers; downstream takes the newest
    result. Of a node in loops all items are run, side by side.

    Args:
        ir: The compiled pipeline.
        node_id: The node.
        run_id: Id of the run.
        parameters: Values of runtime parameters.
        in_process: Whether the executor runs in this process, one item after another.
        item: The only item to run, such as ``2.1``.
        max_workers: How many items run at a time; as many as there are processors where it is not given.

    Raises:
        PipelineError: The pipeline has no such node.
        ParameterError: A runtime parameter is unknown, missing or of the wrong type.
        UsageError: The item is not one of the node's.
    """
    node = ir.node(node_id)
    only = None if item is None else _item(ir, node_id, item)
    with MetadataStore.open(ConnectionConfig.from_json_dict(ir.metadata)) as store:
        run = runs.join(ir, store, run_id, parameters)
        host: ExecutorHost = (
            InProcessHost()
            if in_process
            else ForkServerHost(lambda: [required_modules(ir, node, run.parameters)], worker_environment(ir))
        )
        session = Session(run, store, host, Silent())
        workers = 1 if in_process else max_workers or os.cpu_count() or 1
        with (
            _closing(session),
            interrupted_by_signals() if in_process else ended_by_signals(session),
        ):
            ends = _ends_of_items(session, node)
            result = (
                launch_whole(session, node_id, ends, max_workers=workers)
                if only is None
                else launch_item(session, node_id, only, ends)
            )
            session.recorder.flush()
    return EndedNode(result, run, session.signal)


def _ends_of_items(session: Session, node: NodeIR) -> Ends:
    """Returns how the items ended that the node follows: those of a failed one do not run, and the others do.

    Where something else that it follows has failed, it should not have been started; that is an error.
    """
    known = node_results(session.run.record)
    looped = [known[name] for name in node.upstream if name in known and known[name].items]
    return Ends(session.launcher.layout, looped)


@contextmanager
def _closing(session: Session) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(MetadataError):  # what has ended is recorded also where something has ended the rest
            session.recorder.flush()
        session.recorder.close()
        session.host.close()


def _item(ir: PipelineIR, node_id: str, text: str) -> Item:
    item, loops = parse_item(text), ir.loops_around(ir.node(node_id))
    if len(item) != len(loops):
        one = ", ".join(loop.id for loop in loops)
        raise UsageError(
            f"{text} is no item of {node_id}",
            expected=f"one number for each loop around it: {one}" if loops else "no --item: it is in no loop",
            got=item_label(item),
        )
    return item
