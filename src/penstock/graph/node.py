# SPDX-License-Identifier: Apache-2.0
"""Nodes of a pipeline: what components, resolvers and importers have in common."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel, OutputChannels

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
    """

    enable_cache: bool | None = None
    max_retries: int = 0
    retry_delay_seconds: float = 1.0
    timeout_seconds: float | None = None
    beam_pipeline_args: tuple[str, ...] = ()


class BaseNode:
    """A node: an id, input channels, output channels, options.

    Args:
        inputs: Channels by input key; each input may join several.
        outputs: Artifact types by output key.
    """

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

    @property
    def upstream_nodes(self) -> tuple[BaseNode, ...]:
        """Nodes that must end before this one starts: the producers of its inputs and those added by hand."""
        nodes = {id(c.producer): c.producer for group in self._inputs.values() for c in group if c.producer}
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
        self.options = replace(self.options, enable_cache=enable_cache)
        return self

    def with_retries(self: NodeT, max_retries: int, delay_seconds: float = 1.0) -> NodeT:
        """Lets a failed execution be tried again, pausing twice as long each time, and returns the node."""
        if not isinstance(max_retries, int) or max_retries < 0 or not delay_seconds >= 0:
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
        if not seconds > 0:
            raise ParameterError(f"{self.id}: a time-out must be positive", got=f"{seconds} seconds")
        self.options = replace(self.options, timeout_seconds=float(seconds))
        return self

    def with_beam_pipeline_args(self: NodeT, beam_pipeline_args: Iterable[str]) -> NodeT:
        """Adds Beam arguments that follow the pipeline's own and returns the node."""
        merged = (*self.options.beam_pipeline_args, *beam_pipeline_args)
        self.options = replace(self.options, beam_pipeline_args=merged)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"
