# SPDX-License-Identifier: Apache-2.0
"""Attempts: the executions of a node in a run, for each item of the loops around it, numbered from 0."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.model import NodeIR
from penstock.metadata.store import MetadataStore
from penstock.runtime.items import Item, item_text
from penstock.runtime.run import Run


def execution_name(run: Run, node_id: str, attempt: int, item: Item = ()) -> str:
    """Returns the name of an execution, which makes a repeated publish the same publish."""
    return f"{run.ir.name}/{run.run_id}/{node_id}/{item_text(item)}/{attempt}"


def new_attempts(store: MetadataStore, run: Run, node: NodeIR, item: Item = ()) -> Iterator[int]:
    """Yields the numbers of attempts that have not been made, the first one first.

    Another process may make the same one at the same time, which the name of its execution shows; the next is right
    then.
    """
    key = (node.id, item)
    number = run.attempts.get(key)
    if number is None:
        number = 0 if run.fresh else _first_not_made(store, run, node, item)
    while True:
        run.attempts[key] = number + 1
        yield number
        number += 1


def _first_not_made(store: MetadataStore, run: Run, node: NodeIR, item: Item) -> int:
    attempt = 0
    while store.execution_by_name(node.type, execution_name(run, node.id, attempt, item)) is not None:
        attempt += 1
    return attempt


def latest_finished(store: MetadataStore, run: Run, node: NodeIR, item: Item = ()) -> int | None:
    """Returns the id of a node's newest COMPLETE or CACHED execution in a run."""
    found, attempt = None, 0
    while True:
        execution = store.execution_by_name(node.type, execution_name(run, node.id, attempt, item))
        if execution is None:
            return found
        if execution.state in ("COMPLETE", "CACHED"):
            found = execution.id
        attempt += 1
