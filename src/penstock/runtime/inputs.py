# SPDX-License-Identifier: Apache-2.0
"""Resolves a node's inputs to artifacts of its run."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError
from penstock.ir.model import ChannelIR, InputIR, NodeIR
from penstock.runtime.items import Item
from penstock.runtime.node_values import read_channels
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import Skip
from penstock.runtime.scopes import Scopes

_Found = list[tuple[ChannelIR, Sequence[Artifact]]]


def resolve(node: NodeIR, item: Item, scopes: Scopes) -> Artifacts | Skip:
    """Returns the artifacts of each input for one item, or why the node has to be skipped.

    A node that has to be skipped is skipped, whatever else it lacks.

    Raises:
        ResolutionError: A required input has no artifact although its producers ran.
    """
    found: dict[str, _Found] = {}
    for key, port in node.inputs.items():
        channels = _found(node, port, item, scopes)
        if isinstance(channels, Skip):
            return channels
        found[key] = channels
    read = read_channels(node, item, scopes)
    if isinstance(read, Skip):
        return read
    return {key: _checked(node, key, port, found[key]) for key, port in node.inputs.items()}


def _found(node: NodeIR, port: InputIR, item: Item, scopes: Scopes) -> _Found | Skip:
    found: _Found = []
    for channel in port.channels:
        artifacts = _artifacts(node, channel, port, item, scopes)
        if not isinstance(artifacts, Skip):
            found.append((channel, artifacts))
        elif not port.optional:
            return artifacts
    return found


def _checked(node: NodeIR, key: str, port: InputIR, found: _Found) -> list[Artifact]:
    """Returns the artifacts of an input; refuses too few."""
    for channel, artifacts in found:
        if port.one_each:
            _check_one(node, key, channel, artifacts)
    gathered = [artifact for _, artifacts in found for artifact in artifacts]
    if not gathered and not port.optional:
        channel = port.channels[0]
        raise ResolutionError(
            f"input {key!r} has no artifact",
            component=node.id,
            expected=f"{channel.type} from {channel.producer or channel.loop}",
            got="none",
        )
    return gathered


def _artifacts(
    node: NodeIR, channel: ChannelIR, port: InputIR, item: Item, scopes: Scopes
) -> Sequence[Artifact] | Skip:
    if port.optional and node.trigger == "all_ended" and scopes.failed(channel, node.scope, item):
        return Skip(f"{channel.producer} has failed")
    return scopes.artifacts(channel, node.scope, item)


def _check_one(node: NodeIR, key: str, channel: ChannelIR, artifacts: Sequence[Artifact]) -> None:
    if len(artifacts) != 1:
        raise ResolutionError(
            f"{channel.producer or channel.loop} gives {len(artifacts)} artifacts for input {key!r}",
            component=node.id,
            expected=f"one {channel.type} of each of its channels",
            got=", ".join(artifact.uri for artifact in artifacts) or "none",
            hint="a Resolver finds nothing where its pipeline has made, or blessed, nothing yet"
            if not artifacts
            else None,
        )
