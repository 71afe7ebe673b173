# SPDX-License-Identifier: Apache-2.0
"""Runs: one context each, below the context of their pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from penstock.artifacts.artifact import PropertyValue
from penstock.errors import MetadataError
from penstock.metadata import mlmd, names, queries
from penstock.metadata.connection import AlreadyExistsError
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, RunRecord
from penstock.metadata.session import Session

_SMALLEST_PAGE, _LARGEST_PAGE = 20, 100
_MOST_OPEN = 400
"""Runs of a pipeline that are listed as not ended, the latest: of some their scheduler never says that they have."""


def begin(session: Session, pipeline: str, run_id: str, properties: Mapping[str, PropertyValue]) -> RunRecord:
    """Records a new run, or returns the one of that id as it stands."""

    def operation() -> RunRecord:
        existing = get(session, None, run_id)
        if existing is not None and existing.pipeline not in ("", pipeline):
            raise MetadataError(
                f"run {run_id!r} exists already",
                expected=f"a run of pipeline {pipeline}",
                got=f"one of pipeline {existing.pipeline}",
                hint="take another run id: the store has one run of each",
            )
        pipeline_id = _context_id(session, names.PIPELINE, pipeline, {})
        _set_open(session, pipeline, [*_open_ids(session, pipeline), run_id])  # first: it must not be missed
        run_context = _context_id(session, names.PIPELINE_RUN, run_id, properties, pipeline)
        link = mlmd.pb.ParentContext(child_id=run_context, parent_id=pipeline_id)
        with suppress(
            AlreadyExistsError
        ):  # begun before, by a process that may have ended before it came to this
            session.connection.call(mlmd.service.PutParentContextsRequest(parent_contexts=[link]))
        record = get(session, pipeline, run_id)
        if record is None:
            raise MetadataError(f"run {run_id!r} was recorded and is not there")
        return record

    return session.connection.write(operation)


def _context_id(
    session: Session,
    kind: names.ContextType,
    name: str,
    properties: Mapping[str, PropertyValue],
    pipeline: str | None = None,
) -> int:
    known = session.context_id(kind, name)
    if known is not None:
        return known
    context = session.context_reference(kind, name)
    for key, value in session.codec.encode(properties).items():
        context.custom_properties[key].CopyFrom(value)
    if pipeline is not None:
        context.custom_properties[names.RUN_PIPELINE].string_value = pipeline
    response = session.connection.call(mlmd.service.PutContextsRequest(contexts=[context]))
    return int(response.context_ids[0])


def identity(session: Session) -> str:
    """Returns name and time, in milliseconds, of the first thing that was ever recorded in a store."""
    response = session.connection.call(mlmd.service.GetContextsByIDRequest(context_ids=[1]))
    if (
        not response.contexts
    ):  # a server may count otherwise, and does not take a number again that came to nothing
        request = mlmd.service.GetContextsRequest()
        request.options.max_result_size = 1
        request.options.order_by_field.field = mlmd.pb.ListOperationOptions.OrderByField.ID
        request.options.order_by_field.is_asc = True
        response = session.connection.call(request)
    return next((f"{first.name} {first.create_time_since_epoch}" for first in response.contexts), "")


def update(session: Session, run: RunRecord, properties: Mapping[str, PropertyValue]) -> None:
    """Sets some properties of a run and leaves the others, which other processes may be setting, as they are."""
    if not properties:
        return
    encoded = session.codec.encode(properties)

    def operation() -> None:
        context = mlmd.pb.Context(id=run.id, type_id=session.types.context_type(names.PIPELINE_RUN))
        request = mlmd.service.PutContextsRequest()
        for key, value in encoded.items():
            context.custom_properties[key].CopyFrom(value)
            request.update_mask.paths.append(f"custom_properties.{key}")
        request.contexts.add().CopyFrom(context)
        session.connection.call(request)
        if properties.get(names.RUN_STATE, names.RUNNING) != names.RUNNING:
            still = [name for name in _open_ids(session, run.pipeline) if name != run.run_id]
            _set_open(session, run.pipeline, still)
        elif names.RUN_STATE in properties:
            _set_open(session, run.pipeline, [*_open_ids(session, run.pipeline), run.run_id])

    session.connection.write(operation)


def get(session: Session, pipeline: str | None, run_id: str) -> RunRecord | None:
    """Returns a run, ``None`` where there is none, or only one of another pipeline."""
    context = session.context(names.PIPELINE_RUN, run_id)
    if context is None:
        return None
    record = session.run(context)
    return record if pipeline in (None, record.pipeline) else None


def newest_first(session: Session, pipeline: str | None) -> Iterator[RunRecord]:
    """Yields runs as they began, the latest first; a page costs about 1 ms for every thousand runs in the store."""
    size = _SMALLEST_PAGE if pipeline is None else _LARGEST_PAGE
    return _of_pipeline(session, pipeline, _contexts(session, size))


def everything(session: Session) -> list[RunRecord]:
    """Returns all runs, the latest first, in one read."""
    # Without options: with them the library pages, and reads all ids again for each page.
    request = mlmd.service.GetContextsByTypeRequest(type_name=names.PIPELINE_RUN)
    contexts = sorted(session.connection.call(request).contexts, key=lambda context: -context.id)
    return [session.run(context) for context in contexts]


def unfinished(session: Session, pipeline: str) -> list[RunRecord]:
    """Returns the runs of a pipeline that have not ended, the latest first.

    They are listed on the pipeline's context. Where an earlier release has begun all of its runs there is no list: they
    are looked for among the latest runs of the store.
    """
    context = session.context(names.PIPELINE, pipeline)
    if context is None:
        return []
    listed = _listed(context)
    if listed is None:
        latest = islice(_contexts(session, _LARGEST_PAGE), _MOST_OPEN)
        found = list(_of_pipeline(session, pipeline, latest))
    else:
        found = [run for name in listed if (run := get(session, pipeline, name)) is not None]
    running = [run for run in found if run.properties.get(names.RUN_STATE) == names.RUNNING]
    return sorted(running, key=lambda run: -run.id)


def _listed(context: Any) -> list[str] | None:
    text = context.custom_properties.get(names.OPEN_RUNS)
    return None if text is None else list(json.loads(text.string_value))


def _open_ids(session: Session, pipeline: str) -> list[str]:
    """Returns the ids of the runs that are listed as not ended; where there is no list yet, of those that it lacks."""
    context = session.context(names.PIPELINE, pipeline)
    listed = _listed(context) if context is not None else []
    if listed is None:
        return [run.run_id for run in reversed(unfinished(session, pipeline))]
    return listed


def _set_open(session: Session, pipeline: str, run_ids: Iterable[str]) -> None:
    context = mlmd.pb.Context(
        id=session.context_id(names.PIPELINE, pipeline), type_id=session.types.context_type(names.PIPELINE)
    )
    context.custom_properties[names.OPEN_RUNS].string_value = json.dumps(
        list(dict.fromkeys(run_ids))[-_MOST_OPEN:]
    )
    request = mlmd.service.PutContextsRequest(contexts=[context])
    request.update_mask.paths.append(f"custom_properties.{names.OPEN_RUNS}")
    session.connection.call(request)


def _contexts(session: Session, page_size: int) -> Iterator[Any]:
    request = mlmd.service.GetContextsByTypeRequest(type_name=names.PIPELINE_RUN)
    for page in session.pages(request, page_size):
        yield from page.contexts


def _of_pipeline(session: Session, pipeline: str | None, contexts: Iterable[Any]) -> Iterator[RunRecord]:
    for context in contexts:
        if pipeline is None or session.pipeline_of(context) == pipeline:
            yield session.run(context)


def running_executions(
    session: Session, pipeline: str, runs: int
) -> list[tuple[ExecutionRecord, Owner | None]]:
    """Returns the running executions of the newest running runs of a pipeline, with their owners."""
    return [
        (execution, execution.owner)
        for run in unfinished(session, pipeline)[:runs]
        for execution in queries.executions_of_run(session, run.run_id)
        if execution.state == "RUNNING"
    ]
