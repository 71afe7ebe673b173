# SPDX-License-Identifier: Apache-2.0
"""System nodes: they bring existing artifacts into a run, without an executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.node import BaseNode
from penstock.graph.placeholder import Placeholder
from penstock.graph.resolver_strategy import ResolverStrategy
from penstock.graph.runtime_parameter import RuntimeParameter


class Resolver(BaseNode):
    """Finds artifacts in the history of the pipeline, by a strategy.

    Args:
        strategy_class: Which strategy chooses, for example ``LatestBlessedModelStrategy``.
        config: Keyword arguments of the strategy.
        **channels: What to choose from; each becomes an output of the same name. ``Channel(type=Model)`` means all
            models of the pipeline's history, ``trainer.outputs['model']`` all that this node has made.
    """

    def __init__(
        self,
        strategy_class: type[ResolverStrategy],
        config: Mapping[str, Any] | None = None,
        **channels: Channel,
    ) -> None:
        if not (isinstance(strategy_class, type) and issubclass(strategy_class, ResolverStrategy)):
            raise PipelineError(
                "the strategy of a Resolver is not one",
                expected="a subclass of ResolverStrategy, such as LatestArtifactStrategy",
                got=repr(strategy_class),
            )
        if not channels:
            raise PipelineError("a Resolver needs channels", hint="for example model=Channel(type=Model)")
        for key, channel in channels.items():
            if not isinstance(channel, Channel):
                raise PipelineError(f"Resolver: {key!r} is not a channel", got=repr(channel))
        self.strategy_class = strategy_class
        self.config = dict(config or {})
        strategy_class.from_config(self.config).check_channels(
            {key: c.type_name for key, c in channels.items()}
        )
        super().__init__(
            inputs={key: (channel,) for key, channel in channels.items()},
            outputs={key: Channel(channel.type) for key, channel in channels.items()},
        )


class Importer(BaseNode):
    """Registers something that exists as an artifact.

    Args:
        source_uri: Where it is; may be a runtime parameter or a placeholder.
        artifact_type: What it is.
        reimport: Whether to make a new artifact although one of the same URI, type and properties is known.
        properties: Declared properties of the artifact.
        custom_properties: Further properties of the artifact.
        output_key: Name of the output.
    """

    def __init__(
        self,
        source_uri: str | RuntimeParameter | Placeholder,
        artifact_type: type[Artifact],
        reimport: bool = False,
        properties: Mapping[str, PropertyValue] | None = None,
        custom_properties: Mapping[str, PropertyValue] | None = None,
        output_key: str = "result",
    ) -> None:
        placed = isinstance(source_uri, _LATER)
        if not placed and (not isinstance(source_uri, str) or not source_uri):
            raise ParameterError("Importer: source_uri is not a path or URI", got=repr(source_uri))
        self.source_uri = source_uri
        self.artifact_type = artifact_type
        self.reimport = reimport
        self.properties = dict(properties or {})
        self.custom_properties = dict(custom_properties or {})
        self.output_key = output_key
        super().__init__(inputs={}, outputs={output_key: Channel(artifact_type)})
        given = {name: value for name, value in self.properties.items() if not isinstance(value, _LATER)}
        artifact_type(properties=given)

    def parameter_values(self) -> Mapping[str, Any]:
        """Returns what is imported, and how."""
        return {
            "source_uri": self.source_uri,
            "reimport": self.reimport,
            "properties": self.properties,
            "custom_properties": self.custom_properties,
        }


_LATER = (RuntimeParameter, Placeholder)
