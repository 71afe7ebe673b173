# SPDX-License-Identifier: Apache-2.0
"""Pictures of a pipeline's flow: Mermaid and Graphviz text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.ir.expression import spelled
from penstock.ir.model import NodeIR, PipelineIR, ScopeIR

_MERMAID_SHAPES = {"component": ("[", "]"), "resolver": ("{{", "}}"), "importer": ("[/", "/]")}
_DOT_SHAPES = {"component": "box", "resolver": "hexagon", "importer": "parallelogram"}


def mermaid(ir: PipelineIR) -> str:
    """Returns a Mermaid flowchart: one box per node, one arrow per channel, dotted ones for order alone.

    Conditions, loops and sub-pipelines are frames around their nodes.
    """
    names = {node.id: f"n{index}" for index, node in enumerate(ir.nodes)}
    lines = ["---", f"title: {ir.name}", "---", "flowchart TD"]
    frames = {scope.id: f"s{index}" for index, scope in enumerate(ir.scopes)}

    def box(node: NodeIR) -> str:
        opening, closing = _MERMAID_SHAPES[node.kind]
        return f'{names[node.id]}{opening}"{node.id}"{closing}'

    def frame(scope: ScopeIR) -> tuple[str, str]:
        label = _label(scope).replace('"', "#quot;")
        return f'subgraph {frames[scope.id]}["{label}"]', "end"

    lines += _framed(ir, None, "    ", box, frame)
    for node in ir.nodes:
        for producer, label in _edges(node):
            arrow = f'-- "{label}" -->' if label else "-.->"
            lines.append(f"    {names[producer]} {arrow} {names[node.id]}")
    return "\n".join(lines)


def dot(ir: PipelineIR) -> str:
    """Returns a Graphviz digraph: one box per node, one arrow per channel, dotted ones for order alone.

    Conditions, loops and sub-pipelines are frames around their nodes.
    """
    lines = [
        f'digraph "{ir.name}" {{',
        '    node [fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
    ]

    def box(node: NodeIR) -> str:
        return f'"{node.id}" [shape={_DOT_SHAPES[node.kind]}];'

    def frame(scope: ScopeIR) -> tuple[str, str]:
        label = _label(scope).replace("\\", "\\\\").replace('"', '\\"')
        return f'subgraph "cluster_{scope.id}" {{ label="{label}";', "}"

    lines += _framed(ir, None, "    ", box, frame)
    for node in ir.nodes:
        for producer, label in _edges(node):
            style = f'[label="{label}"]' if label else "[style=dotted]"
            lines.append(f'    "{producer}" -> "{node.id}" {style};')
    return "\n".join([*lines, "}"])


def _framed(
    ir: PipelineIR,
    scope: str | None,
    indent: str,
    box: Callable[[NodeIR], str],
    frame: Callable[[ScopeIR], tuple[str, str]],
) -> Iterator[str]:
    """Yields the boxes of the nodes that stand right in a scope, then the frames of the scopes in it."""
    yield from (indent + box(node) for node in ir.nodes if node.scope == scope)
    for inner in ir.scopes:
        if inner.parent == scope:
            opening, closing = frame(inner)
            yield indent + opening
            yield from _framed(ir, inner.id, indent + "    ", box, frame)
            yield indent + closing


def _label(scope: ScopeIR) -> str:
    if scope.kind == "condition" and scope.predicate is not None:
        return f"if {spelled(scope.predicate)}"
    if scope.kind == "loop":
        over = dict.fromkeys(
            f"{channel.producer}.{channel.output}" if channel.producer else f"item of {channel.loop}"
            for channel in scope.over
        )
        return f"for each of {', '.join(over)}"
    return f"pipeline {scope.name}"


def _edges(node: NodeIR) -> Iterator[tuple[str, str]]:
    """Yields (producer, output key) of all that feeds a node, and (producer, "") of what it only waits for."""
    found: dict[tuple[str, str], None] = {}
    for port in node.inputs.values():
        for channel in port.channels:
            if channel.producer is not None:
                found[channel.producer, channel.output or ""] = None
    yield from found
    fed = {producer for producer, _ in found}
    yield from ((upstream, "") for upstream in node.upstream if upstream not in fed)
