# SPDX-License-Identifier: Apache-2.0
"""Results as Parquet: zstd, row groups of 65,536 rows, constant memory."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from penstock import files
from penstock.examples.parquet_sink import ParquetSink
from penstock.examples.shards import open_parquet
from penstock.inference.schemas import conform
from penstock.inference.writing import OpenResults, ResultRows

_ROW_GROUP_ROWS = 65_536
_ROW_GROUP_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class ParquetResults:
    """Writes results as they are.

    Attributes:
        step, folder, prefix, suffix, is_result: See :class:`~penstock.inference.writing.ResultWriter`.
    """

    step: str
    folder: str
    prefix: str = "results"
    suffix: str = ".parquet"
    is_result: bool = True

    def open(self, uri: str, schema: pa.Schema) -> OpenResults:
        """Starts a file."""
        return ParquetFile(uri, schema)

    def rewrite(self, uri: str, schema: pa.Schema) -> None:
        """Brings a file into another schema, row group by row group."""
        wider = ParquetFile(f"{uri}.wider", schema)
        with open_parquet(uri) as file:
            for batch in file.iter_batches(batch_size=_ROW_GROUP_ROWS):
                wider.append(conform(batch, schema))
        wider.close()
        files.rename(f"{uri}.wider", uri)


class ParquetFile:
    """One file while it is written.

    Args:
        uri: Where it is.
        schema: Schema of all batches.
    """

    def __init__(self, uri: str, schema: pa.Schema) -> None:
        self._schema = schema
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0
        self._sink = ParquetSink(uri, schema, _text_columns(schema))

    def write(self, rows: ResultRows) -> None:
        """Appends rows."""
        self.append(rows.batch)

    def append(self, batch: pa.RecordBatch) -> None:
        """Appends a batch; it reaches the disk with its row group."""
        self._held.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _ROW_GROUP_ROWS or self._bytes >= _ROW_GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Ends the file."""
        self._flush()
        self._sink.close()

    def abandon(self) -> None:
        """Closes the file; whether it is whole does not matter any more."""
        self._sink.abandon()

    def _flush(self) -> None:
        if not self._rows:
            return
        table = pa.Table.from_batches(self._held, self._schema)
        self._sink.write(table)
        self._held, self._rows, self._bytes = [], 0, 0


def _text_columns(schema: pa.Schema) -> list[str]:
    """Returns the columns in which values recur; to look for recurring numbers takes longer than all else together."""
    return [field.name for field in schema if pa.types.is_string(field.type)]
