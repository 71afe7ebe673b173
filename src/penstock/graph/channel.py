# SPDX-License-Identifier: Apache-2.0
"""Channels: the typed edges between nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError, did_you_mean

if TYPE_CHECKING:
    from penstock.graph.node import BaseNode


class Channel:
    """A typed edge.

    A channel that a component offers (``component.outputs['model']``) knows its producer. One that a user makes,
    ``Channel(type=Model)``, has none: it stands for artifacts of that type in the pipeline's history and feeds a
    Resolver; with ``pipeline``, in that of another pipeline in the same metadata store.

    Args:
        type: The artifact type that flows along the channel.
        producer: The node that puts the artifacts out; set by the node itself.
        output_key: The output of that node; set likewise.
        pipeline: Name of another pipeline, whose history is meant.
        node: Id of a node of that pipeline; only what it has put out is meant.

    Raises:
        PipelineError: ``type`` is not an artifact type, or ``node`` is given without ``pipeline``.
    """

    def __init__(
        self,
        type: type[Artifact],
        *,
        producer: BaseNode | None = None,
        output_key: str | None = None,
        pipeline: str | None = None,
        node: str | None = None,
    ) -> None:
        if not (isinstance(type, _TYPE) and issubclass(type, Artifact)):
            raise PipelineError(
                "a channel needs an artifact type", expected="a subclass of Artifact", got=repr(type)
            )
        if pipeline is not None and (not isinstance(pipeline, str) or not pipeline):
            raise PipelineError(
                "a channel's pipeline is not the name of one",
                expected="text, such as 'taxi'",
                got=repr(pipeline),
            )
        if pipeline is not None and producer is not None:
            raise PipelineError(
                "a channel comes from a node of this pipeline, or from another pipeline's history"
            )
        if node is not None and pipeline is None:
            raise PipelineError(
                "a channel names a node but no pipeline",
                hint="the output of a node of the same pipeline is node.outputs['…']",
            )
        self.type = type
        self.producer = producer
        self.output_key = output_key
        self.pipeline = pipeline
        self.node = node

    @property
    def type_name(self) -> str:
        """Name of the artifact type."""
        return self.type.TYPE_NAME

    def __repr__(self) -> str:
        origin = f"{self.producer.id}.{self.output_key}" if self.producer else "history"
        if self.pipeline is not None:
            origin += f" of {self.pipeline}" + (f".{self.node}" if self.node else "")
        return f"Channel({self.type_name} from {origin})"


_TYPE = type


class OutputChannels:
    """The outputs of a node: by key as in TFX (``outputs['model']``) or by attribute (``outputs.model``)."""

    def __init__(self, node: BaseNode, channels: dict[str, Channel]) -> None:
        self._node = node
        self._channels = channels

    def __getitem__(self, key: str) -> Channel:
        try:
            return self._channels[key]
        except KeyError:
            raise PipelineError(
                f"{self._node.id} has no output {key!r}", hint=did_you_mean(key, self._channels)
            ) from None

    def __getattr__(self, key: str) -> Channel:
        if key.startswith("_"):
            raise AttributeError(key)
        return self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._channels)

    def __len__(self) -> int:
        return len(self._channels)

    def __contains__(self, key: object) -> bool:
        return key in self._channels

    def keys(self) -> list[str]:
        """Returns the output keys in declared order."""
        return list(self._channels)

    def values(self) -> list[Channel]:
        """Returns the channels in declared order."""
        return list(self._channels.values())

    def items(self) -> list[tuple[str, Channel]]:
        """Returns (key, channel) pairs in declared order."""
        return list(self._channels.items())
