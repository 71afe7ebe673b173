# SPDX-License-Identifier: Apache-2.0
"""The reads, chosen so that they cost the same however much the store holds (but for where it is said)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from penstock.artifacts.artifact import Artifact
from penstock.errors import MetadataError
from penstock.metadata import events, mlmd, names
from penstock.metadata.records import CacheHit, ExecutionRecord, LineageEdge
from penstock.metadata.session import Session, check_same

_CACHE_PAGE = 10


def execution_by_name(session: Session, type_name: str, name: str) -> ExecutionRecord | None:
    """Returns the execution of a type and name, ``None`` where there is none."""
    request = mlmd.service.GetExecutionByTypeAndNameRequest(type_name=type_name, execution_name=name)
    response = session.connection.call(request)
    if not response.HasField("execution"):
        return None
    check_same("execution", name, response.execution.name)
    return session.execution(response.execution)


def executions(session: Session, ids: Sequence[int]) -> list[ExecutionRecord]:
    """Returns executions in the order of their ids as given.

    Raises:
        MetadataError: One does not exist.
    """
    found = session.executions(ids)
    missing = [identity for identity in ids if identity not in found]
    if missing:
        raise MetadataError(f"the metadata store has no execution {', '.join(map(str, missing[:10]))}")
    return [session.execution(found[identity]) for identity in ids]


def executions_of_run(session: Session, run_id: str) -> list[ExecutionRecord]:
    """Returns the executions of a run in the order of their ids."""
    context_id = session.context_id(names.PIPELINE_RUN, run_id)
    if context_id is None:
        return []
    # Without options: with them the library pages, and reads all ids of the context again for each page.
    response = session.connection.call(mlmd.service.GetExecutionsByContextRequest(context_id=context_id))
    return [session.execution(stored) for stored in sorted(response.executions, key=lambda stored: stored.id)]


def executions_of_node(session: Session, pipeline: str, node_id: str, limit: int) -> list[ExecutionRecord]:
    """Returns the newest executions of a node; costs about 2 ms more for every thousand that it has."""
    context_id = session.context_id(names.NODE, names.node_context(pipeline, node_id))
    if context_id is None or limit < 1:
        return []
    found: list[Any] = []
    request = mlmd.service.GetExecutionsByContextRequest(context_id=context_id)
    for page in session.pages(request, min(limit, 100)):
        found.extend(page.executions)
        if len(found) >= limit:
            break
    return [session.execution(stored) for stored in found[:limit]]


def outputs_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, list[Artifact]]]:
    """Returns what executions gave to others, by execution id and output key."""
    return _linked(session, ids, outputs=True)


def inputs_of(session: Session, ids: Iterable[int]) -> dict[int, dict[str, list[Artifact]]]:
    """Returns what executions read, by execution id and input key."""
    return _linked(session, ids, outputs=False)


def _linked(session: Session, ids: Iterable[int], *, outputs: bool) -> dict[int, dict[str, list[Artifact]]]:
    matches = events.is_yield if outputs else events.is_input
    keyed = {
        identity: events.by_key(event for event in found if matches(event))
        for identity, found in session.events_of_executions(ids).items()
    }
    wanted = [identity for by_key in keyed.values() for group in by_key.values() for identity in group]
    stored = session.existing_artifacts(wanted)
    return {identity: session.typed(by_key, stored) for identity, by_key in keyed.items()}


def uses(session: Session, ids: Iterable[int]) -> list[LineageEdge]:
    """Returns every use of some artifacts: who made them, read them, took them over or chose them."""
    return [
        LineageEdge(artifact_id, event.execution_id, kind, key, index)
        for artifact_id, found in session.events_of_artifacts(ids).items()
        for event in found
        for kind in (_kind_of(event),)
        if kind is not None
        for key, index in list(events.places(event)) or [("", 0)]
    ]


def _kind_of(event: Any) -> Literal["input", "output"] | None:
    if events.is_input(event):
        return "input"
    return "output" if events.is_yield(event) else None


def artifacts(session: Session, ids: Sequence[int]) -> list[Artifact]:
    """Returns artifacts in the order of their ids as given.

    Raises:
        MetadataError: One does not exist.
    """
    found = session.existing_artifacts(ids)
    return [session.artifact(found[identity]) for identity in ids]


def artifacts_by_uri(session: Session, uri: str) -> list[Artifact]:
    """Returns the artifacts at a URI, newest first."""
    response = session.connection.call(mlmd.service.GetArtifactsByURIRequest(uris=[uri]))
    newest_first = sorted(response.artifacts, key=lambda stored: -stored.id)
    # Some databases take other spellings for equal.
    return [session.artifact(stored) for stored in newest_first if stored.uri == uri]


def find_cached(session: Session, cache_key: str) -> CacheHit | None:
    """Returns the newest execution with a cache key whose outputs are all live, with these outputs."""
    context_id = session.context_id(names.EXECUTION_CACHE, cache_key)
    if context_id is None:
        return None
    request = mlmd.service.GetExecutionsByContextRequest(context_id=context_id)
    for page in session.pages(request, _CACHE_PAGE):
        finished = [stored for stored in map(session.execution, page.executions) if is_published(stored)]
        outputs = outputs_of(session, [execution.id for execution in finished])
        for execution in finished:
            made = outputs[execution.id]
            if all(artifact.state == "LIVE" for group in made.values() for artifact in group):
                return CacheHit(execution, made)
    return None


def is_published(execution: ExecutionRecord) -> bool:
    """Says whether the outputs of an execution exist for others."""
    return execution.state in ("COMPLETE", "CACHED")
