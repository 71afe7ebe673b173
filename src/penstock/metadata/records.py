# SPDX-License-Identifier: Apache-2.0
"""What the metadata store takes and returns, besides artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from penstock.artifacts.artifact import Artifact, PropertyValue
from penstock.errors import MetadataError
from penstock.metadata import names
from penstock.metadata.owner import Owner

ExecutionState = Literal["UNKNOWN", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELED"]
FinalState = Literal["COMPLETE", "FAILED", "CANCELED"]
ArtifactMap = Mapping[str, Sequence[Artifact]]


class RemovedArtifactError(MetadataError):
    """An artifact that an execution wants to read, or to take over, is being removed, or has been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExecution:
    """An execution that is to be recorded.

    Attributes:
        type: Name of its type: the component's class path, TFX's literal one for standard components.
        base_type: The type's kind, if it has one.
        name: Unique among the executions of the type, and derived from pipeline, run, node, item and attempt: recording
            the same name again records nothing and returns what is there.
        pipeline: Name of the pipeline.
        run_id: Id of the run, which must have begun.
        node_id: Id of the node.
        properties: Parameters and whatever else is worth recording.
        inputs: Ids of the input artifacts by input key.
        cache_key: Digest under which later runs find the execution; ``None`` for one that is never reused.
    """

    type: str
    base_type: names.ExecutionBaseType | None = None
    name: str
    pipeline: str
    run_id: str
    node_id: str
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    inputs: Mapping[str, Sequence[int]] = field(default_factory=dict)
    cache_key: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """An execution as it stands in the store; times are milliseconds since the epoch."""

    id: int
    type: str
    name: str
    state: ExecutionState
    pipeline: str
    run_id: str
    node_id: str
    cache_key: str | None
    owner: Owner | None
    properties: Mapping[str, PropertyValue]
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A pipeline run as it stands in the store; times are milliseconds since the epoch."""

    id: int
    pipeline: str
    run_id: str
    properties: Mapping[str, PropertyValue]
    created_ms: int
    updated_ms: int


class CacheHit(NamedTuple):
    """An earlier execution with the wanted cache key, and its outputs by output key."""

    execution: ExecutionRecord
    outputs: Mapping[str, list[Artifact]]


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """One use of an artifact: an execution read it (``input``) or made it (``output``)."""

    artifact_id: int
    execution_id: int
    kind: Literal["input", "output"]
    key: str
    index: int


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """What made an artifact, or what was made from it.

    Attributes:
        artifacts: The artifacts reached, by id, the first one included.
        executions: The executions on the way, by id.
        edges: How they hang together.
        cut: Ids of artifacts with more consumers than were followed.
    """

    artifacts: Mapping[int, Artifact]
    executions: Mapping[int, ExecutionRecord]
    edges: tuple[LineageEdge, ...]
    cut: tuple[int, ...] = ()
