# SPDX-License-Identifier: Apache-2.0
"""Runs one component on what a test gives it: driver, executor and publisher, through the launcher, in this process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.errors import NodeFailedError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.component import BaseComponent
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.scheduler import walk
from penstock.runners.session import Session
from penstock.runtime import run as runs
from penstock.runtime.host import InProcessHost
from penstock.runtime.observer import Silent
from penstock.runtime.run import NodeResult, NodeState
from penstock.testing.content import content_of
from penstock.testing.given import artifact
from penstock.testing.place import new_folder, prepare_libraries, prepare_tracing, project_root


@dataclass(frozen=True, slots=True)
class ComponentRun:
    """What came of a component.

    Attributes:
        state: ``ran`` or ``skipped``.
        reason: Why it was skipped.
        summary: Its phrase for the run's table.
        rows: How many rows it handled, where it counts them.
        outputs: The artifacts that it made, as they are recorded, by output key.
        properties: What is recorded of the execution.
    """

    state: NodeState
    reason: str
    summary: str
    rows: int | None
    outputs: Mapping[str, Sequence[Artifact]]
    properties: Mapping[str, PropertyValue]

    def artifact(self, key: str) -> Artifact:
        """Returns the artifact of an output; the first where it has several.

        Raises:
            PipelineError: The component made no such output.
        """
        if not self.outputs.get(key):
            raise PipelineError(
                f"there is no output {key!r}", got=self.reason, hint=did_you_mean(key, self.outputs)
            )
        return self.outputs[key][0]

    def content(self, key: str) -> Any:
        """Returns what an output holds: see ``penstock.testing.content``."""
        return content_of(self.artifact(key))

    def channel(self, key: str) -> Channel:
        """Returns the output as a channel, to be given to another component."""
        made = self.artifact(key)
        return artifact(
            type(made), made.uri, properties=made.properties, custom_properties=made.custom_properties
        )


def run_component(
    component: BaseComponent, *, examples_format: Literal["parquet", "tfrecord"] = "parquet"
) -> ComponentRun:
    """Runs a component whose inputs come from ``examples``, ``schema``, ``artifact`` or other components.

    Other components that it takes outputs of are run before it. Relative paths in parameters start at the root of the
    project around the working directory, as they do in a pipeline.

    Args:
        component: The component.
        examples_format: Format in which it writes examples.

    Raises:
        PenstockError: The component failed; this is the error that it raised.
        NodeFailedError: It stopped the run, or a component before it failed.
    """
    prepare_libraries()
    folder = new_folder("run")
    pipeline = Pipeline(
        "test",
        os.path.join(folder, "root"),
        sqlite_metadata_connection_config(os.path.join(folder, "metadata.db")),
        _with_upstream(component),
        examples_format=examples_format,
    )
    ir = compile_pipeline(pipeline, project_root=project_root())
    with MetadataStore.open(sqlite_metadata_connection_config(os.path.join(folder, "metadata.db"))) as store:
        run = runs.begin(ir, store, "test", {})
        session = Session(run, store, InProcessHost(), Silent())
        prepare_tracing()
        with closing(session.recorder):
            result = walk(session.launcher.layout, session)[component.id]
        if result.state not in ("ran", "skipped"):
            errors = list(session.launcher.errors.values())
            raise errors[0] if errors else NodeFailedError(result.reason, component=component.id)
        return _ended(store, result)


def _ended(store: MetadataStore, result: NodeResult) -> ComponentRun:
    outputs: Mapping[str, Sequence[Artifact]] = {}
    properties: Mapping[str, PropertyValue] = {}
    if result.execution_id is not None:
        outputs = store.outputs_of(result.execution_id)
        recorded = store.executions([result.execution_id])[0].properties
        properties = {name: value for name, value in recorded.items() if not name.startswith("__")}
    return ComponentRun(result.state, result.reason, result.summary, result.rows, outputs, properties)


def _with_upstream(component: BaseNode) -> list[BaseNode]:
    found: dict[int, BaseNode] = {}
    waiting = [component]
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting.extend(node.upstream_nodes)
    return list(found.values())
