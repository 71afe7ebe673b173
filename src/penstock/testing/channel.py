# SPDX-License-Identifier: Apache-2.0
"""TFX's ``testing.Channel``: what stands in for another component's output in a test of a constructor."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.artifacts.artifact import Artifact
from penstock.graph.channel import Channel as RealChannel


class Channel(RealChannel):
    """A channel that nothing makes; two of the same type are equal.

    Args:
        artifact_type: Type of its artifacts.
        artifact_ids: Ids to tell it by; nothing is read with them.
    """

    def __init__(self, artifact_type: type[Artifact], artifact_ids: Sequence[int] = ()) -> None:
        super().__init__(artifact_type)
        self.artifact_ids = tuple(artifact_ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Channel) and self.type is other.type

    def __hash__(self) -> int:
        return hash(self.type)
