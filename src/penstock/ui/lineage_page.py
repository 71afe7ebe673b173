# SPDX-License-Identifier: Apache-2.0
"""Lineage as text: what an artifact was made from, in short and as a tree; and what was made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.artifacts.artifact import IS_EXTERNAL, Artifact
from penstock.artifacts.standard import InfraBlessing, ModelBlessing, Schema
from penstock.components.evaluator.publisher import BASELINE_MODEL_ID, REASONS
from penstock.examples.payload import INPUT_FILES, INPUT_FINGERPRINT, SPAN, VERSION
from penstock.metadata.records import ExecutionRecord, LineageEdge, LineageGraph
from penstock.runtime.cache import CACHE_PARTS
from penstock.ui.artifact_page import shown

_SHORT = 12
_MODULE = "module "
_PARAMETER = "parameter "
_BASELINE = "baseline_model"
_TOLD_AS_DATA = ("input_base", INPUT_FINGERPRINT, INPUT_FILES, SPAN, VERSION, "artifact_uri")
_STANDARD = ("tfx.", "penstock.")


@dataclass(slots=True)
class _Node:
    """A line of the tree, and those below it."""

    text: str
    below: list[_Node] = field(default_factory=list)

    def lines(self, first: str = "", rest: str = "") -> Iterator[str]:
        yield first + self.text
        for index, child in enumerate(self.below):
            last = index == len(self.below) - 1
            yield from child.lines(rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


class _Graph:
    """A lineage graph, indexed for walking."""

    def __init__(self, graph: LineageGraph) -> None:
        self.artifacts = graph.artifacts
        self.executions = graph.executions
        self.cut = frozenset(graph.cut)
        self.producer: dict[int, LineageEdge] = {}
        self.inputs: dict[int, list[LineageEdge]] = {}
        self.outputs: dict[int, list[LineageEdge]] = {}
        self.consumers: dict[int, list[LineageEdge]] = {}
        for edge in graph.edges:
            if edge.kind == "output":
                self.producer[edge.artifact_id] = edge
                self.outputs.setdefault(edge.execution_id, []).append(edge)
            else:
                self.inputs.setdefault(edge.execution_id, []).append(edge)
                self.consumers.setdefault(edge.artifact_id, []).append(edge)


def origins_text(artifact_id: int, graph: LineageGraph) -> str:
    """Returns what an artifact was made from: data, schema, code and parameters in short, then step by step."""
    indexed = _Graph(graph)
    artifact = graph.artifacts[artifact_id]
    lines = [_title(artifact), f"  {artifact.uri}"]
    destination = artifact.get_string_custom_property("pushed_destination")
    if destination:
        lines.append(f"  pushed to {destination}")
    if artifact_id not in indexed.producer:
        return "\n".join([*lines, "nothing is known of how it was made"])
    summary = dict.fromkeys(
        _summary(artifact_id, indexed)
    )  # items of a loop have the same code and parameters
    lines += ["", "made from", *summary, "", "step by step"]
    lines += _up(artifact_id, indexed, set()).lines()
    return "\n".join(lines)


def uses_text(artifact_id: int, graph: LineageGraph) -> str:
    """Returns what was made from an artifact."""
    indexed = _Graph(graph)
    root = _down(artifact_id, indexed, set())
    if not root.below:
        return f"nothing was made from {_title(graph.artifacts[artifact_id])}"
    return "\n".join(["used for", *root.lines()])


def graph_json(graph: LineageGraph) -> dict[str, Any]:
    """Returns a lineage graph as plain JSON."""
    return {
        "artifacts": [artifact.to_json_dict() for artifact in graph.artifacts.values()],
        "executions": [_execution_json(execution) for execution in graph.executions.values()],
        "edges": [
            {
                "artifact": e.artifact_id,
                "execution": e.execution_id,
                "kind": e.kind,
                "key": e.key,
                "index": e.index,
            }
            for e in graph.edges
        ],
        "cut": list(graph.cut),
    }


def _execution_json(execution: ExecutionRecord) -> dict[str, Any]:
    return {
        "id": execution.id,
        "type": execution.type,
        "state": execution.state,
        "pipeline": execution.pipeline,
        "run_id": execution.run_id,
        "node_id": execution.node_id,
        "properties": dict(execution.properties),
    }


# ------------------------------------------------------------------------------------------------------------- in short


def _summary(artifact_id: int, graph: _Graph) -> Iterator[str]:
    """Yields one line for each source, schema, module and parameter; what only judged the artifact is left out."""
    made, schemas = _makers(artifact_id, graph)
    for execution in made:
        yield from (f"  {line}" for line in _data(execution))
        for edge in graph.outputs.get(execution.id, ()):
            made_here = graph.artifacts[edge.artifact_id]
            if made_here.get_int_custom_property(IS_EXTERNAL) == 1:
                yield f"  data    {_title(made_here)} from {made_here.uri}{_digest(made_here)}"
    for schema in schemas:
        yield f"  schema  {_title(schema)}{_digest(schema)}"
    for execution in made:
        for name, digest in _modules(execution):
            where = execution.properties.get(name, name)
            yield f"  code    {execution.node_id}: {where}  sha256 {digest}"
        parts = cache_parts(execution)
        if parts and not execution.type.startswith(_STANDARD):
            yield f"  code    {execution.node_id}: {execution.type}  sha256 {str(parts['code'])[:_SHORT]}"
    for execution in made:
        for name, value in _parameters(execution, graph):
            if name not in dict(_modules(execution)):
                yield f"  with    {execution.node_id}: {name} = {shown(value)}"
    yield from (f"  judged  {line}" for line in _judgements(artifact_id, graph))


def _makers(artifact_id: int, graph: _Graph) -> tuple[list[ExecutionRecord], list[Artifact]]:
    """Returns the executions that shaped an artifact, the first of them first, and the schemas on the way."""
    found: dict[int, ExecutionRecord] = {}
    schemas: dict[int, Artifact] = {}
    waiting = [artifact_id]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        edge = graph.producer.get(current)
        artifact = graph.artifacts[current]
        if isinstance(artifact, Schema):
            schemas[current] = artifact
        if current in seen or edge is None:
            continue
        seen.add(current)
        found[edge.execution_id] = graph.executions[edge.execution_id]
        waiting += [
            used.artifact_id
            for used in graph.inputs.get(edge.execution_id, ())
            if not isinstance(graph.artifacts[used.artifact_id], (ModelBlessing, InfraBlessing))
        ]
    return [found[key] for key in sorted(found)], [schemas[key] for key in sorted(schemas)]


def _judgements(artifact_id: int, graph: _Graph) -> Iterator[str]:
    """Yields the verdicts without which the artifact would not have been made."""
    edge = graph.producer[artifact_id]
    for used in graph.inputs.get(edge.execution_id, ()):
        blessing = graph.artifacts[used.artifact_id]
        if isinstance(blessing, (ModelBlessing, InfraBlessing)):
            judge = graph.producer.get(used.artifact_id)
            by = f" by {graph.executions[judge.execution_id].node_id}" if judge else ""
            baseline = blessing.get_int_custom_property(BASELINE_MODEL_ID)
            yield f"{_title(blessing)}{by}" + (f", compared with Model {baseline}" if baseline else "")
            yield from (f"  {reason}" for reason in blessing.get_string_custom_property(REASONS).splitlines())


def _data(execution: ExecutionRecord) -> Iterator[str]:
    told = execution.properties
    fingerprint = str(told.get(INPUT_FINGERPRINT) or "")
    span = f" (span {told[SPAN]})" if told.get(SPAN) not in (None, "") else ""
    files = told.get(INPUT_FILES)
    for uri in files if isinstance(files, list) else filter(None, [told.get("input_base")]):
        yield f"data    {execution.node_id}: {uri}{span}"
    for line in fingerprint.splitlines():
        yield f"        fingerprint {line}"


def _digest(artifact: Artifact) -> str:
    return f"  sha256 {artifact.content_digest[:_SHORT]}" if artifact.content_digest else ""


def _modules(execution: ExecutionRecord) -> Iterator[tuple[str, str]]:
    """Yields (parameter, short digest) of the user's code that an execution ran."""
    for part, value in cache_parts(execution).items():
        name = part.removeprefix(_MODULE)
        if part == name or value in (None, "", "None"):
            continue
        if isinstance(value, list):  # several functions, each with its own code
            paths = json.loads(str(execution.properties.get(name) or "[]"))
            yield from ((path, _short(digest)) for path, digest in zip(paths, value, strict=False))
        else:
            yield name, _short(value)


def _short(digest: object) -> str:
    return str(digest).rpartition("@")[2][:_SHORT]


def cache_parts(execution: ExecutionRecord) -> Mapping[str, Any]:
    """Returns the parts of an execution's cache key, none where they were not recorded."""
    text = execution.properties.get(CACHE_PARTS)
    parts: dict[str, Any] = json.loads(text) if isinstance(text, str) else {}
    return parts


def _parameters(execution: ExecutionRecord, graph: _Graph) -> Iterator[tuple[str, Any]]:
    """Yields the parameters of an execution; of one without a cache key, all that it recorded but its figures."""
    made = [graph.artifacts[edge.artifact_id] for edge in graph.outputs.get(execution.id, ())]
    names = [name.removeprefix(_PARAMETER) for name in cache_parts(execution) if name.startswith(_PARAMETER)]
    for name, value in sorted(execution.properties.items()):
        is_figure = any(artifact.has_custom_property(name) for artifact in made)
        told = name.startswith("__") or name in _TOLD_AS_DATA or is_figure
        if (name in names if names else not told) and value != "":
            yield name, value


# --------------------------------------------------------------------------------------------------------- step by step


def _up(artifact_id: int, graph: _Graph, told: set[int]) -> _Node:
    """Returns the tree below an artifact; ``told`` holds the executions that it has shown already."""
    artifact = graph.artifacts[artifact_id]
    edge = graph.producer.get(artifact_id)
    if edge is None:
        return _Node(_title(artifact))
    execution = graph.executions[edge.execution_id]
    if execution.id in told:
        return _Node(f"{_title(artifact)}, made by {execution.node_id} (see above)")
    told.add(execution.id)
    maker = _Node(f"made by {_maker(execution)}")
    for used in graph.inputs.get(execution.id, ()):
        if used.key == _BASELINE:
            text = (
                f"{_title(graph.artifacts[used.artifact_id])} (its own: penstock lineage {used.artifact_id})"
            )
            below = _Node(text)
        else:
            below = _up(used.artifact_id, graph, told)
        maker.below.append(_Node(f"{used.key}: {below.text}", below.below))
    return _Node(_title(artifact), [maker])


def _down(artifact_id: int, graph: _Graph, told: set[int]) -> _Node:
    """Returns the tree of what an artifact was used for; ``told`` holds the executions that it has shown already."""
    node = _Node(_title(graph.artifacts[artifact_id]))
    for edge in graph.consumers.get(artifact_id, ()):
        execution = graph.executions[edge.execution_id]
        if execution.id in told:
            node.below.append(
                _Node(f"{edge.key} of {execution.node_id} (execution {execution.id}, see above)")
            )
            continue
        told.add(execution.id)
        user = _Node(f"{edge.key} of {_maker(execution)}")
        for made in graph.outputs.get(execution.id, ()):
            below = _down(made.artifact_id, graph, told)
            user.below.append(_Node(f"{made.key}: {below.text}", below.below))
        node.below.append(user)
    if artifact_id in graph.cut:
        node.below.append(_Node("… has too many users to follow them all"))
    return node


def _title(artifact: Artifact) -> str:
    parts = [f"{artifact.type_name} {artifact.id}"]
    if artifact.has_custom_property("span"):
        parts.append(f"span {artifact.get_int_custom_property('span')}")
    if artifact.has_custom_property("blessed") and isinstance(artifact, (ModelBlessing, InfraBlessing)):
        parts.append("blessed" if artifact.get_int_custom_property("blessed") == 1 else "not blessed")
    if artifact.state in ("MARKED_FOR_DELETION", "DELETED"):
        parts.append("removed")
    return ", ".join(parts)


def _maker(execution: ExecutionRecord) -> str:
    return f"{execution.node_id} (execution {execution.id}, run {execution.run_id})"
