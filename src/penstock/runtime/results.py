# SPDX-License-Identifier: Apache-2.0
"""How nodes end, and how that is recorded on their run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from penstock.errors import PenstockError, UsageError
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.items import Item, instance_name

if TYPE_CHECKING:
    from penstock.runtime.run import Run

NodeState = Literal["ran", "cached", "skipped", "failed", "cancelled", "not run"]

_NODE_PREFIX = "node:"
_SECONDS_UNRECORDED = 0.5
"""How long a result may wait to be recorded together with others."""

BAD_STATES: tuple[NodeState, ...] = ("failed", "cancelled", "not run")
"""States after which what depends on a node does not run, the worst first."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """How a node ended in a run, or how its work on one item of a loop did.

    Attributes:
        node_id: Id of the node.
        state: ``ran``, ``cached`` (an earlier result answered), ``skipped`` (a normal outcome), ``failed``,
            ``cancelled`` or ``not run`` (something before it failed).
        reason: Why it was cached, skipped, failed or not run; one line.
        execution_id: Its execution in the metadata store; ``None`` where there is none, or one for each item.
        seconds: How long it took, the wait for a worker included; of all items together.
        rows: Rows that it handled, where it counts rows.
        summary: What came out, as a phrase.
        stop: Whether no further node should start.
        warnings: What went on although something was odd; one line each.
        traceback: The user's part of a traceback, for the log.
        item: Of which item of the loops around it this is, such as ``2.1``; ``""`` where it stands in none, and of the
            node as a whole.
        items: Of a node in a loop as a whole: how its work on each item ended, in their order.
    """

    node_id: str
    state: NodeState
    reason: str = ""
    execution_id: int | None = None
    seconds: float = 0.0
    rows: int | None = None
    summary: str = ""
    stop: bool = False
    warnings: tuple[str, ...] = ()
    traceback: str = field(default="", compare=False)
    item: str = ""
    items: tuple[NodeResult, ...] = ()

    @property
    def has_outputs(self) -> bool:
        """Whether nodes downstream can take this node's outputs."""
        return self.state in ("ran", "cached")

    @property
    def name(self) -> str:
        """The node, and of which item: ``Trainer[2.1]``."""
        return instance_name(self.node_id, self.item)

    def of_item(self, item: Item) -> NodeResult | None:
        """Returns how the work on one item ended, where it is recorded; that on all items around it counts too."""
        if not self.items:
            return self
        known = {result.item: result for result in self.items}
        texts = [".".join(map(str, item[:depth])) for depth in range(len(item), 0, -1)]
        return next((known[text] for text in texts if text in known), None)

    @property
    def failures(self) -> tuple[NodeResult, ...]:
        """What has failed: this, or those of its items that have."""
        if self.state != "failed":
            return ()
        return tuple(item for item in self.items if item.state == "failed") or (self,)


def by_name(results: Iterable[NodeResult]) -> dict[str, NodeResult]:
    """Returns results by what they are called: of nodes, and of their work on each item."""
    return {part.name: part for node in results for part in (node, *node.items)}


def refuse_whole_loop(result: NodeResult) -> None:
    """Refuses a node in a loop as a whole where one piece of work is wanted.

    Raises:
        UsageError: It went over items.
    """
    if result.items:
        raise UsageError(
            f"{result.node_id} ran for {_items(result.items)} of a loop",
            hint=f"name one, as {result.items[0].name}",
        )


def combined(node_id: str, items: Iterable[NodeResult]) -> NodeResult:
    """Returns how a node in a loop ended as a whole."""
    ordered = tuple(sorted(items, key=_position))
    states = [item.state for item in ordered]
    rows = [item.rows for item in ordered if item.rows is not None]
    return NodeResult(
        node_id,
        _state(states),
        _reason(ordered),
        seconds=round(sum(item.seconds for item in ordered), 3),
        rows=sum(rows) if rows else None,
        summary=_count(ordered),
        stop=any(item.stop for item in ordered),
        warnings=tuple(dict.fromkeys(text for item in ordered for text in item.warnings)),
        traceback=next((item.traceback for item in ordered if item.traceback), ""),
        items=ordered,
    )


def _position(result: NodeResult) -> tuple[int, ...]:
    return tuple(map(int, result.item.split("."))) if result.item else ()


def _state(states: Sequence[NodeState]) -> NodeState:
    for bad in BAD_STATES:
        if bad in states:
            return bad
    done = [state for state in states if state != "skipped"]
    if not done:
        return "skipped"
    return "cached" if all(state == "cached" for state in done) else "ran"


def _count(items: Sequence[NodeResult]) -> str:
    skipped = sum(item.state == "skipped" for item in items)
    more = f", {skipped} skipped" if 0 < skipped < len(items) else ""
    return _items(items) + more


def _items(items: Sequence[NodeResult]) -> str:
    return f"{len(items):,} item{'' if len(items) == 1 else 's'}"


def _reason(items: Sequence[NodeResult]) -> str:
    """Returns why a node has ended so: the reasons of its worst items, items of the same reason together."""
    state = _state([item.state for item in items])
    if state not in (*BAD_STATES, "skipped"):
        return ""
    told: dict[str, list[str]] = {}
    for item in items:
        if item.state == state:
            told.setdefault(item.reason.removeprefix(f"{item.name}: "), []).append(item.item)
    if state == "skipped" and len(told) == 1:
        return next(iter(told))
    parts = [
        f"item{'' if len(which) == 1 else 's'} {', '.join(which)}" + (f": {reason}" if reason else "")
        for reason, which in told.items()
    ]
    shown = 5
    left = [f"and {len(parts) - shown} more"] if len(parts) > shown else []
    return "; ".join([*parts[:shown], *left])


# --------------------------------------------------------------------------------------------------------- on the run


def to_document(result: NodeResult) -> dict[str, Any]:
    """Returns a result as plain JSON, without what has its default."""
    plain = NodeResult(result.node_id, result.state)
    document = {
        name: value
        for name, value in asdict(replace(result, items=())).items()
        if name in ("node_id", "state") or value != getattr(plain, name)
    }
    if result.items:
        document["items"] = [to_document(item) for item in result.items]
    return document


def from_document(document: Mapping[str, Any]) -> NodeResult:
    """Reads a result; what a later release has added is left out."""
    known = {item.name for item in fields(NodeResult)}
    values = {name: value for name, value in document.items() if name in known}
    values["warnings"] = tuple(values.get("warnings", ()))
    values["items"] = tuple(from_document(item) for item in values.get("items", ()))
    return NodeResult(**values)


def results_to_text(results: Mapping[str, NodeResult]) -> str:
    """Returns results by node as one text."""
    return json.dumps({node_id: to_document(result) for node_id, result in results.items()})


def results_from_text(text: str) -> dict[str, NodeResult]:
    """Reads what ``results_to_text`` has written."""
    return {node_id: from_document(document) for node_id, document in json.loads(text).items()}


def record_node(run: Run, store: MetadataStore, *results: NodeResult) -> None:
    """Records on a run how nodes, or their items, ended; skipped nodes are recorded nowhere else."""
    store.update_run(run.record, dict(map(_property, results)))


def _property(result: NodeResult) -> tuple[str, str]:
    document = to_document(replace(result, items=()))
    document.pop("traceback", None)
    if result.items:  # each is recorded by itself; here stands which of them there are
        document["items"] = [item.item for item in result.items]
    key = f"{result.node_id}/{result.item}" if result.item else result.node_id
    return _NODE_PREFIX + key, json.dumps(document)


def node_results(record: RunRecord) -> dict[str, NodeResult]:
    """Returns how the nodes of a run ended, by id, as they are recorded on it.

    A node in a loop is put together from its items: those that its own record names, all where there is none yet.
    """
    whole: dict[str, dict[str, Any]] = {}
    items: dict[str, dict[str, NodeResult]] = {}
    for key, value in record.properties.items():
        if not key.startswith(_NODE_PREFIX) or not isinstance(value, str) or not value:
            continue
        document = json.loads(value)
        if document.get("item"):
            items.setdefault(document["node_id"], {})[document["item"]] = from_document(document)
        else:
            whole[document["node_id"]] = document
    results = {}
    for node_id in {**whole, **items}:
        document = whole.get(node_id, {"items": [*items.get(node_id, {})]})
        named = [items.get(node_id, {}).get(item) for item in document.get("items", ())]
        found = [item for item in named if item is not None]
        results[node_id] = combined(node_id, found) if found else from_document({**document, "items": ()})
    return results


class Recorder:
    """Records on a run how its nodes end, those that end within half a second together.

    An update of a run costs the more the more stands on it: with many short nodes each by itself would take longer
    than they do. Threads may share a recorder.

    Args:
        run: The run.
        store: The metadata store.
    """

    def __init__(self, run: Run, store: MetadataStore) -> None:
        self._run = run
        self._store = store
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: dict[tuple[str, str], NodeResult] = {}
        self._timer: threading.Timer | None = None

    def note(self, result: NodeResult) -> None:
        """Takes note of how a node, or its work on one item, ended."""
        with self._lock:
            self._waiting[result.node_id, result.item] = result
            if self._timer is None:
                self._timer = threading.Timer(_SECONDS_UNRECORDED, self._flush_later)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Records all that was noted.

        Raises:
            MetadataError: The store fails; what was noted waits for the next time.
        """
        with self._writing:
            with self._lock:
                waiting, self._waiting = self._waiting, {}
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            if not waiting:
                return
            try:
                record_node(self._run, self._store, *waiting.values())
            except BaseException:
                with self._lock:
                    self._waiting = {**waiting, **self._waiting}
                raise

    def close(self) -> None:
        """Forgets what could not be recorded, so that nothing is written to a store that is closed."""
        with self._writing, self._lock:
            self._waiting = {}
            if self._timer is not None:
                self._timer.cancel()

    def _flush_later(self) -> None:
        with suppress(PenstockError):  # tried again with the next, and at the end, where it is told
            self.flush()
