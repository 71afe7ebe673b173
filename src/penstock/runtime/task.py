# SPDX-License-Identifier: Apache-2.0
"""One executor's work as a document that can cross a process boundary, and the function that does it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import from_json_dict
from penstock.graph.component import BaseComponent
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.runtime import sources
from penstock.runtime.binding import Resolved, bind_inputs, bind_outputs, bind_parameters
from penstock.runtime.loading import load_declaration, load_role
from penstock.runtime.roles import ExecutorContext, Work
from penstock.runtime.temp_folder import own_temp_folder
from penstock.runtime.user_code import user_code
from penstock.runtime.warnings_told import warnings_told

Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class ExecutorTask:
    """Everything that an executor needs, as plain values.

    Attributes:
        component: Import path of the component's declaration.
        inputs, outputs: Artifacts by key, as ``Artifact.to_json_dict`` gives them.
        parameters: Values of the parameters, plain JSON.
        plan: The driver's plan, plain JSON.
        requires: Heavy modules to have imported before.
        temp_dir: Local folder of this execution's own; the launcher removes it.
        log_file: Local file that takes what the executor prints.
        timeout_seconds: How long it may take.
        declaration: What the component is made of where its class is a generic one.
        sources: Source of the component's module where it exists only in the IR.
        code: Digest of the code of the component's roles: a worker may start with what was imported for another task of
            the same code. Empty where it is not known.
    """

    component: str
    pipeline: str
    run_id: str
    node_id: str
    execution_id: int
    project_root: str
    temp_dir: str
    log_file: str
    inputs: Mapping[str, tuple[Any, ...]]
    outputs: Mapping[str, tuple[Any, ...]]
    parameters: Mapping[str, Any]
    plan: Any = None
    requires: tuple[str, ...] = ()
    examples_format: Literal["parquet", "tfrecord"] = "parquet"
    beam_pipeline_args: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    declaration: Any = None
    sources: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


def artifacts_to_json(artifacts: Resolved) -> dict[str, tuple[Any, ...]]:
    """Returns artifacts by key as plain values."""
    return {key: tuple(a.to_json_dict() for a in group) for key, group in artifacts.items()}


def _artifacts(documents: Mapping[str, tuple[Any, ...]]) -> dict[str, list[Artifact]]:
    return {key: [from_json_dict(document) for document in group] for key, group in documents.items()}


def work_of(task: ExecutorTask, cls: type[BaseComponent], report: Report) -> Work[Any, Any, Any, Any]:
    """Returns the typed work that a task stands for."""
    return Work(
        inputs=bind_inputs(cls, task.node_id, _artifacts(task.inputs)),
        outputs=bind_outputs(cls, task.node_id, _artifacts(task.outputs)),
        parameters=bind_parameters(cls, task.parameters),
        plan=from_jsonable(cls.Plan, task.plan, path="plan") if cls.Plan is not None else None,
        context=ExecutorContext(
            pipeline=task.pipeline,
            run_id=task.run_id,
            node_id=task.node_id,
            execution_id=task.execution_id,
            project_root=task.project_root,
            temp_dir=task.temp_dir,
            examples_format=task.examples_format,
            beam_pipeline_args=task.beam_pipeline_args,
            report=report,
        ),
    )


def run_task(task: ExecutorTask, report: Report) -> dict[str, Any]:
    """Runs the executor of a task.

    Returns:
        As plain JSON, ``result``: what the executor returned, and ``digests``: the content digest of each output
        artifact, by key.

    Raises:
        PenstockError: The executor failed; anything else that its code raised is wrapped in a ``UserCodeError``.
    """
    cls, executor = load_code(task)
    with (
        own_temp_folder(task.temp_dir),
        warnings_told(report),
        user_code(task.node_id, what=f"{type(executor).__name__}.execute"),
    ):
        result = executor.execute(work_of(task, cls, report))
    return {"result": to_jsonable(result), "digests": _digests(task)}


def know_tasks() -> None:
    """Learns in advance what every task needs, for the workers that are forked from this process."""
    importlib.import_module("penstock.files.trees")
    nothing = ExecutorTask("", "", "", "", 0, "", "", "", {}, {}, {})
    from_jsonable(ExecutorTask, to_jsonable(nothing))


def load_code(task: ExecutorTask) -> tuple[type[BaseComponent], Any]:
    """Imports the code that a task needs, and returns its component and its executor."""
    os.environ.update(task.environment)
    sources.install(task.sources, task.project_root)
    cls = load_declaration(task.component, task.node_id, task.declaration)
    cls.signature()
    return cls, load_role(cls, cls.EXECUTOR, task.node_id)


def _digests(task: ExecutorTask) -> dict[str, list[str]]:
    """Returns the digests of what stands at the outputs' URIs; empty text where nothing does."""
    return {
        key: [files.digest(document["uri"]) if files.exists(document["uri"]) else "" for document in group]
        for key, group in task.outputs.items()
    }
