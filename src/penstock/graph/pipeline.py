# SPDX-License-Identifier: Apache-2.0
"""The pipeline: a named set of nodes, checked when it is made."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, Literal

from penstock.errors import PipelineError, did_you_mean
from penstock.graph.channel import Channel, PipelineChannel, UnionChannel
from penstock.graph.node import BaseNode, checked_beam_args, checked_switch
from penstock.graph.placeholder import Placeholder
from penstock.graph.scopes import Scope
from penstock.metadata.config import ConnectionConfig

ExamplesFormat = Literal["parquet", "tfrecord"]

_MAX_NAME = 63


class ExecutionMode(enum.Enum):
    """How a pipeline is run, as TFX names it; only ``SYNC`` is to be had."""

    SYNC = 1
    ASYNC = 2


class PipelineInputs:
    """What a sub-pipeline takes from the pipeline around it.

    Inside, ``inputs['examples']`` is the channel that its components use.

    Args:
        inputs: Channels of the pipeline around it, by name.

    Raises:
        PipelineError: One is not a channel.
    """

    def __init__(self, inputs: Mapping[str, Channel] | None = None) -> None:
        if inputs is not None and not isinstance(inputs, Mapping):
            raise PipelineError(
                "PipelineInputs needs channels by name",
                expected="PipelineInputs({'examples': channel})",
                got=repr(inputs),
            )
        self.raw_inputs: dict[str, Channel] = dict(inputs or {})
        for key, channel in self.raw_inputs.items():
            if not isinstance(channel, Channel):
                raise PipelineError(
                    f"PipelineInputs: {key!r} is not a channel",
                    expected="a channel such as a component's outputs['…']",
                    got=f"{channel!r} ({type(channel).__name__})",
                )
        self.inputs: dict[str, PipelineChannel] = {
            key: PipelineChannel(channel, key) for key, channel in self.raw_inputs.items()
        }

    def __getitem__(self, key: str) -> PipelineChannel:
        try:
            return self.inputs[key]
        except KeyError:
            raise PipelineError(
                f"PipelineInputs has no input {key!r}", hint=did_you_mean(key, self.inputs)
            ) from None


class Pipeline(BaseNode):
    """A pipeline of components, resolvers, importers and other pipelines.

    Args:
        pipeline_name: Name in the metadata store, at most 63 characters.
        pipeline_root: Root URI of the artifacts; where it is empty, a folder in the project. A sub-pipeline writes
            under the root of the pipeline around it.
        metadata_connection_config: Metadata store; ``None`` means an SQLite file in the project.
        components: The nodes, in any order. Order follows from channels.
        enable_cache: Whether nodes may reuse results of earlier runs. Single nodes override it with ``with_cache``.
        beam_pipeline_args: Beam arguments of every node: texts and placeholders.
        platform_config: Settings for the platform that runs the nodes, a message or plain data; those of a node come
            instead.
        execution_mode: ``ExecutionMode.SYNC``.
        inputs: What it takes from the pipeline around it where it is one of that one's nodes.
        outputs: What it gives to the pipeline around it: channels of its nodes, by name.
        exit_handler: A node that runs at the end of a run, however that ends.
        examples_format: ``"parquet"`` (readable by every data tool) or ``"tfrecord"`` (readable by TFX).

    Raises:
        PipelineError: The name is unusable, two nodes share an id, a channel's producer is not in the pipeline, the
            nodes form a cycle, or an option is not to be had.
    """

    def __init__(
        self,
        pipeline_name: str,
        pipeline_root: str | os.PathLike[str] | None = "",
        metadata_connection_config: ConnectionConfig | None = None,
        components: Iterable[BaseNode] = (),
        enable_cache: bool = False,
        beam_pipeline_args: Sequence[str | Placeholder] | None = None,
        platform_config: Any = None,
        execution_mode: ExecutionMode = ExecutionMode.SYNC,
        inputs: PipelineInputs | None = None,
        outputs: Mapping[str, Channel] | None = None,
        *,
        exit_handler: BaseNode | None = None,
        examples_format: ExamplesFormat = "parquet",
    ) -> None:
        self.pipeline_name = _checked_name(pipeline_name)
        self.pipeline_root = _checked_root(pipeline_root)
        self.metadata_connection_config = _checked_connection(metadata_connection_config, pipeline_name)
        self.enable_cache = checked_switch(enable_cache, "enable_cache", f"pipeline {pipeline_name}")
        self.beam_pipeline_args = checked_beam_args(beam_pipeline_args, f"pipeline {pipeline_name}")
        self.platform_config = platform_config
        if execution_mode is not ExecutionMode.SYNC:
            raise PipelineError(
                f"pipeline {pipeline_name}: this execution_mode is not to be had",
                expected="ExecutionMode.SYNC",
                got=str(execution_mode),
                hint="nodes that run continually, each by itself, are not to be had; schedule runs instead",
            )
        if inputs is not None and not isinstance(inputs, PipelineInputs):
            raise PipelineError(
                f"inputs of pipeline {pipeline_name} are not PipelineInputs",
                expected="PipelineInputs({'examples': channel})",
                got=f"{type(inputs).__name__}",
            )
        if examples_format not in ("parquet", "tfrecord"):
            raise PipelineError(
                "examples_format is not known", expected="'parquet' or 'tfrecord'", got=repr(examples_format)
            )
        self.examples_format: ExamplesFormat = examples_format
        self.pipeline_inputs = inputs or PipelineInputs()
        super().__init__(
            inputs={key: (channel,) for key, channel in self.pipeline_inputs.raw_inputs.items()},
            outputs={key: PipelineChannel(_output(self, key, c), key) for key, c in (outputs or {}).items()},
        )
        self._id = self.pipeline_name
        nodes = _checked_nodes(self, components)
        self.components = topologically_sorted(nodes)
        _check_outputs(self, outputs or {})
        self.exit_handlers: tuple[BaseNode, ...] = ()
        if exit_handler is not None:
            self.set_exit_handler(exit_handler)

    def set_exit_handler(self, node: BaseNode) -> None:
        """Has a node run at the end of a run, however that ends, in the place of one that was set before.

        Raises:
            PipelineError: It takes something from other nodes, or is in a condition or a loop, or shares its id with
                one of the pipeline's nodes.
        """
        if not isinstance(node, BaseNode) or isinstance(node, Pipeline):
            raise PipelineError(
                f"the exit handler of pipeline {self.pipeline_name} is not a component", got=repr(node)
            )
        if node.upstream_nodes or node.scope is not None:
            raise PipelineError(
                "an exit handler depends on other nodes",
                component=node.id,
                expected="a component without inputs from nodes, outside of Cond and ForEach",
                got=", ".join(upstream.id for upstream in node.upstream_nodes) or repr(node.scope),
                hint="it runs whatever happened to others; it can learn how the run ended with FinalStatusStr",
            )
        if any(other.id == node.id for other in self.components):
            raise PipelineError(
                f"the exit handler {node.id!r} is one of the nodes of pipeline {self.pipeline_name}, or named like one",
                hint="leave it out of components=[…]",
            )
        self.exit_handlers = (node,)

    def __repr__(self) -> str:
        return f"<Pipeline {self.pipeline_name}: {len(self.components)} nodes>"


def _checked_name(name: str) -> str:
    if (
        not isinstance(name, str)
        or not re.match(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", name)
        or len(name) > _MAX_NAME
    ):
        raise PipelineError(
            "the pipeline's name is not usable",
            expected=f"1 to {_MAX_NAME} letters, digits, '_', '-' and '.'",
            got=repr(name),
        )
    return name


def _checked_root(root: Any) -> str:
    if isinstance(root, Placeholder) or type(root).__name__ == "RuntimeParameter":
        raise PipelineError(
            "pipeline_root cannot be a placeholder or a runtime parameter",
            expected="a path or URI",
            got=repr(root),
            hint="make it an argument of create_pipeline: --param root=… sets it when the pipeline is built",
        )
    if root is not None and not isinstance(root, (str, os.PathLike)):
        raise PipelineError(
            "pipeline_root is no path", expected="a path or URI", got=f"{root!r} ({type(root).__name__})"
        )
    return os.fspath(root or "")


def _checked_connection(connection: Any, name: str) -> ConnectionConfig | None:
    if connection is not None and not isinstance(connection, ConnectionConfig):
        raise PipelineError(
            f"metadata_connection_config of pipeline {name} is no connection",
            expected="sqlite_metadata_connection_config(…) or mysql_metadata_connection_config(…) of "
            "penstock.orchestration.metadata",
            got=f"a {type(connection).__name__}",  # not the value, which may hold a password
        )
    return connection


def _output(pipeline: Pipeline, key: str, channel: Any) -> Channel:
    if not isinstance(channel, Channel):
        raise PipelineError(
            f"output {key!r} of pipeline {pipeline.pipeline_name} is not a channel",
            expected="a channel of one of its nodes: outputs={'model': trainer.outputs['model']}",
            got=f"{channel!r} ({type(channel).__name__})",
        )
    return channel


def _check_outputs(pipeline: Pipeline, outputs: Mapping[str, Channel]) -> None:
    ids = {id(node) for node in pipeline.components}
    for key, channel in outputs.items():
        strange = [node.id for node in channel.producers() if id(node) not in ids]
        if strange or not channel.producers():
            raise PipelineError(
                f"output {key!r} of pipeline {pipeline.pipeline_name} comes from none of its nodes",
                expected=f"a channel of {', '.join(node.id for node in pipeline.components)}",
                got=repr(channel),
            )


def _checked_nodes(pipeline: Pipeline, nodes: Iterable[BaseNode]) -> list[BaseNode]:
    name = pipeline.pipeline_name
    checked: dict[str, BaseNode] = {}
    for node in _named(with_implicit(_listed(name, nodes))):
        known = checked.get(node.id)
        if known is not None and known is not node:
            raise PipelineError(
                f"two nodes of pipeline {name} have the id {node.id!r}",
                hint=f"give one of them another with .with_id('{node.id}_2')",
            )
        checked[node.id] = node
    if not checked:
        raise PipelineError(f"pipeline {name} has no nodes", hint="pass them as components=[…]")
    ids = {id(node) for node in checked.values()}
    around = {id(scope) for scope in (pipeline.scope.chain if pipeline.scope is not None else ())}
    for node in checked.values():
        _check_producers(name, node, ids, list(checked), around)
        if not node.implicit:  # a resolver function may be fed by a pipeline around this one
            _check_inputs_of_pipelines(pipeline, node)
    return list(checked.values())


def _listed(pipeline: str, nodes: Iterable[BaseNode]) -> list[BaseNode]:
    if isinstance(nodes, BaseNode) or not isinstance(nodes, Iterable):
        raise PipelineError(
            f"components of pipeline {pipeline} is not a list of nodes",
            expected="components=[example_gen, trainer, …]",
            got=f"{nodes!r} ({type(nodes).__name__})",
        )
    listed = list(nodes)
    for node in listed:
        if not isinstance(node, BaseNode):
            raise PipelineError(
                f"pipeline {pipeline} holds something that is not a node",
                expected="components, resolvers, importers, pipelines",
                got=f"{node!r} ({type(node).__name__})",
                hint=f"a component is made by calling it: {node.__name__}(…)"
                if isinstance(node, type)
                else None,
            )
        if node.only_at_exit:
            raise PipelineError(
                f"pipeline {pipeline} lists an exit handler among its nodes",
                component=node.id,
                expected=f"Pipeline(…, exit_handler={node.id})",
                got=f"components=[…, {node.id}]",
            )
    return listed


def with_implicit(nodes: Sequence[BaseNode]) -> list[BaseNode]:
    """Returns the nodes, and before each those that come along because it takes something from them."""
    found: dict[int, BaseNode] = {}

    def add(node: BaseNode) -> None:
        if id(node) in found:
            return
        for upstream in node.upstream_nodes:
            if upstream.implicit:
                add(upstream)
        found[id(node)] = node

    for node in nodes:
        add(node)
    return list(found.values())


def _named(nodes: Sequence[BaseNode]) -> Sequence[BaseNode]:
    """Returns the nodes after those that came along by themselves were given ids."""
    taken = {node.id for node in nodes if not node.implicit}
    for node in nodes:
        if node.implicit:
            node.take_id(taken)
            taken.add(node.id)
    return nodes


def _check_producers(
    pipeline: str, node: BaseNode, ids: set[int], names: list[str], around: set[int]
) -> None:
    """Refuses a node that waits for one that the pipeline does not have.

    What the scopes around the pipeline itself wait for, is for the pipeline around it.
    """
    outside = _producers_of_scopes(node, around)
    for upstream in node.upstream_nodes:
        if id(upstream) in ids or id(upstream) in outside:
            continue
        fed = [
            key for key, channels in node.inputs.items() if any(upstream in c.producers() for c in channels)
        ]
        what = f"input {fed[0]!r} comes from" if fed else "it waits for"
        raise PipelineError(
            f"{what} {upstream.id}, which is not in pipeline {pipeline}",
            component=node.id,
            hint=f"add {upstream.id} to components=[…], or take it in with inputs=PipelineInputs({{…}}); "
            + did_you_mean(upstream.id, names),
        )


def _check_inputs_of_pipelines(pipeline: Pipeline, node: BaseNode) -> None:
    """Refuses a node that uses ``PipelineInputs`` which its pipeline was not given."""
    own = {(id(channel.wrapped), key) for key, channel in pipeline.pipeline_inputs.inputs.items()}
    for key, channels in node.inputs.items():
        for channel in _joined(channels):
            if (
                isinstance(channel, PipelineChannel)
                and channel.producer is None
                and (id(channel.wrapped), channel.output_key) not in own
            ):
                raise PipelineError(
                    f"input {key!r} comes from {channel.output_key!r} of PipelineInputs that pipeline "
                    f"{pipeline.pipeline_name} was not given",
                    component=node.id,
                    expected="Pipeline(…, inputs=…) with the PipelineInputs that its components use",
                    got=repr(channel),
                )


def _joined(channels: Iterable[Channel]) -> Iterable[Channel]:
    for channel in channels:
        if isinstance(channel, UnionChannel):
            yield from _joined(channel.channels)
        else:
            yield channel


def _producers_of_scopes(node: BaseNode, around: set[int]) -> set[int]:
    chain: tuple[Scope, ...] = node.scope.chain if node.scope is not None else ()
    channels = [channel for scope in chain if id(scope) in around for channel in scope.channels()]
    return {id(producer) for channel in channels for producer in channel.producers()}


def topologically_sorted(nodes: Sequence[BaseNode]) -> list[BaseNode]:
    """Returns the nodes so that each follows its upstream nodes; otherwise the given order stays.

    Raises:
        PipelineError: The nodes form a cycle.
    """
    position = {id(node): place for place, node in enumerate(nodes)}
    upstream = [{position[id(u)] for u in node.upstream_nodes if id(u) in position} for node in nodes]
    downstream: list[list[int]] = [[] for _ in nodes]
    for place, before in enumerate(upstream):
        for other in before:
            downstream[other].append(place)
    missing = [len(before) for before in upstream]
    ready = [place for place, count in enumerate(missing) if count == 0]
    ordered: list[BaseNode] = []
    while ready:
        place = heappop(ready)  # of those that could come next, the one that was given first
        ordered.append(nodes[place])
        for other in downstream[place]:
            missing[other] -= 1
            if missing[other] == 0:
                heappush(ready, other)
    if len(ordered) < len(nodes):
        waiting = [node for node, count in zip(nodes, missing, strict=True) if count]
        raise PipelineError(
            f"the nodes form a cycle: {_cycle(waiting)}",
            hint="a node cannot, through other nodes, wait for itself; take one of these edges out",
        )
    return ordered


def _cycle(nodes: Sequence[BaseNode]) -> str:
    inside = {id(node) for node in nodes}
    path = [nodes[0]]
    while True:
        upstream = next(u for u in path[-1].upstream_nodes if id(u) in inside)
        if upstream in path:
            loop = [*path[path.index(upstream) :], upstream]
            return " -> ".join(node.id for node in reversed(loop))
        path.append(upstream)
