# SPDX-License-Identifier: Apache-2.0
"""Clears away what runs have left whose process died."""

from __future__ import annotations

import os

from penstock import files
from penstock.ir.model import PipelineIR
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.clock import now
from penstock.runtime.root import folder_mark, run_folder

_RUNS_SWEPT = 50


def sweep(ir: PipelineIR, store: MetadataStore) -> None:
    """Marks what dead runs of the pipeline left unfinished as failed and removes their files."""
    for execution, owner in store.running_executions(ir.name):
        if owner is None or not owner.is_alive():
            store.finish_execution(
                execution.id, "FAILED", {}, {"__execution_result__": "its process ended before it finished"}
            )
    for record in store.list_runs(ir.name, limit=_RUNS_SWEPT):
        owner_text = record.properties.get("owner")
        if record.properties.get("state") != "RUNNING" or not isinstance(owner_text, str) or not owner_text:
            continue
        if not Owner.from_text(owner_text).is_alive():
            mark = folder_mark(ir.root, store)
            for execution in store.executions_of_run(ir.name, record.run_id):
                if execution.state in ("FAILED", "CANCELED"):
                    _remove_files(ir, record.run_id, execution, mark)
            store.update_run(record, {"state": "FAILED", "finished": now()})


def _remove_files(ir: PipelineIR, run_id: str, execution: ExecutionRecord, mark: str) -> None:
    """Removes the outputs and the scratch files of an execution that is known to have failed."""
    outputs = files.glob(f"{execution.node_id}/*/{execution.id}{mark}", base=ir.root)
    for folder in [*outputs, os.path.join(run_folder(ir, run_id), "tmp", str(execution.id))]:
        files.remove_tree(folder)
