# SPDX-License-Identifier: Apache-2.0
"""Events: which artifact an execution read or made, under which key and index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from penstock.metadata import mlmd

EventType = Literal["INPUT", "OUTPUT", "INTERNAL_OUTPUT"]

_READS = ("INPUT", "DECLARED_INPUT")
_MAKES = ("OUTPUT", "DECLARED_OUTPUT")
_YIELDS = (*_MAKES, "INTERNAL_OUTPUT")


def references(artifacts: Mapping[str, Sequence[int]], kind: EventType) -> list[Any]:
    """Returns one event per artifact, with all the keys and indexes that it has.

    The store takes one event of a type per artifact and execution; an artifact that is used twice has both places in
    the path of that event.
    """
    paths: dict[int, Any] = {}
    for key, ids in artifacts.items():
        for index, artifact_id in enumerate(ids):
            event = paths.setdefault(artifact_id, mlmd.pb.Event(artifact_id=artifact_id))
            _extend(event, key, index)
    for event in paths.values():
        event.type = mlmd.pb.Event.Type.Value(kind)
    return list(paths.values())


def output(key: str, index: int) -> Any:
    """Returns the event of an artifact that is made together with it."""
    event = mlmd.pb.Event(type=mlmd.pb.Event.OUTPUT)
    _extend(event, key, index)
    return event


def _extend(event: Any, key: str, index: int) -> None:
    event.path.steps.add(key=key)
    event.path.steps.add(index=index)


def places(event: Any) -> Iterator[tuple[str, int]]:
    """Yields the keys and indexes in an event's path; a key without an index, as others write it, has index 0."""
    key: str | None = None
    for step in event.path.steps:
        if step.WhichOneof("value") == "key":
            if key is not None:
                yield key, 0
            key = step.key
        elif key is not None:
            yield key, step.index
            key = None
    if key is not None:
        yield key, 0


def is_input(event: Any) -> bool:
    """Says whether the execution read the artifact."""
    return mlmd.pb.Event.Type.Name(event.type) in _READS


def is_output(event: Any) -> bool:
    """Says whether the execution made the artifact, or took over one from the cache."""
    return mlmd.pb.Event.Type.Name(event.type) in _MAKES


def is_yield(event: Any) -> bool:
    """Says whether the execution gives the artifact to others: made it, took it over, or chose it from the history."""
    return mlmd.pb.Event.Type.Name(event.type) in _YIELDS


def by_key(events: Iterable[Any]) -> dict[str, list[int]]:
    """Returns artifact ids by key, in the order of their indexes."""
    found: dict[str, dict[int, int]] = {}
    for event in events:
        for key, index in places(event):
            found.setdefault(key, {})[index] = event.artifact_id
    return {key: [by_index[index] for index in sorted(by_index)] for key, by_index in sorted(found.items())}
