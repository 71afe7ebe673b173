# SPDX-License-Identifier: Apache-2.0
"""What the store's operations share: connection, types, contexts, and the translation of its entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from penstock.artifacts.artifact import Artifact
from penstock.errors import MetadataError
from penstock.metadata import codec, mlmd, names
from penstock.metadata.codec import Codec
from penstock.metadata.connection import Connection, NotFoundError
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, RunRecord
from penstock.metadata.registry import TypeRegistry

_BATCH = 500  # ids in one call, which the library writes out into one SQL statement
T = TypeVar("T")


class Session:
    """One open store, without its public face."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.codec = Codec(connection.database.dialect)
        self.types = TypeRegistry(connection)
        self._context_ids: dict[tuple[names.ContextType, str], int] = {}

    # ---------------------------------------------------------------------------------------------------- contexts

    def context(self, kind: names.ContextType, name: str) -> Any:
        """Returns a context, ``None`` where there is none of that name."""
        request = mlmd.service.GetContextByTypeAndNameRequest(type_name=kind, context_name=name)
        response = self.connection.call(request)
        if not response.HasField("context"):
            return None
        check_same(f"{kind} context", name, response.context.name)
        self._context_ids[kind, name] = response.context.id
        return response.context

    def context_id(self, kind: names.ContextType, name: str) -> int | None:
        """Returns the id of a context, which never changes and is remembered."""
        known = self._context_ids.get((kind, name))
        if known is not None:
            return known
        found = self.context(kind, name)
        return None if found is None else int(found.id)

    def context_reference(self, kind: names.ContextType, name: str) -> Any:
        """Returns what stands for a context in a write, which makes it where it does not exist."""
        type_id = self.types.context_type(kind)
        known = self.context_id(kind, name)
        if known is not None:
            return mlmd.pb.Context(id=known, type_id=type_id)
        return mlmd.pb.Context(name=self.codec.dialect.check_name(f"{kind} context", name), type_id=type_id)

    # -------------------------------------------------------------------------------------------- entries by their ids

    def executions(self, ids: Iterable[int]) -> dict[int, Any]:
        """Returns the executions that exist, by id."""
        found = {}
        for batch in _batches(ids):
            response = self.connection.call(mlmd.service.GetExecutionsByIDRequest(execution_ids=batch))
            found.update({execution.id: execution for execution in response.executions})
        return found

    def artifacts(self, ids: Iterable[int]) -> dict[int, Any]:
        """Returns the artifacts that exist, by id."""
        found = {}
        for batch in _batches(ids):
            response = self.connection.call(mlmd.service.GetArtifactsByIDRequest(artifact_ids=batch))
            found.update({artifact.id: artifact for artifact in response.artifacts})
        return found

    def existing_artifacts(self, ids: Iterable[int]) -> dict[int, Any]:
        """Returns artifacts by id.

        Raises:
            MetadataError: One does not exist (the library itself would take its id without a word).
        """
        wanted = list(ids)
        found = self.artifacts(wanted)
        missing = sorted(set(wanted) - found.keys())
        if missing:
            raise MetadataError(
                f"the metadata store has no artifact {', '.join(map(str, missing[:10]))}",
                input=str(self.connection.database),
            )
        return found

    def events_of_executions(self, ids: Iterable[int]) -> dict[int, list[Any]]:
        """Returns the events of executions, by execution id."""
        wanted = list(ids)
        found: dict[int, list[Any]] = {identity: [] for identity in wanted}
        for batch in _batches(wanted):
            response = self.connection.call(mlmd.service.GetEventsByExecutionIDsRequest(execution_ids=batch))
            for event in response.events:
                found[event.execution_id].append(event)
        return found

    def events_of_artifacts(self, ids: Iterable[int]) -> dict[int, list[Any]]:
        """Returns the events of artifacts, by artifact id."""
        wanted = list(ids)
        found: dict[int, list[Any]] = {identity: [] for identity in wanted}
        for batch in _batches(wanted):
            response = self.connection.call(mlmd.service.GetEventsByArtifactIDsRequest(artifact_ids=batch))
            for event in response.events:
                found[event.artifact_id].append(event)
        return found

    def pages(self, request: Any, size: int) -> Iterator[Any]:
        """Yields the responses to a request that lists, newest first, ``size`` entries each."""
        fields = mlmd.pb.ListOperationOptions.OrderByField
        request.options.max_result_size = size
        request.options.order_by_field.field = fields.ID
        request.options.order_by_field.is_asc = False
        while True:
            response = self.connection.call(request)
            yield response
            if not response.next_page_token:
                return
            request.options.next_page_token = response.next_page_token

    # -------------------------------------------------------------------------------------------------- translation

    def artifact(self, stored: Any) -> Artifact:
        """Returns an artifact of the store with its values decoded."""
        return self.types.artifact_class(stored.type)(
            stored.uri,
            id=stored.id,
            name=stored.name,
            state=mlmd.pb.Artifact.State.Name(stored.state),
            properties=codec.decode_declared(stored.properties, stored.custom_properties),
            custom_properties=codec.decode(stored.custom_properties),
        )

    def new_artifact(self, artifact: Artifact, producer: int) -> Any:
        """Returns what the library stores for an artifact that an execution made."""
        cls = type(artifact)
        declared, exact = self.codec.encode_declared(
            artifact.properties, {key: declared.type for key, declared in cls.PROPERTIES.items()}
        )
        custom = {**self.codec.encode(artifact.custom_properties), **exact}
        custom[names.PRODUCER] = mlmd.pb.Value(int_value=producer)
        if artifact.name:
            self.codec.dialect.check_name("artifact", artifact.name)
        return mlmd.pb.Artifact(
            type_id=self.types.artifact_type(cls, artifact.type_name),
            uri=self.codec.dialect.check_uri(artifact.uri),
            name=artifact.name or None,
            state=mlmd.pb.Artifact.State.Value(artifact.state),
            properties=declared,
            custom_properties=custom,
        )

    def execution(self, stored: Any) -> ExecutionRecord:
        """Returns an execution of the store with its values decoded."""
        origin = self.origin(stored)
        owner = stored.custom_properties.get(names.OWNER)
        return ExecutionRecord(
            id=stored.id,
            type=stored.type,
            name=stored.name,
            state=mlmd.pb.Execution.State.Name(stored.last_known_state),
            pipeline=origin.get("pipeline") or "",
            run_id=origin.get("run_id") or "",
            node_id=origin.get("node_id") or "",
            cache_key=origin.get("cache_key"),
            owner=None if owner is None else Owner.from_text(owner.string_value),
            properties={
                **codec.decode_declared(stored.properties, {}),
                **codec.decode(stored.custom_properties),
            },
            created_ms=stored.create_time_since_epoch,
            updated_ms=stored.last_update_time_since_epoch,
        )

    def origin(self, stored: Any) -> Mapping[str, str | None]:
        """Returns pipeline, run, node and cache key of an execution; of TFX's from its contexts, which is slower."""
        text = stored.custom_properties.get(names.ORIGIN)
        if text is not None:
            origin: Mapping[str, str | None] = json.loads(text.string_value)
            return origin
        request = mlmd.service.GetContextsByExecutionRequest(execution_id=stored.id)
        by_type = {context.type: context.name for context in self._contexts(request)}
        pipeline = by_type.get(names.PIPELINE, "")
        return {
            "pipeline": pipeline,
            "run_id": by_type.get(names.PIPELINE_RUN, ""),
            "node_id": by_type.get(names.NODE, "").removeprefix(f"{pipeline}."),
            "cache_key": by_type.get(names.EXECUTION_CACHE),
        }

    def run(self, stored: Any) -> RunRecord:
        """Returns a run of the store with its values decoded."""
        return RunRecord(
            id=stored.id,
            pipeline=self.pipeline_of(stored),
            run_id=stored.name,
            properties=codec.decode(stored.custom_properties),
            created_ms=stored.create_time_since_epoch,
            updated_ms=stored.last_update_time_since_epoch,
        )

    def pipeline_of(self, run: Any) -> str:
        """Returns the pipeline of a run's context."""
        text = run.custom_properties.get(names.RUN_PIPELINE)
        if text is not None:
            return str(text.string_value)
        request = mlmd.service.GetParentContextsByContextRequest(context_id=run.id)
        return next((parent.name for parent in self._contexts(request) if parent.type == names.PIPELINE), "")

    def _contexts(self, request: Any) -> Sequence[Any]:
        try:
            contexts: Sequence[Any] = self.connection.call(request).contexts
        except NotFoundError:
            return ()
        return contexts

    def typed(self, ids: Mapping[str, Sequence[int]], found: Mapping[int, Any]) -> dict[str, list[Artifact]]:
        """Returns artifacts by key for ids by key."""
        return {key: [self.artifact(found[identity]) for identity in group] for key, group in ids.items()}


def check_same(what: str, wanted: str, found: str) -> None:
    """Refuses what a database found under another name: many take upper and lower case, and trailing blanks, for one.

    Raises:
        MetadataError: The names differ.
    """
    if wanted != found:
        raise MetadataError(
            f"the database takes two names of a {what} for one",
            expected=repr(wanted),
            got=repr(found),
            hint="take another name, or a database with a collation such as utf8mb4_bin",
        )


def _batches(ids: Iterable[T]) -> Iterator[list[T]]:
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), _BATCH):
        yield unique[start : start + _BATCH]
