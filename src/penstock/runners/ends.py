# SPDX-License-Identifier: Apache-2.0
"""What ended badly, and what therefore does not run."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.ir.model import NodeIR
from penstock.runtime.items import Item, item_label, parse_item
from penstock.runtime.layout import Layout
from penstock.runtime.results import BAD_STATES, NodeResult, NodeState

_WORDS: dict[NodeState, str] = {"failed": "failed", "cancelled": "was cancelled", "not run": "did not run"}


class Ends:
    """Takes note of how nodes and items end, and says what cannot start because of it.

    Args:
        layout: The pipeline.
        results: What has ended already.
    """

    def __init__(self, layout: Layout, results: Iterable[NodeResult] = ()) -> None:
        self._layout = layout
        self._worst: dict[tuple[str, Item], tuple[int, str]] = {}
        self._stopped_by = ""
        for result in results:
            self.note(result)

    def note(self, result: NodeResult) -> None:
        """Takes note of how a node ended, or one of its items."""
        if result.items:
            for item in result.items:
                self.note(item)
            return
        if result.stop and not self._stopped_by:
            self._stopped_by = result.name
        if result.state not in BAD_STATES:
            return
        path = parse_item(result.item) if result.item else ()
        found = (BAD_STATES.index(result.state), result.name)
        for depth in range(len(path) + 1):
            key = (result.node_id, path[:depth])
            self._worst[key] = min(found, self._worst.get(key, found))

    def blocked(self, node: NodeIR, item: Item = ()) -> NodeResult | None:
        """Returns the ``not run`` result of a node that cannot start for an item, ``None`` where it can."""
        waits = node.upstream
        if node.trigger == "all_ended":  # it must be known whether, and over what, it runs, and no more
            waits = tuple(name for scope in self._layout.around(node.scope) for name in scope.upstream)
        reason = self._why(waits, node.scope, item)
        return NodeResult(node.id, "not run", reason, item=item_label(item)) if reason else None

    def blocked_loop(self, loop_id: str, prefix: Item) -> str:
        """Returns why a loop cannot be opened for an item of the loops around it, ``""`` where it can."""
        around = self._layout.around(loop_id)
        return self._why(
            tuple(name for scope in around for name in scope.upstream), around[-1].parent, prefix
        )

    def _why(self, waits: Iterable[str], scope_id: str | None, item: Item) -> str:
        if self._stopped_by:
            return f"{self._stopped_by} stopped the run"
        if not self._worst:
            return ""
        for name in waits:
            path = item[: self._layout.shared(scope_id, name)]
            worst = self._worst.get((name, path))
            if worst is not None:
                return f"{worst[1]} {_WORDS[BAD_STATES[worst[0]]]}"
        return ""
