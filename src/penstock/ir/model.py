# SPDX-License-Identifier: Apache-2.0
"""The compiled pipeline: frozen values that become one versioned JSON document.

Runtime parameters stay placeholders in it, so one document serves every runner and every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penstock.errors import PipelineError, did_you_mean

SCHEMA_VERSION = 1

ExecutionBaseType = Literal["Train", "Transform", "Process", "Evaluate", "Deploy"]
NodeKind = Literal["component", "resolver", "importer"]
ParameterType = Literal["int", "float", "str", "bool"]


@dataclass(frozen=True, slots=True)
class ChannelIR:
    """One edge into an input.

    Attributes:
        type: Name of the artifact type.
        producer: Id of the node that makes the artifacts; ``None`` stands for the pipeline's history.
        output: Output key at the producer; ``None`` with no producer.
        pipeline: Name of another pipeline whose history it stands for; ``None`` for this one's.
        node: Id of the node of that pipeline that put the artifacts out; ``None`` for any.
    """

    type: str
    producer: str | None = None
    output: str | None = None
    pipeline: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class InputIR:
    """One input of a node: the channels that feed it.

    Attributes:
        channels: Where its artifacts come from, in order.
        optional: Whether the node can do without an artifact of it.
        multiple: Whether it takes more than one.
        one_each: Whether each channel gives exactly one.
    """

    channels: tuple[ChannelIR, ...]
    optional: bool = False
    multiple: bool = False
    one_each: bool = False


@dataclass(frozen=True, slots=True)
class OutputIR:
    """One output of a node."""

    type: str
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class RuntimeParameterIR:
    """A value that is given when a run starts."""

    name: str
    type: ParameterType
    default: int | float | str | bool | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ValueIR:
    """The value of a parameter: a constant (plain JSON), or the name of a runtime parameter."""

    constant: Any = None
    runtime_parameter: str | None = None


@dataclass(frozen=True, slots=True)
class NodeIR:
    """One node.

    Attributes:
        id: Id of the node.
        kind: What handles it: a component's roles, or one of the system nodes.
        type: Name of its execution type in the metadata store.
        base_type: Kind of work, for readers of the metadata store.
        component: Import path ``module:Class`` of the declaration.
        inputs, outputs, parameters: By key.
        upstream: Ids of all nodes that must end first, sorted.
        requires: Heavy modules that the executor imports.
        enable_cache: Whether the cache may answer for this node.
        max_retries, retry_delay_seconds, timeout_seconds: How it is run.
        beam_pipeline_args: Beam arguments of pipeline and node, in order.
    """

    id: str
    kind: NodeKind
    type: str
    component: str
    base_type: ExecutionBaseType | None = None
    inputs: Mapping[str, InputIR] = field(default_factory=dict)
    outputs: Mapping[str, OutputIR] = field(default_factory=dict)
    parameters: Mapping[str, ValueIR] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    enable_cache: bool = False
    max_retries: int = 0
    retry_delay_seconds: float = 1.0
    timeout_seconds: float | None = None
    beam_pipeline_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineIR:
    """A compiled pipeline.

    Attributes:
        schema_version: Version of this document's form.
        penstock_version: Version that compiled it.
        name: Name of the pipeline.
        root: Root URI of its artifacts.
        metadata: Connection of the metadata store, as plain JSON.
        project_root: Folder of the user's project, first on ``sys.path`` of every worker.
        examples_format: Format in which nodes write examples.
        runtime_parameters: Values that a run may set, by name.
        nodes: In an order in which each node follows its upstream nodes.
    """

    name: str
    root: str
    metadata: Mapping[str, Any]
    project_root: str
    nodes: tuple[NodeIR, ...]
    runtime_parameters: Mapping[str, RuntimeParameterIR] = field(default_factory=dict)
    examples_format: Literal["parquet", "tfrecord"] = "parquet"
    penstock_version: str = ""
    schema_version: int = SCHEMA_VERSION

    def node(self, node_id: str) -> NodeIR:
        """Returns the node of that id.

        Raises:
            PipelineError: There is none.
        """
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise PipelineError(
            f"pipeline {self.name} has no node {node_id!r}",
            hint=did_you_mean(node_id, [n.id for n in self.nodes]),
        )
