# SPDX-License-Identifier: Apache-2.0
"""The newest artifacts of a type: what a Resolver chooses from.

The library can list all artifacts newest first cheaply, and those of one type or context only at a price that grows
with their number (15 ms for 20,000). So a first look goes over the newest of all types, which nearly always has what is
wanted, and only what is rarer or older is looked for by type or node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.metadata import events, mlmd, names
from penstock.metadata.session import Session

_FIRST_PAGE, _FIRST_PAGES = 50, 4
_PAGE = 100
_FEW = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which artifacts are looked for.

    Attributes:
        type_name: Their type.
        pipeline: The pipeline that made them or took them from the cache; ``None`` for any.
        node_id: The node of it; ``None`` for any.
        output_key: The node's output; ``None`` for any.
    """

    type_name: str
    pipeline: str | None = None
    node_id: str | None = None
    output_key: str | None = None

    def matches_event(self, event: Any) -> bool:
        """Says whether an event makes its artifact count, if its execution does."""
        if not events.is_output(event):
            return False
        return self.output_key is None or any(key == self.output_key for key, _ in events.places(event))


def newest_artifacts(session: Session, wanted: Wanted) -> Iterator[Artifact]:
    """Yields live artifacts by falling id, reading as far as the caller goes on."""
    live = mlmd.pb.Artifact.LIVE
    verifier = _Verifier(session, wanted)
    for page in _candidates(session, wanted):
        candidates = [stored for stored in page if stored.state == live]
        # A few first, since mostly the first one is all that the caller wants.
        for part in (candidates[:_FEW], candidates[_FEW:]):
            yield from map(session.artifact, verifier.verified(part))


def _candidates(session: Session, wanted: Wanted) -> Iterator[list[Any]]:
    """Yields pages of artifacts of the type, newest first, each artifact once."""
    oldest: int | None = None
    for page in _newest_of_all(session):
        if page:
            oldest = page[-1].id
        yield [stored for stored in page if stored.type == wanted.type_name]
    if oldest is None or oldest == 1:
        return
    for page in session.pages(_narrow_request(session, wanted), _PAGE):
        yield [a for a in page.artifacts if a.type == wanted.type_name and a.id < oldest]


def _newest_of_all(session: Session) -> Iterator[Sequence[Any]]:
    for page in islice(session.pages(mlmd.service.GetArtifactsRequest(), _FIRST_PAGE), _FIRST_PAGES):
        yield page.artifacts


def _narrow_request(session: Session, wanted: Wanted) -> Any:
    if wanted.pipeline is not None and wanted.node_id is not None:
        context_id = session.context_id(names.NODE, names.node_context(wanted.pipeline, wanted.node_id))
        if context_id is not None:
            return mlmd.service.GetArtifactsByContextRequest(context_id=context_id)
    return mlmd.service.GetArtifactsByTypeRequest(type_name=wanted.type_name)


class _Verifier:
    """Tells the artifacts that an execution as wanted has put out from the others."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        self._session = session
        self._wanted = wanted
        self._matching: dict[int, bool] = {}

    def verified(self, candidates: Sequence[Any]) -> list[Any]:
        """Returns those of some artifacts, in their order."""
        confirmed = self._made_as_wanted(candidates)
        others = [stored.id for stored in candidates if stored.id not in confirmed]
        confirmed |= self._used_as_wanted(others)
        return [stored for stored in candidates if stored.id in confirmed]

    def _made_as_wanted(self, candidates: Iterable[Any]) -> set[int]:
        """Asks the executions that made the artifacts; TFX's artifacts do not say which these are."""
        producers = {}
        for stored in candidates:
            producer = stored.custom_properties.get(names.PRODUCER)
            if producer is not None:
                producers[stored.id] = int(producer.int_value)
        matching = self._those_matching(producers.values())
        found = self._session.events_of_executions(matching)
        return {
            event.artifact_id
            for execution_id, group in found.items()
            for event in group
            if self._wanted.matches_event(event) and producers.get(event.artifact_id) == execution_id
        }

    def _used_as_wanted(self, ids: Iterable[int]) -> set[int]:
        """Asks every execution that put the artifacts out, the one that made them and those that took them over."""
        links = [
            (artifact_id, event.execution_id)
            for artifact_id, group in self._session.events_of_artifacts(ids).items()
            for event in group
            if self._wanted.matches_event(event)
        ]
        matching = self._those_matching(execution for _, execution in links)
        return {artifact for artifact, execution in links if execution in matching}

    def _those_matching(self, ids: Iterable[int]) -> set[int]:
        wanted = set(ids)
        for identity, stored in self._session.executions(wanted - self._matching.keys()).items():
            self._matching[identity] = self._matches(stored)
        return {identity for identity in wanted if self._matching.get(identity)}

    def _matches(self, stored: Any) -> bool:
        if stored.last_known_state not in (mlmd.pb.Execution.COMPLETE, mlmd.pb.Execution.CACHED):
            return False
        if self._wanted.pipeline is None and self._wanted.node_id is None:
            return True
        origin = self._session.origin(stored)
        return self._wanted.pipeline in (None, origin["pipeline"]) and self._wanted.node_id in (
            None,
            origin["node_id"],
        )
