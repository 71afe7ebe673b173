# SPDX-License-Identifier: Apache-2.0
"""Writes results as TFRecord files of PredictionLog, while rows go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.errors import DataError, did_you_mean
from penstock.examples.layout import encode_examples
from penstock.examples.tfrecord import RecordFile
from penstock.inference import prediction_log as logs
from penstock.inference.job import ModelRef
from penstock.inference.tensor_proto import row_tensors, uniform_tensors
from penstock.inference.writing import ResultRows
from penstock.models.signature import TensorSpec
from penstock.models.tensorflow.graphs import CLASSES, REGRESSION, SCORES, Method

PREFIX, SUFFIX = "prediction_logs", ".gz"
"""How the files' names begin and end, as TFX's do."""

_RECORD_ROWS = 1000
_NUMBERS = {
    "float32": pa.float32(), "float64": pa.float64(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(),
    "int64": pa.int64(), "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(), "uint64": pa.uint64(),
    "bool": pa.bool_(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """Where an output of the model is found in the results.

    Attributes:
        output: Its name in the model.
        column: Its column.
        row_shape: Dimensions of a row's value as the model declares them; ``None`` where it does not.
    """

    output: str
    column: str
    row_shape: tuple[int | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class InputColumn:
    """What an input of the model was fed with.

    Attributes:
        spec: The input.
        column: Column of the source.
    """

    spec: TensorSpec
    column: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one signature was asked and what it has answered.

    Attributes:
        signature: Its name.
        method: What it does.
        outputs: What it gives; ``None`` where that is not known, which takes every column that was added.
        inputs: What it was fed with; empty where it was given the serialized example.
        examples_input: Name of the input that took the serialized example.
    """

    signature: str
    method: Method = "predict"
    outputs: tuple[AnswerColumn, ...] | None = None
    inputs: tuple[InputColumn, ...] = ()
    examples_input: str = logs.EXAMPLES_INPUT


@dataclass(frozen=True, slots=True)
class PredictionLogWriter:
    """Writes the rows of a step as PredictionLog; see ``penstock.inference.writing.ResultWriter``.

    Several signatures that all classify or regress make one record a row, as in TFX; otherwise there is a record per
    row and signature.

    Attributes:
        step, folder, prefix, suffix, is_result: As of ``ResultWriter``.
        answers: The signatures that were called.
        model: The model.
    """

    step: str
    folder: str
    answers: tuple[Answer, ...]
    model: ModelRef
    prefix: str = PREFIX
    suffix: str = SUFFIX
    is_result: bool = False

    def open(self, uri: str, schema: pa.Schema) -> OpenLogs:  # noqa: ARG002  records carry no schema
        """Starts a file."""
        return OpenLogs(uri, self)

    def rewrite(self, uri: str, schema: pa.Schema) -> None:
        """Does nothing: records carry no schema."""

    def records(self, rows: ResultRows) -> Iterator[bytes]:
        """Yields the records of some rows."""
        metadata = logs.log_metadata(self.model)
        examples = encode_examples(rows.source) if any(not _is_named(a) for a in self.answers) else []
        if len(self.answers) > 1 and all(answer.method != "predict" for answer in self.answers):
            results = [
                (answer.signature, _single_method(answer), _single_results(answer, rows.outputs))
                for answer in self.answers
            ]
            return logs.multi_logs(examples, results, metadata)
        by_answer = [self._answered(answer, rows, examples, metadata) for answer in self.answers]
        return chain.from_iterable(zip(*by_answer, strict=True))

    def _answered(
        self, answer: Answer, rows: ResultRows, examples: Sequence[bytes], metadata: bytes
    ) -> Iterator[bytes]:
        if answer.method != "predict":
            results = _single_results(answer, rows.outputs)
            return logs.single_logs(_single_method(answer), examples, results, metadata)
        inputs: dict[str, Sequence[bytes | None]] = {}
        if answer.inputs:
            for fed in answer.inputs:
                inputs[fed.spec.name] = _input_tensors(fed, rows.source)
        else:
            inputs[answer.examples_input] = uniform_tensors(np.array([[e] for e in examples], object)[:, 0])
        outputs = {
            column.output: row_tensors(_column(rows.outputs, column.column), column.row_shape)
            for column in _columns(answer, rows.outputs)
        }
        return logs.predict_logs(answer.signature, inputs, outputs, metadata)


class OpenLogs:
    """A file of records while it is written."""

    def __init__(self, uri: str, writer: PredictionLogWriter) -> None:
        self._file = RecordFile(uri)
        self._writer = writer

    def write(self, rows: ResultRows) -> None:
        """Appends the records of some rows."""
        for start in range(0, rows.batch.num_rows, _RECORD_ROWS):
            part = ResultRows(
                *(batch.slice(start, _RECORD_ROWS) for batch in (rows.batch, rows.source, rows.outputs))
            )
            self._file.write(list(self._writer.records(part)))

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def abandon(self) -> None:
        """Closes the file without ending it."""
        self._file.abandon()


def _is_named(answer: Answer) -> bool:
    return answer.method == "predict" and bool(answer.inputs)


def _single_method(answer: Answer) -> Literal["classify", "regress"]:
    return cast('Literal["classify", "regress"]', answer.method)


def _columns(answer: Answer, outputs: pa.RecordBatch) -> Sequence[AnswerColumn]:
    if answer.outputs is not None:
        return answer.outputs
    return [AnswerColumn(name, name) for name in outputs.schema.names]


def _column(outputs: pa.RecordBatch, name: str) -> pa.Array:
    index = outputs.schema.get_field_index(name)
    if index < 0:
        raise DataError(
            f"the results have no column {name!r}",
            input=name,
            expected="every output of the signature",
            got=", ".join(outputs.schema.names),
            hint=did_you_mean(name, outputs.schema.names),
        )
    return outputs.column(index)


def _input_tensors(fed: InputColumn, source: pa.RecordBatch) -> list[bytes | None]:
    column = _column(source, fed.column)
    if fed.spec.dtype in _NUMBERS and column.type != _NUMBERS[fed.spec.dtype]:
        nested = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
        wanted = _NUMBERS[fed.spec.dtype]
        column = pc.cast(column, pa.list_(wanted) if nested else wanted)
    return row_tensors(column, fed.spec.shape[1:] if fed.spec.shape else None)


def _single_results(answer: Answer, outputs: pa.RecordBatch) -> list[bytes]:
    found = {column.output: _column(outputs, column.column) for column in _columns(answer, outputs)}
    if answer.method == "regress":
        values = found[REGRESSION]
        flat = values.flatten() if pa.types.is_nested(values.type) else values
        return logs.regressions(pc.cast(flat, pa.float32()).to_numpy(zero_copy_only=False))
    labels, scores = found.get(CLASSES), found.get(SCORES)
    return logs.classifications(
        None if labels is None else [[_bytes(label) for label in row] for row in _lists(labels)],
        None if scores is None else _lists(scores),
    )


def _lists(column: pa.Array) -> list[list[Any]]:
    rows = column.to_pylist()
    return rows if pa.types.is_nested(column.type) else [[value] for value in rows]


def _bytes(label: object) -> bytes:
    return label.encode() if isinstance(label, str) else cast("bytes", label)
