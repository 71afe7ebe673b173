# SPDX-License-Identifier: Apache-2.0
"""Records of a Beam transform on their way to examples: kept in Arrow files, and read back as record batches."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from penstock import files
from penstock.errors import DataError
from penstock.examples.kinds import FeatureKind
from penstock.examples.layout import decode_examples, kind_of
from penstock.examples.shards import as_features

_BATCH_ROWS = 1_000
_FILE_ROWS = 500_000
_WRITTEN = "written.json"


class RecordFiles(beam.PTransform):
    """Writes records into Arrow files in a folder, and then which files belong to it.

    A runner may do work twice; only the files of the work that counted are named.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def expand(self, records: beam.PCollection) -> beam.PCollection:
        return (
            records
            | beam.ParDo(_Keep(self._folder))
            | beam.combiners.ToList()
            | beam.Map(_write_names, self._folder)
        )

    @staticmethod
    def written(folder: str) -> list[str]:
        """Returns the files of a folder."""
        with files.open(files.join(folder, _WRITTEN), "r") as file:
            names: list[str] = json.load(file)
        return [files.join(folder, name) for name in names]


def _write_names(names: list[str], folder: str) -> None:
    files.makedirs(folder)
    files.write_atomic(files.join(folder, _WRITTEN), json.dumps(names))


class _Keep(beam.DoFn):
    """Writes records into files and gives out the files' names."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def start_bundle(self) -> None:
        self._waiting: list[Any] = []
        self._file: _ArrowFile | None = None

    def process(self, record: Any) -> Iterator[str]:
        if isinstance(record, (pa.RecordBatch, pa.Table)):
            yield from self._take_waiting()
            batches = (
                record.to_batches(max_chunksize=_BATCH_ROWS * 16)
                if isinstance(record, pa.Table)
                else [record]
            )
            for batch in batches:
                yield from self._write(as_features(batch))
            return
        self._waiting.append(record)
        if len(self._waiting) >= _BATCH_ROWS:
            yield from self._take_waiting()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        names = [*self._take_waiting(), *self._end()]
        for name in names:
            yield WindowedValue(name, 0, [GlobalWindow()])

    def _take_waiting(self) -> Iterator[str]:
        records, self._waiting = self._waiting, []
        if records:
            yield from self._write(batch_of(records))

    def _write(self, batch: pa.RecordBatch) -> Iterator[str]:
        if self._file is not None and (self._file.schema != batch.schema or self._file.rows >= _FILE_ROWS):
            yield from self._end()
        if self._file is None:
            self._file = _ArrowFile(self._folder, batch.schema)
        self._file.write(batch)

    def _end(self) -> Iterator[str]:
        ended, self._file = self._file, None
        if ended is not None:
            ended.close()
            yield ended.name


class _ArrowFile:
    """An Arrow file that is being written."""

    def __init__(self, folder: str, schema: pa.Schema) -> None:
        files.makedirs(folder)
        self.name = f"{uuid.uuid4().hex}.arrow"
        self.schema = schema
        self.rows = 0
        self._file = files.open(files.join(folder, self.name), "wb")
        self._writer = pa.ipc.new_stream(self._file, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def close(self) -> None:
        self._writer.close()
        self._file.close()


def batch_of(records: Sequence[Any]) -> pa.RecordBatch:
    """Returns records of one kind as a record batch: dictionaries of features, or tf.Examples, serialized or not.

    Raises:
        DataError: They are of another kind, or of several, or hold what no feature can.
    """
    if all(isinstance(record, Mapping) for record in records):
        return _of_dictionaries(records)
    return decode_examples([_serialized(record) for record in records])


def _serialized(record: Any) -> bytes:
    if isinstance(record, bytes):
        return record
    name = getattr(getattr(record, "DESCRIPTOR", None), "full_name", type(record).__name__)
    if name == "tensorflow.Example":
        content: bytes = record.SerializeToString()
        return content
    raise DataError(
        "the transform gives records that cannot be made examples",
        expected="tf.train.Example, its bytes, a dictionary of features, or a record batch, all records of one kind",
        got=name,
        hint="examples are stored as tf.Example or as Parquet; write the features of others into one of these"
        if name == "tensorflow.SequenceExample"
        else None,
    )


def _of_dictionaries(records: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = []
    for name in names:
        values = [_plain(record.get(name)) for record in records]
        try:
            columns.append(pa.array(values))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
            raise DataError(
                f"feature {name!r} has values of several kinds, or of none that a feature can have",
                input=name,
                expected="numbers, text, bytes, or lists of these",
                got=str(error).splitlines()[0],
            ) from None
    return pa.record_batch(columns, names)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # of numpy
        value = value.tolist()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def widened_kinds(uris: Sequence[str]) -> dict[str, FeatureKind]:
    """Returns the features that some files have as whole numbers and others as numbers: they are float."""
    seen: dict[str, set[FeatureKind | None]] = {}
    for uri in uris:
        with files.open(uri) as file, pa.ipc.open_stream(file) as stream:
            for field in stream.schema:
                seen.setdefault(field.name, set()).add(kind_of(field.type))
    return {name: "float" for name, kinds in seen.items() if {"int", "float"} <= kinds}


def read_rows(uri: str, kinds: Mapping[str, FeatureKind]) -> Iterator[pa.RecordBatch]:
    """Yields the record batches of a file, with the features of ``kinds`` as float."""
    with files.open(uri) as file, pa.ipc.open_stream(file) as stream:
        for batch in stream:
            yield _as_float(batch, kinds) if kinds else batch


def _as_float(batch: pa.RecordBatch, kinds: Mapping[str, FeatureKind]) -> pa.RecordBatch:
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        is_whole = name in kinds and kind_of(column.type) == "int"
        columns.append(column.cast(_float_type(column.type)) if is_whole else column)
    return pa.record_batch(columns, batch.schema.names)


def _float_type(type_: pa.DataType) -> pa.DataType:
    is_nested = pa.types.is_list(type_) or pa.types.is_large_list(type_)
    return pa.list_(pa.float64()) if is_nested else pa.float64()
