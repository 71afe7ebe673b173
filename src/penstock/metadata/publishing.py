# SPDX-License-Identifier: Apache-2.0
"""The writes: an execution is started and finished, or recorded as done; each comes out the same when repeated."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.errors import MetadataError
from penstock.metadata import events, mlmd, names, queries
from penstock.metadata.connection import AlreadyExistsError
from penstock.metadata.owner import Owner
from penstock.metadata.records import (
    ArtifactMap,
    ExecutionRecord,
    ExecutionState,
    FinalState,
    NewExecution,
    RemovedArtifactError,
)
from penstock.metadata.session import Session

Ids = Mapping[str, Sequence[int]]

_REMOVED = ("MARKED_FOR_DELETION", "DELETED")


def start(session: Session, new: NewExecution, owner: Owner) -> ExecutionRecord:
    """Records an execution as RUNNING, with its inputs and its owner."""
    return session.connection.write(lambda: _record(session, new, "RUNNING", [], owner))


def record_cached(session: Session, new: NewExecution, outputs: Ids) -> ExecutionRecord:
    """Records an execution that took its outputs from an earlier one."""
    made = events.references(outputs, "OUTPUT")
    return session.connection.write(lambda: _record(session, new, "CACHED", made, None))


def record_resolved(session: Session, new: NewExecution, outputs: Ids) -> ExecutionRecord:
    """Records an execution that chose its outputs from the history."""
    chosen = events.references(outputs, "INTERNAL_OUTPUT")
    return session.connection.write(lambda: _record(session, new, "COMPLETE", chosen, None))


def record_imported(
    session: Session, new: NewExecution, key: str, artifact: Artifact, *, reuse: bool
) -> tuple[ExecutionRecord, Artifact]:
    """Records an artifact that comes from outside, or takes the one that an earlier execution recorded."""

    def operation() -> tuple[ExecutionRecord, Artifact]:
        execution = queries.execution_by_name(session, new.type, new.name)
        if execution is None:
            known = _registered(session, artifact) if reuse else None
            if known is not None:
                execution = record_cached(session, new, {key: [known.id]})
            else:
                execution = start(session, new, Owner.current())
        if execution.state == "RUNNING":
            finish(session, execution.id, "COMPLETE", {key: [artifact]}, {})
        (done,) = queries.executions(session, [execution.id])
        (recorded,) = queries.outputs_of(session, [done.id])[done.id][key]
        return done, recorded

    return session.connection.write(operation)


def finish(
    session: Session,
    execution_id: int,
    state: FinalState,
    outputs: ArtifactMap,
    properties: Mapping[str, PropertyValue],
) -> dict[str, list[Artifact]]:
    """Records how a running execution ended, together with what it made, in one transaction."""
    if state != "COMPLETE" and any(outputs.values()):
        raise MetadataError(f"an execution that ended as {state} cannot have outputs", got=", ".join(outputs))

    def operation() -> dict[str, list[Artifact]]:
        stored = session.executions([execution_id]).get(execution_id)
        if stored is None:
            raise MetadataError(f"the metadata store has no execution {execution_id}")
        current: ExecutionState = mlmd.pb.Execution.State.Name(stored.last_known_state)
        if current in ("NEW", "RUNNING"):
            _finish(session, stored, state, outputs, properties)
        elif state == "COMPLETE" and current in ("FAILED", "CANCELED"):
            raise MetadataError(
                f"execution {execution_id} cannot be completed",
                expected="an execution that is running",
                got=f"one that was recorded as {current}",
                hint="another process took its owner for dead and removed its files; run the node again",
            )
        return queries.outputs_of(session, [execution_id])[execution_id]

    return session.connection.write(operation)


def set_artifact_state(session: Session, ids: Iterable[int], state: str) -> None:
    """Sets the state of artifacts and leaves everything else of them as it is."""
    wanted = list(dict.fromkeys(ids))
    if wanted:
        session.connection.write(lambda: _put_state(session, wanted, state))


def mark_for_deletion(session: Session, ids: Iterable[int], executions: Container[int]) -> list[int]:
    """Marks those artifacts that no other than some executions use, in one transaction; returns these."""
    wanted = list(dict.fromkeys(ids))

    def operation() -> list[int]:
        used = {
            use.artifact_id for use in queries.uses(session, wanted) if use.execution_id not in executions
        }
        free = [identity for identity in wanted if identity not in used]
        if free:
            _put_state(session, free, "MARKED_FOR_DELETION")
        return free

    return session.connection.write(operation) if wanted else []


def _put_state(session: Session, ids: Sequence[int], state: str) -> None:
    session.existing_artifacts(ids)
    value = mlmd.pb.Artifact.State.Value(state)
    request = mlmd.service.PutArtifactsRequest(
        artifacts=[mlmd.pb.Artifact(id=identity, state=value) for identity in ids]
    )
    request.update_mask.paths.append("state")
    session.connection.call(request)


def _record(
    session: Session, new: NewExecution, state: ExecutionState, outputs: list[Any], owner: Owner | None
) -> ExecutionRecord:
    """Writes a new execution with its inputs and outputs, or returns the one that has its name."""
    existing = queries.execution_by_name(session, new.type, new.name)
    if existing is not None:
        return existing
    used = [*events.references(new.inputs, "INPUT"), *outputs]
    _check_present(session, {event.artifact_id for event in used})
    # A hit is not linked to the cache key: a pipeline that is all cached every hour would bury the one execution that
    # made the outputs under thousands that repeat them.
    cache_key = None if state == "CACHED" else new.cache_key
    request = _request(_contexts(session, new.pipeline, new.run_id, new.node_id, cache_key))
    request.execution.CopyFrom(_new_execution(session, new, state, owner))
    for event in used:
        request.artifact_event_pairs.add(event=event)
    try:
        session.connection.call(request)
    except AlreadyExistsError as error:
        raise MetadataError(f"execution {new.name!r} cannot be recorded", got=error.got) from error
    recorded = queries.execution_by_name(session, new.type, new.name)
    if recorded is None:
        raise MetadataError(f"execution {new.name!r} was recorded and is not there")
    return recorded


def _check_present(session: Session, ids: Iterable[int]) -> None:
    """Refuses artifacts whose files are being removed, or are gone; what is being removed is never used again."""
    removed = [
        stored
        for stored in session.existing_artifacts(ids).values()
        if mlmd.pb.Artifact.State.Name(stored.state) in _REMOVED
    ]
    if removed:
        raise RemovedArtifactError(
            "an artifact that is to be used has been removed",
            got=", ".join(f"{stored.type} {stored.id}" for stored in removed[:10]),
            hint="penstock gc has removed its files; run the node that made it again",
        )


def _new_execution(session: Session, new: NewExecution, state: ExecutionState, owner: Owner | None) -> Any:
    origin = {
        "pipeline": new.pipeline,
        "run_id": new.run_id,
        "node_id": new.node_id,
        "cache_key": new.cache_key,
    }
    custom = session.codec.encode_parameters(new.properties)
    custom[names.ORIGIN] = mlmd.pb.Value(string_value=json.dumps(origin))
    if owner is not None:
        custom[names.OWNER] = mlmd.pb.Value(string_value=owner.to_text())
    return mlmd.pb.Execution(
        type_id=session.types.execution_type(new.type, new.base_type),
        name=session.codec.dialect.check_name("execution", new.name),
        last_known_state=mlmd.pb.Execution.State.Value(state),
        custom_properties=custom,
    )


def _finish(
    session: Session,
    stored: Any,
    state: FinalState,
    outputs: ArtifactMap,
    properties: Mapping[str, PropertyValue],
) -> None:
    origin = session.origin(stored)
    pipeline, run_id, node_id = (origin[key] or "" for key in ("pipeline", "run_id", "node_id"))
    request = _request(_contexts(session, pipeline, run_id, node_id, origin.get("cache_key")))
    request.execution.CopyFrom(stored)  # the library replaces an execution whole
    request.execution.last_known_state = mlmd.pb.Execution.State.Value(state)
    for key in properties:
        request.execution.custom_properties.pop(key, None)
        request.execution.custom_properties.pop(names.schema_key(key), None)
    for key, value in session.codec.encode_parameters(properties).items():
        request.execution.custom_properties[key].CopyFrom(value)
    known = {key: [a.id for a in group] for key, group in outputs.items()}
    session.existing_artifacts(identity for group in known.values() for identity in group if identity)
    for key, group in outputs.items():
        for index, artifact in enumerate(group):
            if not artifact.id:
                made = session.new_artifact(artifact, stored.id)
                request.artifact_event_pairs.add(artifact=made, event=events.output(key, index))
    for event in _taken_over(outputs):
        request.artifact_event_pairs.add(event=event)
    session.connection.call(request)


def _taken_over(outputs: ArtifactMap) -> list[Any]:
    """Returns the events of outputs that are in the store already."""
    paths: dict[int, Any] = {}
    for key, group in outputs.items():
        for index, artifact in enumerate(group):
            if artifact.id:
                event = events.output(key, index)
                event.artifact_id = artifact.id
                if artifact.id in paths:
                    paths[artifact.id].path.MergeFrom(event.path)
                else:
                    paths[artifact.id] = event
    return list(paths.values())


def _request(contexts: list[Any]) -> Any:
    request = mlmd.service.PutExecutionRequest(contexts=contexts)
    request.options.force_reuse_context = True  # contexts by id are linked, not overwritten
    request.options.reuse_context_if_already_exist = True
    return request


def _contexts(session: Session, pipeline: str, run_id: str, node_id: str, cache_key: str | None) -> list[Any]:
    """Returns the contexts that an execution and its artifacts belong to."""
    for kind, name in ((names.PIPELINE, pipeline), (names.PIPELINE_RUN, run_id)):
        if session.context_id(kind, name) is None:
            raise MetadataError(
                f"the metadata store has no {kind.replace('_', ' ')} {name!r}", hint="begin the run first"
            )
    wanted: list[tuple[names.ContextType, str]] = [
        (names.PIPELINE, pipeline),
        (names.PIPELINE_RUN, run_id),
        (names.NODE, names.node_context(pipeline, node_id)),
    ]
    if cache_key is not None:
        wanted.append((names.EXECUTION_CACHE, cache_key))
    return [session.context_reference(kind, name) for kind, name in wanted]


def _registered(session: Session, artifact: Artifact) -> Artifact | None:
    """Returns the newest live artifact with the URI, type and properties of one that is to be imported."""
    for candidate in queries.artifacts_by_uri(session, artifact.uri):
        if (
            candidate.state == "LIVE"
            and candidate.type_name == artifact.type_name
            and artifact.properties.items() <= candidate.properties.items()
            and all(candidate.get_custom_property(k) == v for k, v in artifact.custom_properties.items())
        ):
            return candidate
    return None
