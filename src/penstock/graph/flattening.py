# SPDX-License-Identifier: Apache-2.0
"""Takes a pipeline of pipelines apart: which nodes there are, under which ids, in which scopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from penstock.errors import PipelineError
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline, with_implicit
from penstock.graph.scopes import ForEach, Scope
from penstock.ir.model import ScopeKind


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A scope at its place: ids are given once, in the order in which nodes come.

    Attributes:
        id: Its id.
        kind: What it is.
        parent: The place around it.
        scope: The condition or loop, ``None`` for a sub-pipeline.
        pipeline: The sub-pipeline, ``None`` for others.
    """

    id: str
    kind: ScopeKind
    parent: Place | None
    scope: Scope | None = None
    pipeline: Pipeline | None = None

    @property
    def chain(self) -> tuple[Place, ...]:
        """This place and those around it, the outermost first."""
        return (*(self.parent.chain if self.parent is not None else ()), self)


@dataclass(frozen=True, slots=True, eq=False)
class FlatNode:
    """A node that is no pipeline.

    Attributes:
        id: Its id in the outermost pipeline: ``inner.Trainer``.
        node: The node.
        pipelines: The pipelines that it is in, the outermost first.
        place: The innermost scope that it stands in.
    """

    id: str
    node: BaseNode
    pipelines: tuple[Pipeline, ...]
    place: Place | None

    @property
    def loops(self) -> tuple[Place, ...]:
        """The loops that it stands in, the outermost first."""
        chain = self.place.chain if self.place is not None else ()
        return tuple(place for place in chain if place.kind == "loop")


class Flattened:
    """The nodes and scopes of a pipeline and of the pipelines in it.

    Args:
        pipeline: The outermost pipeline.

    Raises:
        PipelineError: A pipeline stands in itself, or two nodes have one id.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.places: list[Place] = []
        self._place_of: dict[tuple[int, int], Place] = {}
        self._implicit: set[int] = set()
        self._walked: dict[int, Pipeline] = {}
        self.nodes = tuple(self._walk(pipeline, "", (), None))
        self.exit_handlers = tuple(
            FlatNode(node.id, node, (pipeline,), None) for node in pipeline.exit_handlers
        )
        self._flat = {id(flat.node): flat for flat in (*self.nodes, *self.exit_handlers)}
        self.by_id = {flat.id: flat for flat in self.nodes}
        self._check_ids()

    def flat(self, node: BaseNode) -> FlatNode:
        """Returns a node as it stands in the whole.

        Raises:
            PipelineError: It does not.
        """
        found = self._flat.get(id(node))
        if found is None:
            raise PipelineError(
                f"something is taken from {node.id}, which is not in pipeline {self.pipeline.pipeline_name}",
                hint=f"add {node.id} to components=[…]",
            )
        return found

    def has(self, node: BaseNode) -> bool:
        """Says whether a node, which is no pipeline, stands in the whole."""
        return id(node) in self._flat

    def inner(self, node: BaseNode) -> tuple[FlatNode, ...]:
        """Returns the nodes that a node stands for: itself, or those of a sub-pipeline."""
        if isinstance(node, Pipeline):
            return tuple(flat for flat in self.nodes if node in flat.pipelines)
        return (self.flat(node),)

    def _walk(
        self, pipeline: Pipeline, prefix: str, around: tuple[Pipeline, ...], place: Place | None
    ) -> Iterator[FlatNode]:
        if pipeline in around:
            raise PipelineError(f"pipeline {pipeline.pipeline_name} stands in itself")
        inside = (*around, pipeline)
        for node in (*(() if around else _brought_in(pipeline)), *pipeline.components):
            if node.implicit and id(node) in self._implicit:
                continue  # a pipeline around this one, or inside of it, has it already
            self._implicit.add(id(node))
            self._refuse_second_place(node, pipeline)
            own = self._placed(node, pipeline, place)
            if isinstance(node, Pipeline):
                _check_nested(node, self.pipeline)
                inner = self._place("pipeline", prefix + node.id, own, pipeline=node)
                yield from self._walk(node, f"{prefix}{node.id}.", inside, inner)
            else:
                yield FlatNode(prefix + node.id, node, inside, own)

    def _refuse_second_place(self, node: BaseNode, pipeline: Pipeline) -> None:
        known = self._walked.setdefault(id(node), pipeline)
        if known is not pipeline:
            raise PipelineError(
                f"it is one of the components of pipeline {known.pipeline_name} and of {pipeline.pipeline_name}",
                component=node.id,
                expected="each node in one pipeline",
                hint="a pipeline takes what a node of the one around it puts out in with inputs=PipelineInputs({…})",
            )

    def _placed(self, node: BaseNode, pipeline: Pipeline, place: Place | None) -> Place | None:
        """Returns the place of a node: its pipeline's, and in that the scopes that are not around the pipeline too."""
        around = pipeline.scope.chain if pipeline.scope is not None else ()
        for scope in node.scope.chain if node.scope is not None else ():
            if scope in around:
                continue
            key = (id(scope), id(place))
            known = self._place_of.get(key)
            if known is None:
                kind: ScopeKind = "loop" if isinstance(scope, ForEach) else "condition"
                number = sum(other.kind == kind for other in self.places) + 1
                known = self._place(kind, f"{type(scope).__name__}_{number}", place, scope=scope)
                self._place_of[key] = known
            place = known
        return place

    def _place(
        self,
        kind: ScopeKind,
        name: str,
        parent: Place | None,
        scope: Scope | None = None,
        pipeline: Pipeline | None = None,
    ) -> Place:
        place = Place(name, kind, parent, scope, pipeline)
        self.places.append(place)
        return place

    def _check_ids(self) -> None:
        seen: set[str] = set()
        for name in [*(flat.id for flat in (*self.nodes, *self.exit_handlers)), *(p.id for p in self.places)]:
            if name in seen:
                raise PipelineError(
                    f"two things in pipeline {self.pipeline.pipeline_name} have the id {name!r}",
                    hint="give one of them another with .with_id(…)",
                )
            seen.add(name)


def _brought_in(pipeline: Pipeline) -> list[BaseNode]:
    """Returns the nodes that feed the inputs of the outermost pipeline, which resolver functions alone can do.

    Raises:
        PipelineError: Others do.
    """
    for upstream in pipeline.upstream_nodes:
        if not upstream.implicit:
            raise PipelineError(
                f"pipeline {pipeline.pipeline_name} takes its inputs from {upstream.id}, and stands in no pipeline",
                expected="inputs from resolver functions, such as latest_pipeline_run_outputs",
                hint="make it one of the components of a pipeline that has that node too",
            )
    taken = {node.id for node in pipeline.components}
    found = with_implicit([pipeline])[:-1]
    for node in found:
        if id(node) not in map(id, pipeline.components):
            node.take_id(taken)
            taken.add(node.id)
    return found


def _check_nested(pipeline: Pipeline, outermost: Pipeline) -> None:
    """Refuses settings of a sub-pipeline that only a whole pipeline can have."""
    refused = {
        "metadata_connection_config": pipeline.metadata_connection_config is not None,
        "exit_handler": bool(pipeline.exit_handlers),
        "pipeline_root": pipeline.pipeline_root not in ("", outermost.pipeline_root),
        "examples_format": pipeline.examples_format not in ("parquet", outermost.examples_format),
    }
    for name, given in refused.items():
        if given:
            raise PipelineError(
                f"sub-pipeline {pipeline.pipeline_name} has its own {name}",
                hint=f"leave it out: that of {outermost.pipeline_name}, the pipeline around it, counts",
            )
