# SPDX-License-Identifier: Apache-2.0
"""Rows as serialized PredictionLogs of a signature that predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from penstock.errors import DataError
from penstock.inference.job import ModelRef
from penstock.inference.prediction_log import log_metadata, predict_logs
from penstock.inference.sinks.plain_values import plain_texts
from penstock.inference.sinks.result_rows import selected
from penstock.inference.tensor_proto import row_tensors

_MODEL_ID, _MODEL_VERSION = "model_id", "model_version"


class PredictionLogs:
    """Makes records of rows whose columns are known.

    Args:
        schema: Columns of the rows. Those that name the model become its name and version in the record.
        signature: Name of the signature that has predicted.
        inputs: Columns that go into the request; all others go into the response.

    Raises:
        DataError: An input is no column.
    """

    def __init__(self, schema: pa.Schema, signature: str, inputs: Sequence[str]) -> None:
        selected(schema, inputs)
        self._signature = signature
        self._inputs = tuple(inputs)
        said_of_model = {_MODEL_ID, _MODEL_VERSION}
        self._outputs = tuple(
            name for name in schema.names if name not in self._inputs and name not in said_of_model
        )
        if not self._outputs:
            raise DataError("a PredictionLog without any output", expected="a column that is no input")

    def records(self, batch: pa.RecordBatch) -> list[bytes]:
        """Returns the rows of a batch as records."""
        records: list[bytes] = []
        for start, rows, model in _runs(batch):
            part = batch.slice(start, rows)
            inputs = {name: _tensors(part, name) for name in self._inputs}
            outputs = {name: _tensors(part, name) for name in self._outputs}
            # Without an input the requests are empty, but there is one for each row all the same.
            asked = inputs or {"": [None] * rows}
            records += predict_logs(self._signature, asked, outputs, log_metadata(model))
        return records


def _runs(batch: pa.RecordBatch) -> list[tuple[int, int, ModelRef]]:
    """Returns where rows of one model start, how many there are, and the model."""
    ids = _values(batch, _MODEL_ID)
    versions = _values(batch, _MODEL_VERSION)
    runs: list[tuple[int, int, ModelRef]] = []
    start = 0
    for row in range(1, batch.num_rows + 1):
        if row == batch.num_rows or (ids[row], versions[row]) != (ids[start], versions[start]):
            model = ModelRef("", artifact_id=ids[start], version=versions[start] or "")
            runs.append((start, row - start, model))
            start = row
    return runs


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    index = batch.schema.get_field_index(name)
    values: list[Any] = batch.column(index).to_pylist() if index >= 0 else [None] * batch.num_rows
    return values


def _tensors(batch: pa.RecordBatch, name: str) -> list[bytes | None]:
    column = batch.column(batch.schema.get_field_index(name))
    try:
        return row_tensors(column)
    except DataError:
        # What tensors do not have is text: JSON for nested values, ISO 8601 for times.
        return row_tensors(plain_texts(column))
