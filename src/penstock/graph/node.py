# SPDX-License-Identifier: Apache-2.0
"""Nodes of a pipeline: what components, resolvers and importers have in common."""

from __future__ import annotations

import inspect
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel, OutputChannels
from penstock.graph.node_execution_options import NodeExecutionOptions
from penstock.graph.placeholder import Placeholder, channels_in, placeholders_in
from penstock.graph.scopes import channels_around, open_scope
from penstock.ir.model import ResourcesIR, Trigger

if TYPE_CHECKING:
    from penstock.graph.scopes import Scope

NodeT = TypeVar("NodeT", bound="BaseNode")

_NODE_ID = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """How a node is run, whatever it does.

    Attributes:
        enable_cache: Overrides the pipeline's ``enable_cache`` for this node; ``None`` keeps it.
        max_retries: How often a failed execution is tried again, at least 0.
        retry_delay_seconds: Pause before the first retry; it doubles with each further one.
        timeout_seconds: Ends an execution that takes longer; ``None`` lets it run.
        beam_pipeline_args: Beam arguments that follow the pipeline's.
        resources: What the node asks of the machine that runs it.
        trigger: When it starts.
        success_optional: Whether the run succeeds although it fails.
        platform: Settings for the platform that runs it, a message or plain data.
    """

    enable_cache: bool | None = None
    max_retries: int = 0
    retry_delay_seconds: float = 1.0
    timeout_seconds: float | None = None
    beam_pipeline_args: tuple[str | Placeholder, ...] = ()
    resources: ResourcesIR | None = None
    trigger: Trigger = "all_succeeded"
    success_optional: bool = False
    platform: Any = field(default=None)


class BaseNode:
    """A node: an id, input channels, output channels, options.

    Args:
        inputs: Channels by input key; each input may join several.
        outputs: Artifact types by output key.
    """

    implicit: ClassVar[bool] = False
    """Whether a pipeline takes the node in by itself because a channel comes from it; see :meth:`take_id`."""

    only_at_exit: ClassVar[bool] = False
    """Whether the node is an exit handler, and none of those that a pipeline lists."""

    def __new__(cls: type[NodeT], *_: Any, **named: Any) -> NodeT:
        known = inspect.signature(cls.__init__).parameters
        if not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in known.values()):
            for name in named:
                if name not in known:
                    raise ParameterError(
                        f"{cls.__name__} has no argument {name!r}", hint=did_you_mean(name, [*known][1:])
                    )
        return super().__new__(cls)

    def __init__(self, inputs: Mapping[str, tuple[Channel, ...]], outputs: Mapping[str, Channel]) -> None:
        self._id = type(self).__name__
        self._inputs = dict(inputs)
        for key, channel in outputs.items():
            channel.producer = self
            channel.output_key = key
        self._outputs = OutputChannels(self, dict(outputs))
        self._upstream: dict[int, BaseNode] = {}
        self.options = NodeOptions()
        self.scope: Scope | None = open_scope()

    @property
    def id(self) -> str:
        """Id of the node, unique in its pipeline; the class name unless set with ``with_id``."""
        return self._id

    @id.setter
    def id(self, value: str) -> None:
        self.with_id(value)

    @property
    def inputs(self) -> Mapping[str, tuple[Channel, ...]]:
        """Input channels by key."""
        return self._inputs

    @property
    def outputs(self) -> OutputChannels:
        """Output channels by key."""
        return self._outputs

    def read_channels(self) -> tuple[Channel, ...]:
        """Returns the channels that the node needs besides its inputs: those of placeholders and of its scopes."""
        placeholders = [
            *placeholders_in(self.parameter_values()),
            *placeholders_in(self.options.beam_pipeline_args),
        ]
        read = [channel for placeholder in placeholders for channel in channels_in(placeholder)]
        return (*read, *channels_around(self))

    def parameter_values(self) -> Mapping[str, Any]:
        """Returns the node's parameters as they were given."""
        return {}

    @property
    def upstream_nodes(self) -> tuple[BaseNode, ...]:
        """Nodes that must end before this one starts: the producers of all that it reads, and those added by hand."""
        channels = [*(channel for group in self._inputs.values() for channel in group), *self.read_channels()]
        nodes = {id(producer): producer for channel in channels for producer in channel.producers()}
        return tuple({**nodes, **self._upstream}.values())

    @property
    def order_only_upstream(self) -> tuple[BaseNode, ...]:
        """Nodes that were made upstream by hand."""
        return tuple(self._upstream.values())

    def with_id(self: NodeT, id: str) -> NodeT:
        """Sets the node's id and returns the node.

        Raises:
            PipelineError: The id holds characters that a folder or a scheduler could not.
        """
        if not isinstance(id, str) or not _NODE_ID.match(id):
            raise PipelineError(
                "a node id is not usable",
                expected="letters, digits, '_', '-' and '.', starting with a letter or '_'",
                got=repr(id),
            )
        self._id = id
        return self

    def take_id(self, taken: Container[str]) -> None:
        """Gives an implicit node an id that is free, unless it was given one by hand; called by its pipeline."""

    def add_upstream_node(self, node: BaseNode) -> None:
        """Makes this node wait for ``node`` without taking anything from it."""
        if not isinstance(node, BaseNode):
            raise PipelineError(f"{self.id}: an upstream node must be a node", got=repr(node))
        self._upstream[id(node)] = node

    def add_upstream_nodes(self, nodes: Iterable[BaseNode]) -> None:
        """Makes this node wait for each of ``nodes``."""
        for node in nodes:
            self.add_upstream_node(node)

    def add_downstream_node(self, node: BaseNode) -> None:
        """Makes ``node`` wait for this node."""
        node.add_upstream_node(self)

    def add_downstream_nodes(self, nodes: Iterable[BaseNode]) -> None:
        """Makes each of ``nodes`` wait for this node."""
        for node in nodes:
            self.add_downstream_node(node)

    def with_cache(self: NodeT, enable_cache: bool) -> NodeT:
        """Switches the cache on or off for this node, whatever the pipeline says, and returns the node."""
        self.options = replace(self.options, enable_cache=checked_switch(enable_cache, "with_cache", self.id))
        return self

    def with_retries(self: NodeT, max_retries: int, delay_seconds: float = 1.0) -> NodeT:
        """Lets a failed execution be tried again, pausing twice as long each time, and returns the node."""
        if (
            not _is_number(max_retries, int)
            or max_retries < 0
            or not _is_number(delay_seconds)
            or not delay_seconds >= 0
        ):
            raise ParameterError(
                f"{self.id}: retries and delay must not be negative",
                expected="a whole number of retries, and seconds",
                got=f"{max_retries!r} retries, {delay_seconds!r} seconds",
            )
        self.options = replace(
            self.options, max_retries=max_retries, retry_delay_seconds=float(delay_seconds)
        )
        return self

    def with_timeout(self: NodeT, seconds: float) -> NodeT:
        """Ends an execution that takes longer than this and returns the node."""
        if not _is_number(seconds) or not seconds > 0:
            raise ParameterError(
                f"{self.id}: a time-out must be positive", expected="a number of seconds", got=repr(seconds)
            )
        self.options = replace(self.options, timeout_seconds=float(seconds))
        return self

    def with_beam_pipeline_args(self: NodeT, beam_pipeline_args: Iterable[str | Placeholder]) -> NodeT:
        """Adds Beam arguments that follow the pipeline's own and returns the node.

        Raises:
            PipelineError: They are not a list of texts and placeholders.
        """
        merged = (*self.options.beam_pipeline_args, *checked_beam_args(beam_pipeline_args, self.id))
        self.options = replace(self.options, beam_pipeline_args=merged)
        return self

    def with_resources(
        self: NodeT,
        *,
        cpus: float | None = None,
        memory_gib: float | None = None,
        accelerators: int | None = None,
        accelerator_type: str | None = None,
    ) -> NodeT:
        """Says what the node needs of the machine that runs it, and returns the node.

        A scheduler places it accordingly. LocalDagRunner runs fewer nodes beside one that asks for several processors,
        and refuses what this machine does not have.

        Args:
            cpus: Processor cores, more than 0.
            memory_gib: Memory in GiB, more than 0.
            accelerators: Number of GPUs or other accelerators, at least 1.
            accelerator_type: Their type, in the scheduler's words (``nvidia.com/gpu``).
        """
        for name, value in {"cpus": cpus, "memory_gib": memory_gib, "accelerators": accelerators}.items():
            if value is not None and (not _is_number(value) or not value > 0):
                raise ParameterError(
                    f"{self.id}: {name} of with_resources must be positive",
                    expected="a number",
                    got=repr(value),
                )
        if accelerator_type is not None and accelerators is None:
            accelerators = 1
        asked = ResourcesIR(cpus, memory_gib, accelerators, accelerator_type)
        self.options = replace(self.options, resources=asked)
        return self

    def with_node_execution_options(self: NodeT, node_execution_options: NodeExecutionOptions) -> NodeT:
        """Sets how the node is run, in TFX's words, and returns the node."""
        if not isinstance(node_execution_options, NodeExecutionOptions):
            raise ParameterError(
                f"{self.id}: with_node_execution_options needs NodeExecutionOptions",
                got=repr(node_execution_options),
            )
        self.options = node_execution_options.applied_to(self.options)
        return self

    def with_platform_config(self: NodeT, config: Any) -> NodeT:
        """Sets settings for the platform that runs the node (a message or plain data), and returns the node."""
        self.options = replace(self.options, platform=config)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"


def _is_number(value: object, *kinds: type) -> bool:
    return isinstance(value, kinds or (int, float)) and not isinstance(value, bool)


def checked_switch(value: Any, name: str, owner: str) -> bool:
    """Returns a switch that is on or off; ``None`` is off.

    Raises:
        ParameterError: It is something else: the text ``'no'`` would count as on.
    """
    if value is not None and not isinstance(value, bool):
        raise ParameterError(f"{owner}: {name} has the wrong type", expected="True or False", got=repr(value))
    return bool(value)


def checked_beam_args(args: Any, owner: str) -> tuple[str | Placeholder, ...]:
    """Returns Beam arguments as a tuple.

    Raises:
        PipelineError: They are not a list of texts and placeholders.
    """
    if args is None:
        return ()
    if isinstance(args, (str, Placeholder)) or not isinstance(args, Iterable):
        raise PipelineError(f"beam_pipeline_args of {owner} is not a list of strings", got=repr(args))
    given = tuple(args)
    for arg in given:
        if not isinstance(arg, (str, Placeholder)):
            raise PipelineError(
                f"beam_pipeline_args of {owner} holds something that is neither text nor a placeholder",
                expected="arguments such as '--direct_num_workers=2'",
                got=f"{arg!r} ({type(arg).__name__})",
            )
    return given
