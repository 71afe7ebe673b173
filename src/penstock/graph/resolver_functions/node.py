# SPDX-License-Identifier: Apache-2.0
"""The node that carries a call of a resolver function, and the channels that come from it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any, ClassVar

from penstock.artifacts.artifact import Artifact
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.resolver_functions.strategy import FunctionStrategy
from penstock.graph.resolver_functions.values import ArtifactList, Traced
from penstock.graph.system_nodes import Resolver

ARTIFACTS = "artifacts"
"""Output key where a resolver function chooses one list."""

Unwrap = Callable[[Mapping[str, Channel]], Any]


class ResolvedChannel(Channel):
    """What a resolver function has chosen, along a channel."""

    def with_id(self, id: str) -> ResolvedChannel:
        """Sets the id of the node that chooses, and returns the channel."""
        if self.producer is not None:
            self.producer.with_id(id)
        return self


class ResolvedGroups:
    """What a resolver function has chosen, in groups; ``ForEach`` goes over them.

    Args:
        node: The node that chooses.
        unwrap: Makes the block's variable from the channels by key; ``None`` leaves the mapping.
    """

    def __init__(self, node: ResolverFunctionNode, unwrap: Unwrap | None = None) -> None:
        self._node = node
        self._unwrap = unwrap

    def with_id(self, id: str) -> ResolvedGroups:
        """Sets the id of the node that chooses, and returns the groups."""
        self._node.with_id(id)
        return self

    def loop_channels(self) -> Mapping[str, Channel]:
        """Returns the node's outputs, by the keys that the artifacts of each group have."""
        return dict(self._node.outputs.items())

    def loop_variable(self, channels: Mapping[str, Channel]) -> Any:
        """Returns the block's variable."""
        return channels if self._unwrap is None else self._unwrap(channels)

    def __repr__(self) -> str:
        return f"groups of {', '.join(self._node.outputs.keys())} from {self._node.id}"


class ResolverFunctionNode(Resolver):
    """A Resolver that evaluates a resolver function; a pipeline takes it in by itself.

    Args:
        function: Name of the function.
        sources: What it chooses from, by key.
        chosen: What it was traced to.
        types: Types of what it chooses, by output key.
    """

    implicit: ClassVar[bool] = True

    def __init__(
        self,
        function: str,
        sources: Mapping[str, Channel],
        chosen: Traced,
        types: Mapping[str, type[Artifact]],
    ) -> None:
        BaseNode.__init__(
            self,
            inputs={key: (channel,) for key, channel in sources.items()},
            outputs={key: ResolvedChannel(kind) for key, kind in types.items()},
        )
        self.strategy_class = FunctionStrategy
        self.config = {"function": function, "expression": chosen.expression}
        self._function = function
        self._id = function
        self._is_named = False

    def with_id(self, id: str) -> ResolverFunctionNode:
        """Sets the node's id and returns the node."""
        self._is_named = True
        return super().with_id(id)

    def take_id(self, taken: Container[str]) -> None:
        """Takes an id that is free, such as ``rolling_range_1``, unless it was given one."""
        number = 1
        while not self._is_named and f"{self._function}_{number}" in taken:
            number += 1
        if not self._is_named:
            self._id = f"{self._function}_{number}"


def output_types(chosen: Traced) -> Mapping[str, type[Artifact]]:
    """Returns the types of what was chosen, by output key."""
    return {ARTIFACTS: chosen.type} if isinstance(chosen, ArtifactList) else chosen.types
