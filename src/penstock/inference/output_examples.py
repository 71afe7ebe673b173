# SPDX-License-Identifier: Apache-2.0
"""Writes results as examples: the features that were read, and what the model has answered as further ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from penstock import files
from penstock.errors import DataError, did_you_mean
from penstock.examples.batching import concat
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FeatureSet
from penstock.examples.layout import encode_examples, is_list, list_parts, to_example_layout, to_table_layout
from penstock.examples.parquet_shards import ParquetFile
from penstock.examples.payload import PAYLOADS, ExamplesFormat
from penstock.examples.shards import as_features, parquet_schema, read_parquet
from penstock.examples.tfrecord import RecordFile
from penstock.inference.writing import OpenResults, ResultRows

PREFIX = "examples"
"""How the files' names begin, as TFX's do."""

_ROW_GROUP_ROWS = 65_536
_ENCODER_ROWS = 1000


@dataclass(frozen=True, slots=True)
class AnswerFeature:
    """A feature that holds an answer of the model.

    Attributes:
        column: Column of the results.
        name: Name of the feature.
        is_single: Whether the model declares one value a row, whatever dimensions of size 1 that has.
    """

    column: str
    name: str
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class ExamplesResultWriter:
    """Writes the rows of a step as examples; see ``penstock.inference.writing.ResultWriter``.

    Attributes:
        step, folder, prefix, suffix, is_result: As of ``ResultWriter``.
        format: Format of the files.
        features: The features of the source.
        answers: What of the results becomes a feature.
    """

    step: str
    folder: str
    format: ExamplesFormat
    features: FeatureSet
    answers: tuple[AnswerFeature, ...]
    suffix: str = ".parquet"
    prefix: str = PREFIX
    is_result: bool = False

    @classmethod
    def make(
        cls,
        step: str,
        folder: str,
        format: ExamplesFormat,
        features: FeatureSet,
        answers: Sequence[AnswerFeature],
    ) -> ExamplesResultWriter:
        """Returns a writer whose files end as those of the format do."""
        return cls(step, folder, format, features, tuple(answers), PAYLOADS[format].suffix)

    def open(self, uri: str, schema: pa.Schema) -> OpenResults:
        """Starts a file."""
        opened: OpenResults
        if self.format == "tfrecord":
            opened = _Records(RecordFile(uri), self, self.all_features(schema))
        else:
            opened = _Rows(ParquetFile(uri, self.all_features(schema)), self)
        return opened

    def rewrite(self, uri: str, schema: pa.Schema) -> None:
        """Widens the features of a Parquet file to those that all files have."""
        if self.format == "tfrecord":
            return
        features = self.all_features(schema)
        known = FeatureDiscovery()
        known.include_schema(parquet_schema(uri)[0])
        if known.features() == features:
            return
        wider = ParquetFile(f"{uri}.wider", features)
        for batch in read_parquet(uri, _ROW_GROUP_ROWS):
            wider.write([batch])
        wider.close()
        files.rename(wider.uri, uri)

    def all_features(self, schema: pa.Schema) -> FeatureSet:
        """Returns the features that the files have, given the schema of the results."""
        types = [schema.field(_index(schema, answer.column)).type for answer in self.answers]
        discovery = FeatureDiscovery(self.features)
        discovery.include_schema(self._added([pa.array([], type_) for type_ in types]).schema)
        return discovery.features()

    def examples(self, rows: ResultRows) -> pa.RecordBatch:
        """Returns rows as examples: what was read, with the answers behind it."""
        outputs = rows.outputs
        added = self._added([outputs.column(_index(outputs.schema, a.column)) for a in self.answers])
        return pa.RecordBatch.from_arrays(
            [*rows.source.columns, *added.columns], [*rows.source.schema.names, *added.schema.names]
        )

    def _added(self, columns: Sequence[pa.Array]) -> pa.RecordBatch:
        """Returns answers as columns that features can have: a matrix of a row becomes the list of its values."""
        flat = [_one_level(column) for column in columns]
        single = [
            _single(answer, column) if answer.is_single else column
            for answer, column in zip(self.answers, flat, strict=True)
        ]
        return as_features(pa.RecordBatch.from_arrays(single, [answer.name for answer in self.answers]))


@dataclass(slots=True)
class _Rows:
    """A Parquet file, one row group after another."""

    file: ParquetFile
    writer: ExamplesResultWriter
    held: list[pa.RecordBatch] = field(default_factory=list)
    held_rows: int = 0

    def write(self, rows: ResultRows) -> None:
        batch = to_table_layout(self.writer.examples(rows), self.file.features)
        self.held.append(batch)
        self.held_rows += batch.num_rows
        if self.held_rows >= _ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self.file.close()

    def abandon(self) -> None:
        self.file.abandon()

    def _flush(self) -> None:
        if self.held:
            self.file.write([concat(self.held)])
        self.held, self.held_rows = [], 0


@dataclass(slots=True)
class _Records:
    """A TFRecord file."""

    file: RecordFile
    writer: ExamplesResultWriter
    features: FeatureSet

    def write(self, rows: ResultRows) -> None:
        batch = to_example_layout(self.writer.examples(rows), self.features)
        for start in range(0, batch.num_rows, _ENCODER_ROWS):
            self.file.write(encode_examples(batch.slice(start, _ENCODER_ROWS)))

    def close(self) -> None:
        self.file.close()

    def abandon(self) -> None:
        self.file.abandon()


def _index(schema: pa.Schema, column: str) -> int:
    index: int = schema.get_field_index(column)
    if index < 0:
        raise DataError(
            f"output_example_spec names {column!r}, which the model has not given",
            input="output_example_spec",
            expected=f"one of {', '.join(schema.names)}",
            got=column,
            hint=did_you_mean(column, schema.names),
        )
    return index


def _single(answer: AnswerFeature, column: pa.Array) -> pa.Array:
    if not is_list(column.type):
        return column
    offsets, values, valid = list_parts(column)
    if (np.diff(offsets)[valid] != 1).any():
        raise DataError(
            f"the model has given several values for {answer.column!r}", expected="one a row, as it declares"
        )
    return values if valid.all() else values.take(pa.array(offsets[:-1], mask=~valid))


def _one_level(column: pa.Array) -> pa.Array:
    if pa.types.is_fixed_size_list(column.type):
        return _one_level(column.cast(pa.list_(column.type.value_type)))
    if not is_list(column.type):
        return column
    offsets, values, valid = list_parts(column)
    values = _one_level(values)
    if is_list(values.type):
        inner, values, _ = list_parts(values)
        offsets = inner[offsets]
    elif valid.all() and pa.types.is_list(column.type):
        return column
    return pa.LargeListArray.from_arrays(pa.array(offsets, mask=np.append(~valid, False)), values)
