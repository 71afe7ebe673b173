# SPDX-License-Identifier: Apache-2.0
"""A single component as a pipeline: with all that it takes something from, and how one tells that it has changed."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace

from penstock.errors import PipelineError
from penstock.graph.channel import PipelineChannel
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.ir.model import NodeIR, PipelineIR
from penstock.messages.codec import to_jsonable
from penstock.runtime.fingerprint import fingerprint_of_component
from penstock.runtime.loading import load_declaration


def neighbourhood(component: BaseNode) -> list[BaseNode]:
    """Returns a component and all nodes that it waits for, directly or through others.

    Raises:
        PipelineError: It is no node, or stands in a sub-pipeline.
    """
    if isinstance(component, type) and issubclass(component, BaseNode):
        raise PipelineError(
            "a component is run, not its class",
            got=component.__name__,
            hint=f"{component.__name__}(…) makes one",
        )
    if not isinstance(component, BaseNode):
        raise PipelineError(
            "only a component can be run", expected="a component, Resolver or Importer", got=repr(component)
        )
    if isinstance(component, Pipeline):
        raise PipelineError(
            f"{component.id} is a pipeline, and a notebook runs one component at a time",
            hint="run its components one by one, or the whole with LocalDagRunner().run(pipeline)",
        )
    found: dict[int, BaseNode] = {}

    def add(node: BaseNode) -> None:
        if id(node) not in found:
            _check_stands_alone(node)
            found[id(node)] = node
            for upstream in node.upstream_nodes:
                add(upstream)

    add(component)
    return list(found.values())


def _check_stands_alone(node: BaseNode) -> None:
    channels = [*(channel for group in node.inputs.values() for channel in group), *node.read_channels()]
    inner = next((channel for channel in channels if isinstance(channel, PipelineChannel)), None)
    if isinstance(node, Pipeline) or inner is not None:
        raise PipelineError(
            "a notebook runs components that stand in no sub-pipeline",
            component=node.id,
            got=repr(inner or node),
            hint="give the component the channel itself, without PipelineInputs, or run the whole with LocalDagRunner",
        )


def definition_of(ir: PipelineIR, node: NodeIR) -> str:
    """Returns a digest of what a node is: two definitions that do the same have the same one.

    Left out is what does not change what the node makes: the cache's switch and Beam arguments.
    """
    alike = replace(node, enable_cache=False, beam_pipeline_args=())
    scopes = [to_jsonable(scope) for scope in ir.scopes_around(node)]
    parts = [to_jsonable(alike), scopes]
    if node.kind == "component":
        cls = load_declaration(node.component, node.id, node.declaration)
        parts.append(fingerprint_of_component(cls, ir.project_root))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def variable_of(node: BaseNode) -> str | None:
    """Returns the name of the notebook's variable that holds a node, ``None`` where none does."""
    main = vars(sys.modules["__main__"])
    return next((name for name, value in main.items() if value is node and not name.startswith("_")), None)


def call_of(node: BaseNode) -> str:
    """Returns the call that runs a node, as the notebook would write it."""
    return f"context.run({variable_of(node) or node.id})"
