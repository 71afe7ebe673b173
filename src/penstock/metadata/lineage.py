# SPDX-License-Identifier: Apache-2.0
"""Lineage: a walk over events, level by level, that does not get lost at artifacts which everything uses.

An execution that was answered from the cache is a reference to what another one made, and a Resolver only chooses; so
neither counts as a producer or as a consumer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from penstock.metadata import events, mlmd, names
from penstock.metadata.records import LineageEdge, LineageGraph
from penstock.metadata.session import Session

Direction = Literal["up", "down"]


def walk(
    session: Session, artifact_id: int, direction: Direction, max_hops: int, hub_degree: int
) -> LineageGraph:
    """Returns what an artifact was made from (``up``), or what was made from it (``down``).

    Args:
        session: The open store.
        artifact_id: Where to begin.
        direction: Which way to go.
        max_hops: How many executions in a row to follow.
        hub_degree: Down only: an artifact with more consumers than this is not followed; of the first one, the
            newest this many are.
    """
    trail = _Trail(session, artifact_id, hub_degree)
    step = trail.up if direction == "up" else trail.down
    frontier = [artifact_id]
    for _ in range(max_hops):
        frontier = step(frontier)
        if not frontier:
            break
    return trail.graph()


class _Trail:
    """What a walk has seen."""

    def __init__(self, session: Session, start: int, hub_degree: int) -> None:
        self._session = session
        self._start = start
        self._hub_degree = hub_degree
        self._artifacts: dict[int, Any] = session.existing_artifacts([start])
        self._executions: dict[int, Any] = {}
        self._events: list[Any] = []
        self._cut: list[int] = []

    def up(self, frontier: list[int]) -> list[int]:
        return self._through(self._producers(frontier), events.is_input)

    def down(self, frontier: list[int]) -> list[int]:
        consumers: set[int] = set()
        for artifact_id, found in self._session.events_of_artifacts(frontier).items():
            readers = sorted((event.execution_id for event in found if events.is_input(event)), reverse=True)
            if len(readers) > self._hub_degree:
                self._cut.append(artifact_id)
                readers = readers[: self._hub_degree] if artifact_id == self._start else []
            consumers.update(readers)
        return self._through(consumers, events.is_output)

    def _through(self, executions: Iterable[int], leads_on: Callable[[Any], bool]) -> list[int]:
        """Takes in executions with the artifacts on their far side, and returns the artifacts that are new."""
        unseen = [identity for identity in sorted(executions) if identity not in self._executions]
        stored = self._session.executions(unseen)
        complete = mlmd.pb.Execution.COMPLETE
        followed = {k: found for k, found in stored.items() if found.last_known_state == complete}
        self._executions.update(followed)
        found = [event for group in self._session.events_of_executions(followed).values() for event in group]
        self._events.extend(found)
        reached = dict.fromkeys(event.artifact_id for event in found if leads_on(event))
        fresh = [identity for identity in reached if identity not in self._artifacts]
        self._artifacts.update(self._session.artifacts(fresh))
        return fresh

    def _producers(self, artifacts: list[int]) -> set[int]:
        """Returns the executions that made artifacts."""
        named: set[int] = set()
        unnamed: list[int] = []
        for identity in artifacts:
            producer = self._artifacts[identity].custom_properties.get(names.PRODUCER)
            if producer is None:
                unnamed.append(identity)
            else:
                named.add(int(producer.int_value))
        return named | self._producers_by_events(unnamed)

    def _producers_by_events(self, artifacts: list[int]) -> set[int]:
        """Asks the events of TFX's artifacts: the oldest execution that put one out and completed has made it."""
        if not artifacts:
            return set()
        found = self._session.events_of_artifacts(artifacts)
        makers = {
            identity: [event.execution_id for event in group if events.is_output(event)]
            for identity, group in found.items()
        }
        stored = self._session.executions(maker for group in makers.values() for maker in group)
        complete = mlmd.pb.Execution.COMPLETE
        oldest = (
            min((maker for maker in group if stored[maker].last_known_state == complete), default=None)
            for group in makers.values()
        )
        return {maker for maker in oldest if maker is not None}

    def graph(self) -> LineageGraph:
        return LineageGraph(
            artifacts={k: self._session.artifact(stored) for k, stored in sorted(self._artifacts.items())},
            executions={k: self._session.execution(stored) for k, stored in sorted(self._executions.items())},
            edges=tuple(sorted(self._edges(), key=lambda e: (e.execution_id, e.kind, e.key, e.index))),
            cut=tuple(self._cut),
        )

    def _edges(self) -> Iterator[LineageEdge]:
        """Yields the uses of the artifacts that were reached; an execution's other side may hold more."""
        for event in self._events:
            if event.artifact_id in self._artifacts and (events.is_input(event) or events.is_output(event)):
                kind: Literal["input", "output"] = "input" if events.is_input(event) else "output"
                for key, index in events.places(event):
                    yield LineageEdge(event.artifact_id, event.execution_id, kind, key, index)
