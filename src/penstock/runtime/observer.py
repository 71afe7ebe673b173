# SPDX-License-Identifier: Apache-2.0
"""Who is told how a run goes, and what."""

from __future__ import annotations

from typing import Protocol

from penstock.runtime.run import NodeResult

_MOST_WARNINGS = 20


class Observer(Protocol):
    """Is told how a run goes."""

    def node_warned(self, node_id: str, warning: str) -> None:
        """Something about a node is odd, which is known before it runs."""
        ...

    def node_started(self, node_id: str, item: str = "") -> None:
        """A node is being driven: for an item such as ``2.1`` where it stands in loops."""
        ...

    def node_executing(self, node_id: str, item: str = "") -> None:
        """A node's executor was handed to a worker."""
        ...

    def node_progress(self, node_id: str, rows: int | None, item: str = "") -> None:
        """A node's executor has handled so many rows."""
        ...

    def node_finished(self, result: NodeResult) -> None:
        """A node has ended, or its work on one item; after its last item, the node as a whole."""
        ...


class Silent:
    """An observer that shows nothing."""

    def node_warned(self, node_id: str, warning: str) -> None:
        """Does nothing."""

    def node_started(self, node_id: str, item: str = "") -> None:
        """Does nothing."""

    def node_executing(self, node_id: str, item: str = "") -> None:
        """Does nothing."""

    def node_progress(self, node_id: str, rows: int | None, item: str = "") -> None:
        """Does nothing."""

    def node_finished(self, result: NodeResult) -> None:
        """Does nothing."""


class Told:
    """Takes what an executor reports while it works: rows for the observer, warnings to keep.

    Args:
        node_id: The executor's node.
        observer: Is told the rows.
        item: Of which item the work is.
    """

    def __init__(self, node_id: str, observer: Observer, item: str = "") -> None:
        self._node_id = node_id
        self._item = item
        self._observer = observer
        self._warnings: dict[str, None] = {}

    def report(self, rows: int | None = None, warning: str | None = None) -> None:
        """Takes a number of rows, or a warning; the same one counts once, and after many no more are kept."""
        if warning is None:
            self._observer.node_progress(self._node_id, rows, self._item)
        elif len(self._warnings) < _MOST_WARNINGS:
            self._warnings.setdefault(warning)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings in their order."""
        return tuple(self._warnings)
