# SPDX-License-Identifier: Apache-2.0
"""Resolves a node's inputs to artifacts of its run."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.artifacts.artifact import Artifact
from penstock.errors import ResolutionError
from penstock.ir.model import ChannelIR, InputIR, NodeIR
from penstock.runtime.items import Item
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import Skip
from penstock.runtime.scopes import Scopes


def resolve(node: NodeIR, item: Item, scopes: Scopes) -> Artifacts | Skip:
    """Returns the artifacts of each input for one item, or why the node has to be skipped.

    Raises:
        ResolutionError: A required input has no artifact although its producers ran.
    """
    resolved: Artifacts = {}
    for key, port in node.inputs.items():
        found = _found(node, key, port, item, scopes)
        if isinstance(found, Skip):
            return found
        if not found and not port.optional:
            channel = port.channels[0]
            raise ResolutionError(
                f"input {key!r} has no artifact",
                component=node.id,
                expected=f"{channel.type} from {channel.producer or channel.loop}",
                got="none",
            )
        resolved[key] = found
    return resolved


def _found(node: NodeIR, key: str, port: InputIR, item: Item, scopes: Scopes) -> list[Artifact] | Skip:
    found: list[Artifact] = []
    for channel in port.channels:
        artifacts = _artifacts(node, channel, port, item, scopes)
        if isinstance(artifacts, Skip):
            if port.optional:
                continue
            return artifacts
        if port.one_each:
            _check_one(node, key, channel, artifacts)
        found.extend(artifacts)
    return found


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
