# SPDX-License-Identifier: Apache-2.0
"""Clears away what runs have left whose process died."""

from __future__ import annotations

import os
from contextlib import suppress

from penstock import files
from penstock.errors import DependencyError, StorageError
from penstock.ir.model import PipelineIR
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.clock import now
from penstock.runtime.root import folder_mark, run_folder


def sweep(ir: PipelineIR, store: MetadataStore) -> None:
    """Marks what dead runs of the pipeline left unfinished as failed and removes their files."""
    for record in store.unfinished_runs(ir.name):
        # A root that is out of reach now is swept by the next run.
        with suppress(StorageError, DependencyError):
            sweep_run(ir, store, record)


def sweep_run(ir: PipelineIR, store: MetadataStore, record: RunRecord) -> None:
    """Marks what dead processes left unfinished in one run as failed and removes their files.

    A run whose own process has died is recorded as failed. One that another scheduler drives has no process of its own.
    """
    owner = run_owner(record)
    if owner is not None and owner.is_alive():
        return
    root = str(record.properties.get("root") or ir.root)
    folder = str(record.properties.get("folder") or run_folder(ir, record.run_id))
    for execution in store.executions_of_run(ir.name, record.run_id):
        if execution.owner is not None and not execution.owner.is_alive():
            _sweep_execution(store, execution, root, folder)
    if owner is None:
        return
    files.remove_tree(os.path.join(folder, "tmp"))
    # Read again, since the process may have ended the run, and then itself, after the record was read.
    latest = store.get_run(ir.name, record.run_id)
    if latest is not None and latest.properties.get("state") == "RUNNING":
        store.update_run(latest, {"state": "FAILED", "finished": now()})


def run_owner(record: RunRecord) -> Owner | None:
    """Returns the process that a run belongs to, ``None`` where it has none."""
    text = record.properties.get("owner")
    return Owner.from_text(text) if isinstance(text, str) and text else None


KILLED = "KILLED"
"""What is told of a run whose process has gone without saying how it ended; the next run records it as FAILED."""


def state_of(record: RunRecord) -> str:
    """Returns the state of a run as it is to be told: as recorded, or ``KILLED``."""
    state = record.properties.get("state")
    owner = run_owner(record) if state == "RUNNING" else None
    return KILLED if owner is not None and not owner.is_alive() else str(state or "")


def _sweep_execution(store: MetadataStore, execution: ExecutionRecord, root: str, folder: str) -> None:
    if execution.state == "RUNNING":
        told = {"__execution_result__": "its process ended before it finished"}
        store.finish_execution(execution.id, "FAILED", {}, told)
        (execution,) = store.executions([execution.id])
    if execution.state not in ("FAILED", "CANCELED"):
        return
    if files.exists(root):
        name = f"{execution.id}{folder_mark(root, store)}"
        for output in files.glob(f"{execution.node_id}/*/{name}", base=root):
            files.remove_tree(output)
    files.remove_tree(os.path.join(folder, "tmp", str(execution.id)))
