# SPDX-License-Identifier: Apache-2.0
"""The order of a run: which node can start, for which item, and which loop can be opened. It starts nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from penstock.errors import PipelineError
from penstock.ir.model import NodeIR
from penstock.runners.ends import Ends
from penstock.runtime.items import Item, item_label
from penstock.runtime.layout import Layout
from penstock.runtime.results import NodeResult, NodeState, combined

Results = dict[str, NodeResult]

_Part = tuple[str, Item]
"""A node, below an item of some of the loops around it: all its items that begin so."""


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """Something that can be done.

    Attributes:
        item: The item of the loops around it. Early items go first, so that work on them ends early.
        place: Place in the pipeline.
        id: Id of the node, or of the loop.
        opens: Whether a loop is to be opened, and not a node launched.
    """

    item: Item
    place: int
    id: str
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Why no node of a loop runs, below an item of the loops around it."""

    state: NodeState
    reason: str


class Schedule:
    """Says what can start: each node after its upstream nodes, an item's node after the same item's.

    Args:
        layout: The pipeline; its exit handlers are left out.
        told: Is given the results that come about without a launch: of nodes in a loop that is not run, and of nodes
            in loops as a whole.
    """

    def __init__(self, layout: Layout, told: Callable[[NodeResult], None]) -> None:
        self._layout = layout
        self._told = told
        self._nodes = {node.id: node for node in layout.ir.nodes if node.trigger != "at_exit"}
        self._inside: dict[str | None, list[NodeIR]] = defaultdict(list)
        self._loops_inside: dict[str | None, list[str]] = defaultdict(list)
        self._below: dict[str, list[str]] = defaultdict(list)
        self._ready: list[Job] = []
        self._missing: dict[Job, int] = {}
        self._waiting: dict[_Part, list[Job]] = defaultdict(list)
        self._complete: set[_Part] = set()
        self._left: dict[_Part, int] = {}
        self._items: dict[str, list[NodeResult]] = defaultdict(list)
        self.ends = Ends(layout)
        self.results: Results = {}
        self._read_layout()
        self._begin(None, ())

    def _read_layout(self) -> None:
        for node in self._nodes.values():
            loops = self._layout.loops(node.scope)
            self._inside[loops[-1] if loops else None].append(node)
            for loop in loops:
                self._below[loop].append(node.id)
        for loop_id, scope in self._layout.scopes.items():
            if scope.kind == "loop" and loop_id in self._below:
                around = self._layout.loops(scope.parent)
                self._loops_inside[around[-1] if around else None].append(loop_id)

    # ------------------------------------------------------------------------------------------------------------ jobs

    @property
    def first(self) -> Job | None:
        """What should start first of all that can, ``None`` where nothing can now."""
        return self._ready[0] if self._ready else None

    def take(self) -> Job:
        """Returns what should start first, which is then no longer among what can."""
        return heappop(self._ready)

    def _begin(self, loop_id: str | None, item: Item) -> None:
        """Takes up what stands directly in a loop, for one item."""
        for node in self._inside[loop_id]:
            self._add(Job(item, self._layout.place[node.id], node.id), node.scope, node.upstream)
        for inner in self._loops_inside[loop_id]:
            upstream = tuple(name for scope in self._layout.around(inner) for name in scope.upstream)
            place = self._layout.place[self._below[inner][0]]
            self._add(Job(item, place, inner, opens=True), self._layout.scopes[inner].parent, upstream)

    def _add(self, job: Job, scope_id: str | None, upstream: tuple[str, ...]) -> None:
        parts = {
            (name, job.item[: self._layout.shared(scope_id, name)])
            for name in upstream
            if name in self._nodes
        }
        missing = parts - self._complete
        if not missing:
            heappush(self._ready, job)
            return
        self._missing[job] = len(missing)
        for part in missing:
            self._waiting[part].append(job)

    def all_results(self) -> Results:
        """Returns how all nodes have ended.

        Raises:
            PipelineError: Some have not, since they wait for each other.
        """
        left = [name for name in self._nodes if name not in self.results]
        if left:
            raise PipelineError(
                f"nodes wait for what does not come: {', '.join(left[:10])}",
                hint="compile the pipeline again; nodes and scopes stand after those that they wait for",
            )
        return self.results

    # ------------------------------------------------------------------------------------------------------------ ends

    def opened(self, job: Job, count: int) -> None:
        """Takes note of how many items a loop has: at least one."""
        for node_id in self._below[job.id]:
            self._left[node_id, job.item] = count
        for index in range(count):
            self._begin(job.id, (*job.item, index))

    def closed(self, job: Job, why: Closed) -> None:
        """Takes note that no node of a loop runs."""
        for node_id in self._below[job.id]:
            result = NodeResult(node_id, why.state, why.reason, item=item_label(job.item))
            self._told(result)
            self.ended(result, job.item)

    def ended(self, result: NodeResult, item: Item) -> None:
        """Takes note of how a node ended, for one item; or for all items below one."""
        self.ends.note(result)
        if item:
            self._items[result.node_id].append(result)
        else:
            self.results[result.node_id] = result
        self._completed((result.node_id, item))

    def _completed(self, part: _Part) -> None:
        node_id, item = part
        if not item and node_id not in self.results:
            self.results[node_id] = whole = combined(node_id, self._items.pop(node_id))
            self._told(whole)
        self._complete.add(part)
        for job in self._waiting.pop(part, ()):
            self._missing[job] -= 1
            if self._missing[job] == 0:
                del self._missing[job]
                heappush(self._ready, job)
        if item:
            around = (node_id, item[:-1])
            self._left[around] -= 1
            if self._left[around] == 0:
                self._completed(around)
