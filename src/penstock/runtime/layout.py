# SPDX-License-Identifier: Apache-2.0
"""Where the nodes of a pipeline stand: in which scopes, in which loops, which loops two of them share."""

from __future__ import annotations

from penstock.errors import PipelineError, did_you_mean
from penstock.ir.model import NodeIR, PipelineIR, ScopeIR


class Layout:
    """The nodes and scopes of a pipeline, to be asked often.

    Args:
        ir: The compiled pipeline.
    """

    def __init__(self, ir: PipelineIR) -> None:
        self.ir = ir
        self.nodes = {node.id: node for node in ir.nodes}
        self.place = {node.id: index for index, node in enumerate(ir.nodes)}
        self.scopes = {scope.id: scope for scope in ir.scopes}
        self._around: dict[str | None, tuple[ScopeIR, ...]] = {None: ()}
        for scope in ir.scopes:
            self._around[scope.id] = (*self._around[scope.parent], scope)
        self._loops = {
            scope_id: tuple(scope.id for scope in around if scope.kind == "loop")
            for scope_id, around in self._around.items()
        }

    def node(self, node_id: str) -> NodeIR:
        """Returns the node of that id.

        Raises:
            PipelineError: There is none.
        """
        try:
            return self.nodes[node_id]
        except KeyError:
            raise PipelineError(
                f"pipeline {self.ir.name} has no node {node_id!r}", hint=did_you_mean(node_id, self.nodes)
            ) from None

    def around(self, scope_id: str | None) -> tuple[ScopeIR, ...]:
        """Returns a scope and those around it, the outermost first."""
        return self._around[scope_id]

    def loops(self, scope_id: str | None) -> tuple[str, ...]:
        """Returns the ids of the loops that a place is in, the outermost first."""
        return self._loops[scope_id]

    def loops_of(self, node_id: str) -> tuple[str, ...]:
        """Returns the ids of the loops that a node is in, the outermost first."""
        return self._loops[self.node(node_id).scope]

    def shared(self, scope_id: str | None, node_id: str) -> int:
        """Returns how many loops a place and a node are both in: of so many it is the same item."""
        mine, theirs = self._loops[scope_id], self._loops[self.nodes[node_id].scope]
        if not mine or not theirs:
            return 0
        count = 0
        for one, other in zip(mine, theirs, strict=False):
            if one != other:
                break
            count += 1
        return count
