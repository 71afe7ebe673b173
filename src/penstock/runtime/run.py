# SPDX-License-Identifier: Apache-2.0
"""A run: begun once, resumed as often as needed, its state kept on its context in the metadata store."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.errors import ParameterError, UsageError, did_you_mean
from penstock.ir.document import digest, to_json
from penstock.ir.model import ParameterType, PipelineIR, RuntimeParameterIR
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, RunRecord
from penstock.metadata.store import MetadataStore

Value = int | float | str | bool
RunState = Literal["RUNNING", "COMPLETE", "FAILED", "CANCELED"]
NodeState = Literal["ran", "cached", "skipped", "failed", "cancelled", "not run"]

_NODE_PREFIX = "node:"
_RUNS_SWEPT = 50


@dataclass(frozen=True, slots=True)
class NodeResult:
    """How a node ended in a run.

    Attributes:
        node_id: Id of the node.
        state: ``ran``, ``cached`` (an earlier result answered), ``skipped`` (a normal outcome), ``failed``,
            ``cancelled`` or ``not run`` (something before it failed).
        reason: Why it was cached, skipped, failed or not run; one line.
        execution_id: Its execution in the metadata store; ``None`` where there is none.
        seconds: How long it took, the wait for a worker included.
        rows: Rows that it handled, where it counts rows.
        summary: What came out, as a phrase.
        stop: Whether no further node should start.
        traceback: The user's part of a traceback, for the log.
    """

    node_id: str
    state: NodeState
    reason: str = ""
    execution_id: int | None = None
    seconds: float = 0.0
    rows: int | None = None
    summary: str = ""
    stop: bool = False
    traceback: str = field(default="", compare=False)

    @property
    def has_outputs(self) -> bool:
        """Whether nodes downstream can take this node's outputs."""
        return self.state in ("ran", "cached")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline.

    Attributes:
        ir: The compiled pipeline.
        run_id: Id of the run, unique in the metadata store.
        parameters: Values of the runtime parameters, defaults filled in.
        record: Its record in the metadata store.
        resumed: Whether what the run has published already is taken over.
    """

    ir: PipelineIR
    run_id: str
    parameters: Mapping[str, Value]
    record: RunRecord
    resumed: bool

    @property
    def folder(self) -> str:
        """Local folder of the run's logs and scratch files."""
        return run_folder(self.ir, self.run_id)

    def log_file(self, node_id: str) -> str:
        """Returns the path of a node's log."""
        return os.path.join(self.folder, f"{node_id}.log")


def run_folder(ir: PipelineIR, run_id: str) -> str:
    """Returns the local folder of a run: below the pipeline's root, or in the project where the root is remote."""
    if files.is_local(ir.root):
        return os.path.join(files.local_path(ir.root), ".runs", run_id)
    return os.path.join(ir.project_root, ".penstock", "runs", run_id)


def new_run_id() -> str:
    """Returns an id made of the present time in UTC, which sorts as it was made."""
    return datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S.%f")


def begin(
    ir: PipelineIR,
    store: MetadataStore,
    run_id: str,
    given: Mapping[str, Any],
    *,
    build_parameters: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> Run:
    """Begins a run, or takes one up again, and clears away what dead runs left.

    Args:
        ir: The compiled pipeline.
        store: The metadata store.
        run_id: Id of the run.
        given: Values of runtime parameters.
        build_parameters: Arguments that the pipeline was made with, for the record.
        resume: Whether the run must exist already.

    Raises:
        ParameterError: A runtime parameter is unknown, missing or of the wrong type.
        UsageError: The run exists although it should be new, or does not although it should be resumed.
    """
    if not run_id or "/" in run_id or run_id.startswith("."):
        raise UsageError("the run id is not usable", expected="a name without '/'", got=repr(run_id))
    parameters = runtime_values(ir, given)
    sweep(ir, store)
    known = store.get_run(ir.name, run_id)
    if resume and known is None:
        runs = [run.run_id for run in store.list_runs(ir.name, limit=50)]
        raise UsageError(
            f"pipeline {ir.name} has no run {run_id!r} to resume", hint=did_you_mean(run_id, runs)
        )
    if known is not None and not resume:
        raise UsageError(
            f"run {run_id!r} exists already",
            hint=f"take another --run-id, or go on with it: --resume {run_id}",
        )
    _write_ir(ir, run_folder(ir, run_id))
    properties: dict[str, PropertyValue] = {
        "state": "RUNNING",
        "finished": "",
        "ir_digest": digest(ir),
        "folder": run_folder(ir, run_id),
        "parameters": json.dumps(dict(parameters), sort_keys=True),
        "build_parameters": json.dumps(dict(build_parameters or {}), sort_keys=True, default=str),
        "owner": Owner.current().to_text(),
    }
    record = store.begin_run(ir.name, run_id, {"started": _now(), **properties})
    if known is not None:
        store.update_run(record, properties)
    return Run(ir, run_id, parameters, record, resume)


def _write_ir(ir: PipelineIR, folder: str) -> None:
    document = os.path.join(folder, "ir.json")
    with files.storage_errors("write", document):
        os.makedirs(folder, exist_ok=True)
        Path(document).write_text(to_json(ir), encoding="utf-8")


def join(ir: PipelineIR, store: MetadataStore, run_id: str, given: Mapping[str, Any]) -> Run:
    """Joins the run that a scheduler drives node by node, beginning it where it does not exist yet."""
    parameters = runtime_values(ir, given)
    record = store.get_run(ir.name, run_id) or store.begin_run(
        ir.name,
        run_id,
        {
            "state": "RUNNING",
            "started": _now(),
            "ir_digest": digest(ir),
            "folder": run_folder(ir, run_id),
            "parameters": json.dumps(dict(parameters), sort_keys=True),
        },
    )
    return Run(ir, run_id, parameters, record, resumed=True)


def end(run: Run, store: MetadataStore, state: RunState) -> None:
    """Records how a run ended."""
    store.update_run(run.record, {"state": state, "finished": _now()})


def record_node(run: Run, store: MetadataStore, result: NodeResult) -> None:
    """Records on the run how one of its nodes ended; skipped nodes are recorded nowhere else."""
    document = {k: v for k, v in asdict(result).items() if v not in (None, "", False) and k != "traceback"}
    store.update_run(run.record, {_NODE_PREFIX + result.node_id: json.dumps(document)})


def node_results(record: RunRecord) -> dict[str, NodeResult]:
    """Returns how the nodes of a run ended, by id, as they are recorded on it."""
    results = {}
    for key, value in record.properties.items():
        if key.startswith(_NODE_PREFIX) and isinstance(value, str):
            result = NodeResult(**json.loads(value))
            results[result.node_id] = result
    return results


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
            for execution in store.executions_of_run(ir.name, record.run_id):
                if execution.state in ("FAILED", "CANCELED"):
                    _remove_files(ir, record.run_id, execution)
            store.update_run(record, {"state": "FAILED", "finished": _now()})


def _remove_files(ir: PipelineIR, run_id: str, execution: ExecutionRecord) -> None:
    """Removes the outputs and the scratch files of an execution that is known to have failed."""
    outputs = files.glob(files.join(ir.root, execution.node_id, "*", str(execution.id)))
    for folder in [*outputs, os.path.join(run_folder(ir, run_id), "tmp", str(execution.id))]:
        files.remove_tree(folder)


def runtime_values(ir: PipelineIR, given: Mapping[str, Any]) -> dict[str, Value]:
    """Returns the value of every runtime parameter.

    Raises:
        ParameterError: One is unknown, has no value, or a value of the wrong type.
    """
    for name in given:
        if name not in ir.runtime_parameters:
            raise ParameterError(
                f"pipeline {ir.name} has no runtime parameter {name!r}",
                hint=did_you_mean(name, ir.runtime_parameters),
            )
    values: dict[str, Value] = {}
    for name, parameter in ir.runtime_parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise ParameterError(
                f"runtime parameter {name!r} has no value", expected=parameter.type, hint=f"--param {name}=…"
            )
        values[name] = _typed(parameter, value)
    return values


def _typed(parameter: RuntimeParameterIR, value: Any) -> Value:
    if isinstance(value, str):
        return parse_value(value, parameter.type, parameter.name)
    accepted: dict[str, tuple[type, ...]] = {
        "int": (int,),
        "float": (int, float),
        "str": (str,),
        "bool": (bool,),
    }
    if not isinstance(value, accepted[parameter.type]) or (
        isinstance(value, bool) and parameter.type != "bool"
    ):
        raise ParameterError(
            f"runtime parameter {parameter.name!r} has the wrong type",
            expected=parameter.type,
            got=repr(value),
        )
    checked: Value = value  # type: ignore[assignment]  # the check above has narrowed it
    return float(checked) if parameter.type == "float" else checked


def parse_value(text: str, kind: ParameterType, name: str) -> Value:
    """Reads a value from the command line or a configuration file.

    Raises:
        ParameterError: The text does not stand for a value of that type.
    """
    try:
        if kind == "bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        if kind == "int":
            return int(text)
        return float(text) if kind == "float" else text
    except (ValueError, KeyError):
        raise ParameterError(
            f"parameter {name!r} has the wrong type", expected=kind, got=repr(text)
        ) from None


def _now() -> str:
    return datetime.fromtimestamp(time.time(), timezone.utc).isoformat(timespec="milliseconds")
