# SPDX-License-Identifier: Apache-2.0
"""What the engine is given and what it reports. Plain values, nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.inference.columns import Kind
from penstock.inference.spec import InferenceGraph, SourceFormat


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model that was found.

    Attributes:
        uri: Folder (or file) of the servable model; empty for a handler that needs none (a remote endpoint).
        flavor: Its flavor; ``None`` means that it is recognised from the files.
        artifact_id: Id of its artifact in the metadata store; ``None`` where it is in none.
        version: What results say of its version: the pushed version, the run that made it, or a digest.
        trusted: Whether a pipeline of this store has made it, so that its files may be unpickled.
    """

    uri: str
    flavor: str | None = None
    artifact_id: int | None = None
    version: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """Files to read, found and in order.

    Attributes:
        files: Their URIs.
        format: Their format; ``None`` where each tells by its content or name (shards of an Examples artifact).
        columns: Columns to read; ``None`` means all.
        kinds: As what columns of CSV and JSON Lines are to be read, because models want them so; the others tell by
            their values. A row whose cell cannot be read so is a failed row. Whole numbers are no less than floats.
    """

    files: tuple[str, ...]
    format: SourceFormat | None = None
    columns: tuple[str, ...] | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InferenceJob:
    """All that the engine needs.

    Attributes:
        graph: What is to be done.
        models: The graph's models, by name.
        source: What is read.
        result_uri: Folder that takes the results: Parquet files ``results-00000-of-00001.parquet``, at its top where
            the graph ends in one step, in a folder per step else. The caller runs a job per split.
        dead_letters_uri: Folder that takes the rows that failed, ``failed-rows-00000-of-00001.parquet``; no file where
            none has.
        project_root: Folder of the user's project.
        temp_dir: Folder for what is in the making; on the file system of the results where workers are elsewhere.
        component: Node that the work is for.
        result_per_file: Whether each source file has result files of its own, as a stream needs it: the ``files`` of a
            :class:`StepOutput` are then as many as those of the source, in the same order, with ``""`` for a file of
            which no row is left. Their names are the engine's affair.
    """

    graph: InferenceGraph
    models: Mapping[str, ModelRef]
    source: SourceFiles
    result_uri: str
    dead_letters_uri: str
    project_root: str
    temp_dir: str
    component: str | None = None
    result_per_file: bool = False


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """What one model has done.

    Attributes:
        rows: Rows that it predicted.
        batches: Calls.
        batch_rows: Percentiles of rows in a call, ``{"50": …, "95": …, "99": …}``.
        latency_ms: Percentiles of the milliseconds of a call, likewise.
        load_seconds: Longest time that loading took.
        model_bytes: Bytes of the model: of its parameters where the framework tells, of its files else.
        device: Where it ran: ``cpu``, ``cuda:0`` …
        flavor: Its flavor, or the handler's name.
    """

    rows: int = 0
    batches: int = 0
    batch_rows: Mapping[str, float] = field(default_factory=dict)
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    load_seconds: float = 0.0
    model_bytes: int = 0
    device: str = ""
    flavor: str = ""


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The result files of one step that ends the graph, or that a sink wants.

    Attributes:
        rows: Rows written.
        files: URIs of the files, in the order of the rows; with ``result_per_file`` one for each source file.
        schema: Arrow schema as a list of ``{"name", "type"}``.
    """

    rows: int
    files: tuple[str, ...]
    schema: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class InferenceSummary:
    """How a job went.

    Attributes:
        rows: Rows read.
        failed_rows: Rows in the dead letters.
        failures: The most frequent causes, ``(stage, cause, rows)``, most frequent first, at most ten.
        models: What each model has done, by name.
        outputs: What was written, by step.
    """

    rows: int = 0
    failed_rows: int = 0
    failures: tuple[tuple[str, str, int], ...] = ()
    models: Mapping[str, ModelSummary] = field(default_factory=dict)
    outputs: Mapping[str, StepOutput] = field(default_factory=dict)

    @property
    def failed_fraction(self) -> float:
        """Share of the rows that failed."""
        return self.failed_rows / self.rows if self.rows else 0.0
