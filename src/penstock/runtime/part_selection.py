# SPDX-License-Identifier: Apache-2.0
"""Which nodes of a pipeline a partial run runs."""

from __future__ import annotations

from collections.abc import Collection

from penstock.errors import UsageError, did_you_mean
from penstock.graph.run_options import RunOptions
from penstock.ir.model import PipelineIR


def select(ir: PipelineIR, options: RunOptions) -> frozenset[str]:
    """Returns the ids of the nodes that a partial run runs; exit handlers always do.

    Raises:
        UsageError: A node is not known, or nothing lies between the two ends.
    """
    first = _named(ir, options.from_nodes, "from")
    last = _named(ir, options.to_nodes, "to")
    selected = reached(ir, first) & _needed_by(ir, last)
    if not selected:
        raise UsageError(
            "there is nothing to run",
            expected=f"a way from {listed(options.from_nodes)} to {listed(options.to_nodes)}",
            got="no node lies between them",
            hint="penstock compile FILE --format mermaid draws what follows what",
        )
    return frozenset(selected | {node.id for node in ir.nodes if node.trigger == "at_exit"})


def _named(ir: PipelineIR, names: Collection[str] | None, end: str) -> set[str]:
    """Returns the nodes that ids of nodes and sub-pipelines stand for; all where none is given."""
    if not names:
        return {node.id for node in ir.nodes}
    members = _members(ir)
    for name in names:
        if name not in members:
            raise UsageError(
                f"pipeline {ir.name} has no node {name!r} to run {end}", hint=did_you_mean(name, members)
            )
    return {node_id for name in names for node_id in members[name]}


def _members(ir: PipelineIR) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {scope.id: [] for scope in ir.scopes if scope.kind == "pipeline"}
    for node in ir.nodes:
        for scope in ir.scopes_around(node):
            if scope.kind == "pipeline":
                members[scope.id].append(node.id)
    return {**members, **{node.id: [node.id] for node in ir.nodes}}


def reached(ir: PipelineIR, start: Collection[str]) -> set[str]:
    """Returns some nodes and all that follow them."""
    found = set(start)
    for node in ir.nodes:  # each stands behind those that it follows
        if not found.isdisjoint(node.upstream):
            found.add(node.id)
    return found


def _needed_by(ir: PipelineIR, ends: Collection[str]) -> set[str]:
    """Returns some nodes and all that they follow."""
    found = set(ends)
    for node in reversed(ir.nodes):
        if node.id in found:
            found.update(node.upstream)
    return found


def listed(names: Collection[str] | None) -> str:
    """Returns ids as words for a message."""
    return ", ".join(sorted(names)) if names else "either end"
