# SPDX-License-Identifier: Apache-2.0
"""Pictures of a pipeline's flow: Mermaid and Graphviz text."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.ir.model import NodeIR, PipelineIR

_MERMAID_SHAPES = {"component": ("[", "]"), "resolver": ("{{", "}}"), "importer": ("[/", "/]")}
_DOT_SHAPES = {"component": "box", "resolver": "hexagon", "importer": "parallelogram"}


def mermaid(ir: PipelineIR) -> str:
    """Returns a Mermaid flowchart: one box per node, one arrow per channel, dotted ones for order alone."""
    names = {node.id: f"n{index}" for index, node in enumerate(ir.nodes)}
    lines = ["---", f"title: {ir.name}", "---", "flowchart TD"]
    for node in ir.nodes:
        opening, closing = _MERMAID_SHAPES[node.kind]
        lines.append(f'    {names[node.id]}{opening}"{node.id}"{closing}')
    for node in ir.nodes:
        for producer, label in _edges(node):
            arrow = f'-- "{label}" -->' if label else "-.->"
            lines.append(f"    {names[producer]} {arrow} {names[node.id]}")
    return "\n".join(lines)


def dot(ir: PipelineIR) -> str:
    """Returns a Graphviz digraph: one box per node, one arrow per channel, dotted ones for order alone."""
    lines = [
        f'digraph "{ir.name}" {{',
        '    node [fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
    ]
    lines += [f'    "{node.id}" [shape={_DOT_SHAPES[node.kind]}];' for node in ir.nodes]
    for node in ir.nodes:
        for producer, label in _edges(node):
            style = f'[label="{label}"]' if label else "[style=dotted]"
            lines.append(f'    "{producer}" -> "{node.id}" {style};')
    return "\n".join([*lines, "}"])


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
