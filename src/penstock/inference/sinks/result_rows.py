# SPDX-License-Identifier: Apache-2.0
"""Reads result files batch by batch, with memory that grows with neither their rows nor the width of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from penstock import files
from penstock.errors import DataError, did_you_mean

_BATCH_BYTES = 16 << 20
_BATCH_ROWS = 16_384


class ResultRows:
    """The rows of result files, in order.

    Args:
        uris: Parquet files of one schema.
        columns: Columns to read, in this order; all where none is given.

    Raises:
        DataError: A file is no Parquet, has another schema than the first, or lacks a column.
    """

    def __init__(self, uris: Sequence[str], columns: Sequence[str] = ()) -> None:
        self.uris = tuple(uris)
        self.columns = tuple(columns)
        self.rows = 0
        self.schema = pa.schema([])
        for index, uri in enumerate(self.uris):
            with _opened(uri) as file:
                schema = file.schema_arrow.remove_metadata()
                self.rows += file.metadata.num_rows
            schema = selected(schema, self.columns) if self.columns else schema
            if index and schema != self.schema:
                raise DataError(
                    f"the columns of {uri} differ from those of {self.uris[0]}",
                    input=uri,
                    expected=_described(self.schema),
                    got=_described(schema),
                )
            self.schema = schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yields the rows, each batch of moderate size."""
        names = self.schema.names
        for uri in self.uris:
            with _opened(uri) as file, files.storage_errors("read", uri):
                for batch in file.iter_batches(batch_size=_batch_rows(file), columns=names):
                    if batch.num_rows:
                        columns = [batch.column(batch.schema.get_field_index(name)) for name in names]
                        yield pa.RecordBatch.from_arrays(columns, schema=self.schema)


def selected(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """Returns the named fields of a schema, in the order of ``columns``.

    Raises:
        DataError: There is no such column.
    """
    for name in columns:
        if name not in schema.names:
            raise DataError(
                f"the rows have no column {name!r}", input=name, hint=did_you_mean(name, schema.names)
            )
    return pa.schema([schema.field(name) for name in columns])


@contextmanager
def _opened(uri: str) -> Iterator[pq.ParquetFile]:
    with files.open(uri) as source:
        try:
            file = pq.ParquetFile(source)
        except pa.ArrowInvalid as error:
            raise DataError(
                f"{uri} is no result file", input=uri, expected="Parquet", got=str(error)
            ) from error
        yield file


def _batch_rows(file: pq.ParquetFile) -> int:
    """Returns how many rows make a batch of moderate size, as far as the file says how wide they are."""
    metadata = file.metadata
    size = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES * metadata.num_rows // size if size else _BATCH_ROWS))


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
