# SPDX-License-Identifier: Apache-2.0
"""A run: begun once, resumed as often as needed, its state kept on its context in the metadata store."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.errors import ParameterError, UsageError, did_you_mean
from penstock.ir.document import digest, to_json
from penstock.ir.model import ParameterType, PipelineIR, RuntimeParameterIR
from penstock.metadata.owner import Owner
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.clock import now
from penstock.runtime.root import folder_mark, run_folder
from penstock.runtime.sweep import sweep

Value = int | float | str | bool
RunState = Literal["RUNNING", "COMPLETE", "FAILED", "CANCELED"]
NodeState = Literal["ran", "cached", "skipped", "failed", "cancelled", "not run"]

_NODE_PREFIX = "node:"
_LONGEST_RUN_ID = 200


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
        warnings: What went on although something was odd; one line each.
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
    warnings: tuple[str, ...] = ()
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
        folder_mark: What the names of output folders end with; see ``penstock.runtime.root``.
    """

    ir: PipelineIR
    run_id: str
    parameters: Mapping[str, Value]
    record: RunRecord
    resumed: bool
    folder_mark: str = ""

    @property
    def folder(self) -> str:
        """Local folder of the run's logs and scratch files."""
        return run_folder(self.ir, self.run_id)

    def log_file(self, node_id: str) -> str:
        """Returns the path of a node's log."""
        return os.path.join(self.folder, f"{node_id}.log")


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
    _check_run_id(run_id)
    parameters = runtime_values(ir, given)
    sweep(ir, store)
    known = store.get_run(ir.name, run_id)
    if resume and known is None:
        raise _nothing_to_resume(ir, store, run_id)
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
    record = store.begin_run(ir.name, run_id, {"started": now(), **properties})
    if known is not None:
        store.update_run(record, properties)
    return Run(ir, run_id, parameters, record, resume, folder_mark(ir.root, store))


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


def join(ir: PipelineIR, store: MetadataStore, run_id: str, given: Mapping[str, Any]) -> Run:
    """Joins the run that a scheduler drives node by node, beginning it where it does not exist yet."""
    _check_run_id(run_id)
    parameters = runtime_values(ir, given)
    record = store.get_run(ir.name, run_id) or store.begin_run(
        ir.name,
        run_id,
        {
            "state": "RUNNING",
            "started": now(),
            "ir_digest": digest(ir),
            "folder": run_folder(ir, run_id),
            "parameters": json.dumps(dict(parameters), sort_keys=True),
        },
    )
    return Run(ir, run_id, parameters, record, resumed=True, folder_mark=folder_mark(ir.root, store))


def end(run: Run, store: MetadataStore, state: RunState) -> None:
    """Records how a run ended."""
    store.update_run(run.record, {"state": state, "finished": now()})


def record_node(run: Run, store: MetadataStore, result: NodeResult) -> None:
    """Records on the run how one of its nodes ended; skipped nodes are recorded nowhere else."""
    document = {
        k: v for k, v in asdict(result).items() if v not in (None, "", False, ()) and k != "traceback"
    }
    store.update_run(run.record, {_NODE_PREFIX + result.node_id: json.dumps(document)})


def node_results(record: RunRecord) -> dict[str, NodeResult]:
    """Returns how the nodes of a run ended, by id, as they are recorded on it."""
    results = {}
    for key, value in record.properties.items():
        if key.startswith(_NODE_PREFIX) and isinstance(value, str):
            document = json.loads(value)
            document["warnings"] = tuple(document.get("warnings", ()))
            results[document["node_id"]] = NodeResult(**document)
    return results


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
