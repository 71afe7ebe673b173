# SPDX-License-Identifier: Apache-2.0
"""The compiled pipeline: frozen values that become one versioned JSON document.

Runtime parameters stay placeholders in it, so one document serves every runner and every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from penstock.errors import PipelineError, did_you_mean
from penstock.ir.expression import ChannelIR as ChannelIR
from penstock.ir.expression import ExpressionIR as ExpressionIR

SCHEMA_VERSION = 2

ExecutionBaseType = Literal["Train", "Transform", "Process", "Evaluate", "Deploy"]
NodeKind = Literal["component", "resolver", "importer"]
ScopeKind = Literal["condition", "loop", "pipeline"]
Trigger = Literal["all_succeeded", "all_ended", "at_exit"]
ParameterType = Literal["int", "float", "str", "bool"]


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
    """The value of a parameter: a constant (plain JSON), the name of a runtime parameter, or an expression.

    The channels of an expression are inputs of the node without a key: it waits for their producers, is skipped with
    them, and records their artifacts as read.
    """

    constant: Any = None
    runtime_parameter: str | None = None
    expression: ExpressionIR | None = None


@dataclass(frozen=True, slots=True)
class ResourcesIR:
    """What a node asks of the machine that runs it.

    Attributes:
        cpus: Processor cores.
        memory_gib: Memory, in GiB.
        accelerators: Number of accelerators (GPUs).
        accelerator_type: Their type, in the scheduler's words (``nvidia.com/gpu``).
    """

    cpus: float | None = None
    memory_gib: float | None = None
    accelerators: int | None = None
    accelerator_type: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeIR:
    """What nodes of a pipeline stand in together: a condition, a loop, a sub-pipeline.

    Attributes:
        id: Id, unique among the scopes.
        kind: What it is.
        parent: Id of the scope around it, which stands before it in ``PipelineIR.scopes``.
        predicate: Of a condition: the nodes run where it is true, and are skipped otherwise.
        over: Of a loop: channels whose artifacts it goes over, in order; each artifact is an item. Its nodes run once
            for each item.
        groups: Of a loop: whether each item is one of the groups that the resolver ``over[0].producer`` has chosen,
            in which the item's artifacts have keys.
        name: Of a sub-pipeline: its name.
        inputs: Of a sub-pipeline: the channels of the pipeline around it that feed it, by key.
        outputs: Of a sub-pipeline: the channels of its nodes that it gives out, by key.
        upstream: Ids of the nodes that must have ended before it is known what the scope does: the producers of its
            predicate, and of what it goes over, sorted.
    """

    id: str
    kind: ScopeKind
    parent: str | None = None
    predicate: ExpressionIR | None = None
    over: tuple[ChannelIR, ...] = ()
    groups: bool = False
    name: str = ""
    inputs: Mapping[str, tuple[ChannelIR, ...]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[ChannelIR, ...]] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()


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
        upstream: Ids of all nodes that must end first, sorted: producers of inputs, of what parameters and enclosing
            scopes read, and those that were put before it by hand.
        scope: Id of the innermost scope that it stands in.
        requires: Heavy modules that the executor imports.
        enable_cache: Whether the cache may answer for this node.
        max_retries, retry_delay_seconds, timeout_seconds: How it is run.
        beam_pipeline_args: Beam arguments of pipeline and node, in order.
        trigger: When it starts: after all its upstream nodes have succeeded (or were skipped, where it can do without
            what they make), after all have ended however they did, or at the end of the run (an exit handler).
        success_optional: Whether the run succeeds although this node fails.
        resources: What it asks of its machine; ``None`` where it asks for nothing.
        platform: Settings for the platform that runs it, as plain JSON.
        declaration: What a component that has no class of its own is made of, as plain JSON; see
            ``BaseComponent.declared``.
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
    beam_pipeline_args: tuple[ValueIR, ...] = ()
    scope: str | None = None
    trigger: Trigger = "all_succeeded"
    success_optional: bool = False
    resources: ResourcesIR | None = None
    platform: Any = None
    declaration: Any = None


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
        nodes: In an order in which each node follows its upstream nodes; exit handlers stand last.
        scopes: Conditions, loops and sub-pipelines, each after the one around it.
        sources: Python source of modules that cannot be imported elsewhere (the program itself, a notebook), by module
            name; workers import them from here.
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
    scopes: tuple[ScopeIR, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

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

    def scope(self, scope_id: str) -> ScopeIR:
        """Returns the scope of that id.

        Raises:
            PipelineError: There is none.
        """
        for scope in self.scopes:
            if scope.id == scope_id:
                return scope
        raise PipelineError(f"pipeline {self.name} has no scope {scope_id!r}")

    def scopes_around(self, node: NodeIR) -> tuple[ScopeIR, ...]:
        """Returns the scopes that a node stands in, the outermost first."""
        around: list[ScopeIR] = []
        name = node.scope
        while name is not None:
            scope = self.scope(name)
            around.append(scope)
            name = scope.parent
        return tuple(reversed(around))

    def sources_of(self, import_path: str) -> Mapping[str, str]:
        """Returns the carried source, by module name, that an import path needs: none, or that of its module."""
        module = import_path.partition(":")[0]
        return {module: self.sources[module]} if module in self.sources else {}

    def loops_around(self, node: NodeIR) -> tuple[ScopeIR, ...]:
        """Returns the loops that a node stands in, the outermost first: it runs once for each item of each."""
        return tuple(scope for scope in self.scopes_around(node) if scope.kind == "loop")
