# SPDX-License-Identifier: Apache-2.0
"""The formats of files: how each is written, batch by batch."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from penstock import files
from penstock.examples.tfrecord import RecordFile
from penstock.inference.sinks.folder.csv_columns import csv_column, csv_type
from penstock.inference.sinks.folder.examples import check_examples, examples
from penstock.inference.sinks.folder.json_lines import json_lines
from penstock.inference.sinks.folder.prediction_logs import PredictionLogs

_GZIP_LEVEL = 6
_AFTER_FAILURE = (OSError, ValueError, pa.ArrowException)
"""What closing a file may raise that could not be written."""

_ENDINGS = {"none": "", "gzip": ".gz", "zstd": ".zst"}


class RowFile(Protocol):
    """A file while it is written."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Appends rows."""

    def close(self) -> None:
        """Ends the file."""

    def abandon(self) -> None:
        """Closes the file; what it holds does not matter any more."""


class ParquetFile:
    """Parquet, with the rows' own types."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self._uri = uri
        self._file = files.open(uri, "wb")
        self._writer = pq.ParquetWriter(self._file, schema, compression=options["compression"])

    def write(self, batch: pa.RecordBatch) -> None:
        with files.storage_errors("write", self._uri):
            self._writer.write_table(pa.Table.from_batches([batch]))

    def close(self) -> None:
        with files.storage_errors("write", self._uri):
            self._writer.close()
            self._file.close()

    def abandon(self) -> None:
        with suppress(*_AFTER_FAILURE):
            self._writer.close()
        with suppress(*_AFTER_FAILURE):
            self._file.close()


class JsonLinesFile:
    """One JSON object a row."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, Any]) -> None:  # noqa: ARG002  as the others
        self._uri = uri
        self._stream = _Stream(uri, options["compression"])

    def write(self, batch: pa.RecordBatch) -> None:
        text = json_lines(batch)
        with files.storage_errors("write", self._uri):
            self._stream.file.write(text)

    def close(self) -> None:
        with files.storage_errors("write", self._uri):
            self._stream.close()

    def abandon(self) -> None:
        self._stream.abandon()


class CsvFile:
    """Comma-separated values, every text in quotes."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self._uri = uri
        self._schema = pa.schema([(field.name, csv_type(field.type)) for field in schema])
        self._stream = _Stream(uri, options["compression"])
        settings = pa_csv.WriteOptions(include_header=options["header"], delimiter=options["delimiter"])
        self._writer = pa_csv.CSVWriter(self._stream.file, self._schema, write_options=settings)

    def write(self, batch: pa.RecordBatch) -> None:
        columns = [csv_column(column) for column in batch.columns]
        with files.storage_errors("write", self._uri):
            self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        with files.storage_errors("write", self._uri):
            self._writer.close()
            self._stream.close()

    def abandon(self) -> None:
        with suppress(*_AFTER_FAILURE):
            self._writer.close()
        self._stream.abandon()


class ExampleFile:
    """TFRecord of tf.Example."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        check_examples(schema)
        self._file = RecordFile(uri, options["level"])

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(examples(batch))

    def close(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        self._file.abandon()


class PredictionLogFile:
    """TFRecord of PredictionLog."""

    def __init__(self, uri: str, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self._logs = PredictionLogs(schema, options["signature"], options["inputs"])
        self._file = RecordFile(uri, options["level"])

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(self._logs.records(batch))

    def close(self) -> None:
        self._file.close()

    def abandon(self) -> None:
        self._file.abandon()


FORMATS: Mapping[str, tuple[str, Callable[[str, pa.Schema, Mapping[str, Any]], RowFile]]] = {
    "parquet": (".parquet", ParquetFile),
    "json_lines": (".jsonl", JsonLinesFile),
    "csv": (".csv", CsvFile),
    "tfrecord": (".tfrecord.gz", ExampleFile),
    "prediction_log": (".tfrecord.gz", PredictionLogFile),
}
"""How the names of files end, and what writes them, by format."""


def suffix_of(format: str, options: Mapping[str, Any]) -> str:
    """Returns how the names of files end."""
    ending = _ENDINGS.get(options.get("compression", "none"), "") if format != "parquet" else ""
    return FORMATS[format][0] + ending


class _Stream:
    """A file of bytes, compressed or not."""

    def __init__(self, uri: str, compression: str) -> None:
        self._below = files.open(uri, "wb")
        self.file: Any = self._below
        if compression == "gzip":
            self.file = gzip.GzipFile(fileobj=self._below, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0)
        elif compression == "zstd":
            self.file = pa.CompressedOutputStream(pa.PythonFile(self._below, "w"), "zstd")

    def close(self) -> None:
        self.file.close()
        self._below.close()

    def abandon(self) -> None:
        with suppress(*_AFTER_FAILURE):
            self.file.close()
        with suppress(*_AFTER_FAILURE):
            self._below.close()
