# SPDX-License-Identifier: Apache-2.0
"""Channels: the typed edges between nodes."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError, did_you_mean
from penstock.graph.placeholder import ArtifactPlaceholder

if TYPE_CHECKING:
    from penstock.graph.node import BaseNode
    from penstock.graph.scopes import ForEach


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
        producer_component_id: Id of a node of this pipeline, in TFX's words: only what it has put out, in all runs.
        run: Id of a run of the history: only what it has put out.

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
        producer_component_id: str | None = None,
        run: str | None = None,
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
        if node is not None and producer_component_id is not None:
            raise PipelineError("a channel names its node twice", hint="give node, or producer_component_id")
        if node is not None and pipeline is None:
            raise PipelineError(
                "a channel names a node but no pipeline",
                hint="the output of a node of the same pipeline is node.outputs['…']",
            )
        self.type = type
        self.producer = producer
        self.output_key = output_key
        self.pipeline = pipeline
        self.node = node if node is not None else producer_component_id
        self.run = run
        self.optional = False
        self._artifacts: tuple[Artifact, ...] | None = None

    def sources(self) -> tuple[Channel, ...]:
        """Returns the channels that this one stands for: itself, but for unions and the edges of sub-pipelines."""
        return (self,)

    def producers(self) -> tuple[BaseNode, ...]:
        """Returns the nodes of the same pipeline that put the artifacts out."""
        return () if self.producer is None else (self.producer,)

    def future(self) -> ArtifactPlaceholder:
        """Returns a placeholder of the channel's artifacts, for predicates, parameters and commands.

        ``channel.future()[0].value`` is the content of a value artifact; ``.uri``, ``.property('span')`` and
        ``.custom_property('blessed')`` stand for what every artifact has.
        """
        return ArtifactPlaceholder("channel", channel=self)

    def as_optional(self) -> Channel:
        """Returns this channel, whose artifacts may be missing: an optional input then comes empty."""
        same = copy.copy(self)
        same.optional = True
        return same

    def set_artifacts(self, artifacts: Iterable[Artifact]) -> Channel:
        """Sets what ``get`` returns, and returns the channel."""
        self._artifacts = tuple(artifacts)
        return self

    @property
    def has_artifacts(self) -> bool:
        """Whether ``get`` has something to return."""
        return self._artifacts is not None

    def get(self) -> Sequence[Artifact]:
        """Returns the artifacts that a run in this process has put along the channel, as notebooks show them.

        Raises:
            PipelineError: Nothing has been run here yet.
        """
        if self._artifacts is None:
            raise PipelineError(
                f"{self!r} has no artifacts yet",
                hint="while a pipeline is built there are none; in a notebook, run the component first",
            )
        return self._artifacts

    @property
    def producer_component_id(self) -> str | None:
        """Id of the node that puts the artifacts out, in TFX's words."""
        return self.producer.id if self.producer is not None else self.node

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


class LoopChannel(Channel):
    """The current item of a loop, or its artifacts of one key.

    Args:
        type: The artifact type.
        loop: The loop.
        key: Key of the artifacts where an item is a group of several.
    """

    def __init__(self, type: type[Artifact], loop: ForEach, key: str | None = None) -> None:
        super().__init__(type)
        self.loop = loop
        self.output_key = key

    def __repr__(self) -> str:
        return f"Channel({self.type_name} of a ForEach" + (
            f", {self.output_key})" if self.output_key else ")"
        )


class UnionChannel(Channel):
    """Several channels of one type as one.

    Args:
        channels: The channels, in the order in which their artifacts come.

    Raises:
        PipelineError: There are none, or they have several types.
    """

    def __init__(self, channels: Iterable[Channel]) -> None:
        self.channels = tuple(channels)
        if not self.channels or not all(isinstance(channel, Channel) for channel in self.channels):
            raise PipelineError("a union needs channels", expected="one or more", got=repr(self.channels))
        types = {channel.type_name for channel in self.channels}
        if len(types) > 1:
            raise PipelineError(
                "a union joins channels of one type",
                got=", ".join(sorted(types)),
                hint="make one of each type",
            )
        super().__init__(self.channels[0].type)

    def sources(self) -> tuple[Channel, ...]:
        """Returns the channels that it joins."""
        return tuple(source for channel in self.channels for source in channel.sources())

    def producers(self) -> tuple[BaseNode, ...]:
        """Returns the producers of all the channels."""
        return tuple(producer for channel in self.channels for producer in channel.producers())

    def __repr__(self) -> str:
        return f"union({', '.join(map(repr, self.channels))})"


class PipelineChannel(Channel):
    """An edge of a sub-pipeline: what comes in along ``PipelineInputs``, or goes out as one of its outputs.

    Args:
        wrapped: The channel on the other side of the edge.
        key: Name of the input or output.
    """

    def __init__(self, wrapped: Channel, key: str) -> None:
        super().__init__(wrapped.type)
        self.wrapped = wrapped
        self.output_key = key
        self.optional = wrapped.optional

    def sources(self) -> tuple[Channel, ...]:
        """Returns what the channel on the other side stands for."""
        return self.wrapped.sources()

    def __repr__(self) -> str:
        return f"Channel({self.type_name} along {self.output_key!r}: {self.wrapped!r})"


class InputChannels(tuple[Channel, ...]):
    """The channels of one input. Where it is one, it can be asked what that channel can: ``inputs['model'].type``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not (len(self) == 1 or (self and name in ("type", "type_name"))):
            raise AttributeError(f"an input of {len(self)} channels has no attribute {name!r}")
        return getattr(self[0], name)


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


def as_channel(artifacts: Iterable[Artifact]) -> Channel:
    """Returns a channel of the type of artifacts, which ``get`` then returns: TFX's way to name an output's type.

    Raises:
        PipelineError: There are none, or they are of several types.
    """
    given = tuple(artifacts)
    types = {type(artifact) for artifact in given}
    if len(types) != 1 or not isinstance(given[0], Artifact):
        raise PipelineError(
            "as_channel needs artifacts of one type",
            expected="for example [standard_artifacts.Examples()]",
            got=f"{list(given)!r:.80}",
        )
    return Channel(type(given[0])).set_artifacts(given)
