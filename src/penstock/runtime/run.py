# SPDX-License-Identifier: Apache-2.0
"""A run: begun once, resumed as often as needed, its state kept on its context in the metadata store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.errors import UsageError, did_you_mean
from penstock.ir.document import digest, to_json
from penstock.ir.model import PipelineIR
from penstock.metadata.owner import Owner
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.clock import now
from penstock.runtime.items import Item
from penstock.runtime.results import NodeResult as NodeResult
from penstock.runtime.results import NodeState as NodeState
from penstock.runtime.results import node_results as node_results
from penstock.runtime.results import record_node as record_node
from penstock.runtime.results import results_from_text, results_to_text
from penstock.runtime.root import folder_mark, run_folder
from penstock.runtime.sweep import run_owner, sweep, sweep_run
from penstock.runtime.values import Value, runtime_values

RunState = Literal["RUNNING", "COMPLETE", "FAILED", "CANCELED"]

_LONGEST_RUN_ID = 200
_OUTSIDE = "outside"
"""Property of a partial run: how the nodes end that it does not run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline.

    Attributes:
        ir: The compiled pipeline.
        run_id: Id of the run, unique in the metadata store.
        parameters: Values of the runtime parameters, defaults filled in.
        record: Its record in the metadata store.
        resumed: Whether what the run has published already is taken over.
        fresh: Whether this process has begun it, so that it has no executions of others.
        attempts: Number of the next attempt of each node, and item, that this process has executed.
        folder_mark: What the names of output folders end with; see ``penstock.runtime.root``.
        outside: Of a partial run: how the nodes end that are not run; see ``penstock.runtime.partial_run``.
    """

    ir: PipelineIR
    run_id: str
    parameters: Mapping[str, Value]
    record: RunRecord
    resumed: bool
    folder_mark: str = ""
    fresh: bool = False
    attempts: dict[tuple[str, Item], int] = field(default_factory=dict, compare=False)
    outside: Mapping[str, NodeResult] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Local folder of the run's logs and scratch files."""
        return run_folder(self.ir, self.run_id)

    def log_file(self, node_id: str, item: str = "") -> str:
        """Returns the path of a node's log, of its work on an item where it stands in a loop."""
        return os.path.join(self.folder, log_name(node_id, item))


def log_name(node_id: str, item: str) -> str:
    """Returns the name of a log: ``Trainer.log``, ``Trainer@2.1.log`` (no id has an @ in it)."""
    return f"{node_id}@{item}.log" if item else f"{node_id}.log"


def begin(
    ir: PipelineIR,
    store: MetadataStore,
    run_id: str,
    given: Mapping[str, Any],
    *,
    build_parameters: Mapping[str, Any] | None = None,
    resume: bool = False,
    outside: Mapping[str, NodeResult] | None = None,
) -> Run:
    """Begins a run, or takes one up again, and clears away what dead runs left.

    Args:
        ir: The compiled pipeline.
        store: The metadata store.
        run_id: Id of the run.
        given: Values of runtime parameters; a run that is taken up again keeps those that are not given.
        build_parameters: Arguments that the pipeline was made with, for the record.
        resume: Whether the run must exist already.
        outside: Of a new run that is a partial one: how the nodes end that are not run.

    Raises:
        ParameterError: A runtime parameter is unknown, missing or of the wrong type.
        UsageError: The run exists although it should be new, does not although it should be resumed, or is still
            going on.
    """
    _check_run_id(run_id)
    sweep(ir, store)
    known = store.get_run(ir.name, run_id)
    if resume and known is None:
        raise _nothing_to_resume(ir, store, run_id)
    if known is not None:
        if not resume:
            raise _exists(run_id)
        sweep_run(ir, store, known)
        _check_not_going_on(known)
    parameters = runtime_values(ir, {**_recorded_values(ir, known), **given})
    _write_ir(ir, run_folder(ir, run_id))
    owner = Owner.current().to_text()
    properties: dict[str, PropertyValue] = {
        **_properties(ir, run_id, parameters),
        "finished": "",
        "build_parameters": json.dumps(dict(build_parameters or {}), sort_keys=True, default=str),
        "owner": owner,
        **({_OUTSIDE: results_to_text(outside)} if outside else {}),
    }
    record = store.begin_run(ir.name, run_id, {"started": now(), **properties})
    if known is not None:
        store.update_run(record, properties)
    elif record.properties.get("owner") != owner:
        raise _exists(run_id)  # since a moment: another process has begun it
    return Run(
        ir,
        run_id,
        parameters,
        record,
        resume,
        folder_mark(ir.root, store),
        fresh=known is None,
        outside=_outside(record),
    )


def _exists(run_id: str) -> UsageError:
    return UsageError(
        f"run {run_id!r} exists already",
        hint=f"take another --run-id, or go on with it: --resume {run_id}",
    )


def _check_not_going_on(record: RunRecord) -> None:
    """Refuses to take up a run whose process is known to be at work; of one on another machine nothing is known."""
    owner, here = run_owner(record), Owner.current()
    if owner is None or record.properties.get("state") != "RUNNING" or owner == here:
        return
    same_system = (owner.host, owner.boot_id, owner.pid_namespace) == (
        here.host,
        here.boot_id,
        here.pid_namespace,
    )
    if same_system and owner.is_alive():
        raise UsageError(
            f"run {record.run_id!r} is still going on",
            got=f"process {owner.pid} runs it",
            hint="wait for its end, or end that process",
        )


def _recorded_values(ir: PipelineIR, record: RunRecord | None) -> dict[str, Any]:
    """Returns the values of runtime parameters that a run has had, without those that the pipeline has no longer."""
    text = record.properties.get("parameters") if record is not None else None
    values = json.loads(text) if isinstance(text, str) and text else {}
    return {name: value for name, value in values.items() if name in ir.runtime_parameters}


def _properties(ir: PipelineIR, run_id: str, parameters: Mapping[str, Value]) -> dict[str, PropertyValue]:
    return {
        "state": "RUNNING",
        "ir_digest": digest(ir),
        "root": ir.root,
        "folder": run_folder(ir, run_id),
        "parameters": json.dumps(dict(parameters), sort_keys=True),
    }


def _check_run_id(run_id: str) -> None:
    """Refuses what could not name a folder, and what a terminal could not show."""
    fits = 0 < len(run_id.encode("utf-8", "replace")) <= _LONGEST_RUN_ID and run_id.isprintable()
    if not fits or "/" in run_id or run_id.startswith("."):
        raise UsageError(
            "the run id is not usable",
            expected=f"up to {_LONGEST_RUN_ID} characters that can be printed, without '/', not starting with '.'",
            got=repr(run_id)[:60],
        )


def _nothing_to_resume(ir: PipelineIR, store: MetadataStore, run_id: str) -> UsageError:
    other = store.get_run(None, run_id)
    runs = [run.run_id for run in store.list_runs(ir.name, limit=50)]
    return UsageError(
        f"pipeline {ir.name} has no run {run_id!r} to resume",
        got=f"a run of pipeline {other.pipeline}" if other else None,
        hint=did_you_mean(run_id, runs) if runs else "it has not run yet: leave --resume out",
    )


def _write_ir(ir: PipelineIR, folder: str) -> None:
    document = os.path.join(folder, "ir.json")
    with files.storage_errors("write", document):
        os.makedirs(folder, exist_ok=True)
        Path(document).write_text(to_json(ir), encoding="utf-8")


def join(
    ir: PipelineIR, store: MetadataStore, run_id: str, given: Mapping[str, Any], *, resume: bool = False
) -> Run:
    """Joins the run that a scheduler drives node by node, beginning it where it does not exist yet.

    Args:
        ir: The compiled pipeline.
        store: The metadata store.
        run_id: Id of the run.
        given: Values of runtime parameters; those that are not given stay as they were when the run began.
        resume: Whether what the run has published already is taken over. Otherwise a node that is run again in the run
            executes again, unless the cache answers.
    """
    _check_run_id(run_id)
    known = store.get_run(ir.name, run_id)
    parameters = runtime_values(ir, {**_recorded_values(ir, known), **given})
    if known is not None:
        sweep_run(ir, store, known)
    record = known or store.begin_run(
        ir.name, run_id, {"started": now(), **_properties(ir, run_id, parameters)}
    )
    return Run(ir, run_id, parameters, record, resume, folder_mark(ir.root, store), outside=_outside(record))


def _outside(record: RunRecord) -> dict[str, NodeResult]:
    return results_from_text(str(record.properties.get(_OUTSIDE) or "{}"))


def end(run: Run, store: MetadataStore, state: RunState) -> None:
    """Records how a run ended."""
    store.update_run(run.record, {"state": state, "finished": now()})
