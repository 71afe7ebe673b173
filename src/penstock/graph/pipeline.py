# SPDX-License-Identifier: Apache-2.0
"""The pipeline: a named set of nodes, checked when it is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Literal

from penstock.errors import PipelineError, did_you_mean
from penstock.graph.node import BaseNode
from penstock.metadata.config import ConnectionConfig

ExamplesFormat = Literal["parquet", "tfrecord"]

_MAX_NAME = 63


class Pipeline:
    """A pipeline of components, resolvers and importers.

    Args:
        pipeline_name: Name in the metadata store, at most 63 characters.
        pipeline_root: Root URI of the artifacts; where it is empty, a folder in the project.
        metadata_connection_config: Metadata store; ``None`` means an SQLite file in the project.
        components: The nodes, in any order. Order follows from channels.
        enable_cache: Whether nodes may reuse results of earlier runs. Single nodes override it with ``with_cache``.
        beam_pipeline_args: Beam arguments of every node.
        examples_format: ``"parquet"`` (readable by every data tool) or ``"tfrecord"`` (readable by TFX).

    Raises:
        PipelineError: The name is unusable, two nodes share an id, a channel's producer is not in the pipeline, or the
            nodes form a cycle.
    """

    def __init__(
        self,
        pipeline_name: str,
        pipeline_root: str = "",
        metadata_connection_config: ConnectionConfig | None = None,
        components: Iterable[BaseNode] = (),
        enable_cache: bool = False,
        beam_pipeline_args: Sequence[str] | None = None,
        *,
        examples_format: ExamplesFormat = "parquet",
    ) -> None:
        self.pipeline_name = _checked_name(pipeline_name)
        self.pipeline_root = str(pipeline_root)
        self.metadata_connection_config = metadata_connection_config
        self.enable_cache = enable_cache
        self.beam_pipeline_args = _checked_beam_args(beam_pipeline_args)
        if examples_format not in ("parquet", "tfrecord"):
            raise PipelineError(
                "examples_format is not known", expected="'parquet' or 'tfrecord'", got=repr(examples_format)
            )
        self.examples_format: ExamplesFormat = examples_format
        self.components = topologically_sorted(_checked_nodes(self.pipeline_name, components))

    @property
    def id(self) -> str:
        """Name of the pipeline."""
        return self.pipeline_name

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


def _checked_beam_args(args: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(args, str) or not all(isinstance(arg, str) for arg in args or ()):
        raise PipelineError("beam_pipeline_args is not a list of strings", got=repr(args))
    return tuple(args or ())


def _checked_nodes(pipeline: str, nodes: Iterable[BaseNode]) -> list[BaseNode]:
    checked: dict[str, BaseNode] = {}
    for node in nodes:
        if not isinstance(node, BaseNode):
            raise PipelineError(
                f"pipeline {pipeline} holds something that is not a node",
                expected="components, resolvers, importers",
                got=f"{node!r} ({type(node).__name__})",
            )
        known = checked.get(node.id)
        if known is not None and known is not node:
            raise PipelineError(
                f"two nodes of pipeline {pipeline} have the id {node.id!r}",
                hint=f"give one of them another with .with_id('{node.id}_2')",
            )
        checked[node.id] = node
    if not checked:
        raise PipelineError(f"pipeline {pipeline} has no nodes", hint="pass them as components=[…]")
    ids = {id(node) for node in checked.values()}
    for node in checked.values():
        _check_producers(pipeline, node, ids, list(checked))
    return list(checked.values())


def _check_producers(pipeline: str, node: BaseNode, ids: set[int], names: list[str]) -> None:
    for upstream in node.upstream_nodes:
        if id(upstream) not in ids:
            fed = [
                key for key, channels in node.inputs.items() if any(c.producer is upstream for c in channels)
            ]
            what = f"input {fed[0]!r} comes from" if fed else "it waits for"
            raise PipelineError(
                f"{what} {upstream.id}, which is not in pipeline {pipeline}",
                component=node.id,
                hint=f"add {upstream.id} to components=[…]; {did_you_mean(upstream.id, names)}",
            )


def topologically_sorted(nodes: Sequence[BaseNode]) -> list[BaseNode]:
    """Returns the nodes so that each follows its upstream nodes; otherwise the given order stays.

    Raises:
        PipelineError: The nodes form a cycle.
    """
    position = {id(node): place for place, node in enumerate(nodes)}
    upstream = [{position[id(u)] for u in node.upstream_nodes} for node in nodes]
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
