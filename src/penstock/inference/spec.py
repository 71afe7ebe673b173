# SPDX-License-Identifier: Apache-2.0
"""What is to be inferred: models and functions between a source of rows and sinks. Plain values, nothing heavy.

A graph is a set of named steps. Every step sees rows with the columns of the steps that it comes ``from`` and adds
columns of its own, so a chain carries everything along. Rows keep their identity on all ways through the graph: steps
that come ``from`` several others see each row once, with the columns of all of them, whether its key occurs once or
more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SOURCE = "source"
"""Name of the step that stands for the rows as they are read."""

SourceFormat = Literal["csv", "json_lines", "parquet", "tfrecord", "files"]
ResultFormat = Literal["parquet", "prediction_log"]
ElementKind = Literal["numpy", "dict", "tensor", "tensors", "text", "pandas", "batch"]


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """Files to read rows from.

    Attributes:
        files: Pattern of files, or a folder: a path relative to the project's root, or a URI.
        format: Format of the files; found from their names where it is not given. ``files`` makes one row a file, with
            the columns ``file`` (URI) and ``content`` (bytes).
    """

    files: str
    format: SourceFormat | None = None


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How one model is loaded and called.

    Attributes:
        device: ``auto`` (a GPU where there is one), ``cpu``, ``gpu``, or a device's own name such as ``cuda:1``.
        threads: Threads of the framework for one call; ``None`` leaves the framework's default.
        batch_rows: Most rows in one call.
        timeout_seconds: A call that takes longer is given up; its rows are tried in smaller batches, and a row that
            alone takes longer goes to the dead letters.
        large_model: One copy on a machine, which all its worker processes share.
        model_copies: That many copies on a machine, shared likewise; ``None`` means one in each worker process.
        features: Columns that the model takes, in this order, where its files do not name them.
        signature: Signature to call; ``None`` means the default one.
        trusted: Whether its files may be unpickled although no pipeline of this store has made them.
        loader_arguments: What the loader of its flavor needs where its files do not say it: ``class`` (dotted path)
            and ``params`` of a PyTorch state dict, ``task`` of a Hugging Face pipeline.
        handler: Beam ``ModelHandler`` to run instead of Penstock's own: the dotted path of a class, or of a function
            that returns one, or a short name (``vertex_ai``, ``gemini``, ``vllm``, ``vllm_chat``, ``tensorrt``,
            ``huggingface_pipeline``).
        handler_arguments: Keyword arguments of that class; inside text, ``{model}`` stands for the model's folder and
            ``${NAME}`` for an environment variable; a text that starts with ``python:`` stands for what is found at the
            dotted path behind it.
        inference_arguments: What the handler is given with each call (Beam's ``inference_args``).
        elements: What that handler takes: ``numpy`` (one array of the features a row), ``dict`` (one dictionary of
            values a row), ``tensor`` and ``tensors`` (the same for PyTorch), ``text`` (the value of the one feature),
            ``pandas`` (a DataFrame of one row), ``batch`` (the whole record batch). What Beam's own handlers take is
            known; all others take ``dict`` where it is not said.
        element_key: Column whose values are the keys of a handler that takes keyed elements; without it, keys are
            numbers of rows.
    """

    device: str = "auto"
    threads: int | None = None
    batch_rows: int = 4096
    timeout_seconds: float | None = None
    large_model: bool = False
    model_copies: int | None = None
    features: tuple[str, ...] = ()
    signature: str | None = None
    trusted: bool = False
    loader_arguments: Mapping[str, Any] = field(default_factory=dict)
    handler: str | None = None
    handler_arguments: Mapping[str, Any] = field(default_factory=dict)
    inference_arguments: Mapping[str, Any] = field(default_factory=dict)
    elements: ElementKind | None = None
    element_key: str | None = None


@dataclass(frozen=True, slots=True)
class ModelStep:
    """Predicts rows with a model.

    Attributes:
        model: Name of the model.
        inputs: Column for an input of the model, by input, where the names differ.
        outputs: Column for an output of the model, by output. Where it is given, other outputs are left out.
        preprocess: Dotted path of ``function(batch: pyarrow.RecordBatch) -> RecordBatch``: what the model is given
            instead of the rows; as many rows, in the same order.
        postprocess: The same for what the model has answered: it is given the rows with the model's columns, and
            returns the columns to add.
        signature: Signature of the model to call, where it is not the one that the model's settings say: steps that
            call several signatures of one model share one loaded copy of it.
    """

    model: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    preprocess: str | None = None
    postprocess: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionStep:
    """Adds columns that a function of the user's computes.

    Attributes:
        name: Dotted path of ``function(batch: pyarrow.RecordBatch, **arguments) -> RecordBatch``: as many rows, in the
            same order; its columns are added, those of the same name replaced.
        arguments: Keyword arguments.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SplitStep:
    """Sends each row one way, chosen by a hash of its key, always the same one; ``from: <step>.<way>`` takes a way.

    Attributes:
        shares: Weight by way: ``{"a": 70, "b": 30}``.
        by: Column that is hashed; the graph's key where it is not given.
        salt: Another salt shares the same keys out anew.
    """

    shares: Mapping[str, int]
    by: str | None = None
    salt: str = ""


@dataclass(frozen=True, slots=True)
class FilterStep:
    """Keeps some rows.

    Attributes:
        name: Dotted path of ``function(batch, **arguments) -> boolean array``, true for the rows that are kept.
        arguments: Keyword arguments.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookupStep:
    """Adds columns of a table in a database, by a column that both have.

    Attributes:
        url: The database, as SQLAlchemy writes it; ``${NAME}`` stands for an environment variable.
        table: Table, or view.
        on: Column of the rows.
        key: Column of the table, where it has another name.
        columns: Columns of the table to add; all but the key where none is given.
        missing: What becomes of a row that the table does not have: ``null`` columns, or a dead letter (``fail``).
    """

    url: str
    table: str
    on: str
    key: str | None = None
    columns: tuple[str, ...] = ()
    missing: Literal["null", "fail"] = "null"


@dataclass(frozen=True, slots=True)
class VoteStep:
    """Makes one answer out of several models'.

    Attributes:
        column: Column that each of the steps it comes from has added: its answer.
        method: ``majority`` (the most frequent answer; of equally frequent ones that of the step named first), ``mean``
            or ``weighted`` (mean by ``weights``).
        weights: Weight by step; for ``majority`` and ``weighted``, 1 where a step is left out.
        output: Column for the result.
    """

    column: str
    method: Literal["majority", "mean", "weighted"] = "majority"
    weights: Mapping[str, float] = field(default_factory=dict)
    output: str = "vote"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the graph: where its rows come from, and exactly one thing that is done with them.

    Attributes:
        name: Name of the step.
        sources: Steps that it comes from: ``source``, another step, or ``<split>.<way>``. Of several, columns that
            they do not have from a common step are prefixed with ``<step>_``; a row that has come through only some
            of them has no value in the columns of the others.
        model, function, split, filter, lookup, vote: What is done; nothing (a mere meeting of ways) where all are
            missing.
    """

    name: str
    sources: tuple[str, ...] = (SOURCE,)
    model: ModelStep | None = None
    function: FunctionStep | None = None
    split: SplitStep | None = None
    filter: FilterStep | None = None
    lookup: LookupStep | None = None
    vote: VoteStep | None = None


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Where the rows of a step are written, once all of them are known; nothing is visible before.

    Exactly one of ``path``, ``url`` and ``bigquery`` says where.

    Attributes:
        source: Step whose rows are written; may be left out where only one step ends the graph.
        format: ``parquet``, ``json_lines``, ``csv``, ``tfrecord`` (tf.Example) or ``prediction_log`` for a path.
        path: Folder for files: a path relative to the project's root, or a URI.
        url: A database, as SQLAlchemy writes it; ``${NAME}`` stands for an environment variable.
        table: Table in the database; it is made where it is missing.
        bigquery: Table in BigQuery, ``project:dataset.table``.
        key: Columns that tell rows apart: a row with the same key is replaced in a database. The graph's key where
            none is given.
        columns: Columns to write; all where none is given.
        options: Further settings of the format or database (``compression``, ``write_disposition`` …).
    """

    source: str | None = None
    format: Literal["parquet", "json_lines", "csv", "tfrecord", "prediction_log"] = "parquet"
    path: str | None = None
    url: str | None = None
    table: str | None = None
    bigquery: str | None = None
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InferenceGraph:
    """A graph of steps.

    Attributes:
        steps: The steps, in any order.
        key: Column that identifies a row, in dead letters, splits and databases.
        carry: Columns of the source that results keep besides the key; ``None`` keeps all, an empty tuple none.
        models: How each model is loaded and called, by name; one that is left out has the defaults.
        sinks: Where rows are written besides the result artifact.
        max_failed_fraction: Share of failed rows, 0 to 1, above which the run fails after publishing the dead letters.
        source_rows: Rows in a batch as it is read.
        kinds: As what columns of CSV and JSON Lines are to be read: ``int``, ``float`` or ``bytes`` (text); a row whose
            cell cannot be read so fails alone. What a model takes unchanged is known without; a column that a function
            gets is read as its cells are where it is not named here, and one odd cell makes it text.
    """

    steps: tuple[Step, ...]
    key: str | None = None
    carry: tuple[str, ...] | None = None
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    sinks: tuple[SinkSpec, ...] = ()
    max_failed_fraction: float = 0.0
    source_rows: int = 4096
    kinds: Mapping[str, Literal["int", "float", "bytes"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InferenceConfig:
    """How BulkInferrer runs its one model, beyond what TFX's specs say.

    Attributes:
        model: How the model is loaded and called.
        inputs, outputs, preprocess, postprocess: As of :class:`ModelStep`.
        key: Column that identifies a row.
        carry: Columns that results keep besides the key; ``None`` means all where there is no key, else none.
        result_format: How ``inference_result`` is written; ``None`` means ``prediction_log`` (TFX's TFRecord) for
            TensorFlow models, ``parquet`` for all others.
        sinks: Where rows are written besides the artifact.
        max_failed_fraction: As of :class:`InferenceGraph`.
    """

    model: ModelSettings = field(default_factory=ModelSettings)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    preprocess: str | None = None
    postprocess: str | None = None
    key: str | None = None
    carry: tuple[str, ...] | None = None
    result_format: ResultFormat | None = None
    sinks: tuple[SinkSpec, ...] = ()
    max_failed_fraction: float = 0.0
