# SPDX-License-Identifier: Apache-2.0
"""Writes one split as Parquet files of one schema."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from penstock import files
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FeatureSet
from penstock.examples.layout import table_schema, to_table_layout
from penstock.examples.parquet_sink import ParquetSink
from penstock.examples.shard_names import ShardNames
from penstock.examples.shards import read_parquet

_ROW_GROUP_ROWS = 65_536
_ROW_GROUP_BYTES = 64 << 20


class ParquetFile:
    """One Parquet file while it is written.

    Attributes:
        uri: Where it is.
        features: The features that its schema was made from.
        rows: Rows written so far.
    """

    def __init__(self, uri: str, features: FeatureSet) -> None:
        self.uri = uri
        self.features = features
        self.rows = 0
        self._schema = table_schema(features)
        self._sink = ParquetSink(uri, self._schema)

    def write(self, batches: list[pa.RecordBatch]) -> None:
        """Appends batches of either layout as one row group."""
        table = pa.Table.from_batches(
            [to_table_layout(batch, self.features) for batch in batches], self._schema
        )
        self._sink.write(table)
        self.rows += table.num_rows

    def close(self) -> None:
        """Ends the file."""
        self._sink.close()

    def abandon(self) -> None:
        """Closes the file; whether it is whole does not matter any more."""
        self._sink.abandon()


@dataclass(slots=True)
class _Held:
    """Batches that wait until they fill a row group."""

    most_rows: int
    batches: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0
    size_bytes: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        self.batches.append(batch)
        self.rows += batch.num_rows
        self.size_bytes += batch.nbytes

    @property
    def is_full(self) -> bool:
        return self.rows >= self.most_rows or self.size_bytes >= _ROW_GROUP_BYTES


class ParquetShards:
    """The Parquet files of one split.

    Args:
        names: What the files are called.
        discovery: Knows the features of all splits as they go by.
        rows_per_shard: A file is ended after this many rows.
    """

    def __init__(self, names: ShardNames, discovery: FeatureDiscovery, rows_per_shard: int) -> None:
        self.rows = 0
        self._names = names
        self._discovery = discovery
        self._rows_per_shard = rows_per_shard
        self._row_group_rows = min(_ROW_GROUP_ROWS, rows_per_shard)
        self._held = _Held(self._row_group_rows)
        self._current: ParquetFile | None = None
        self._written: list[ParquetFile] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows; they reach the disk one row group at a time."""
        self.rows += batch.num_rows
        for start in range(0, batch.num_rows, self._row_group_rows):
            self._held.add(batch.slice(start, self._row_group_rows))
            if self._held.is_full:
                self._flush()

    def finish(self, features: FeatureSet) -> list[str]:
        """Ends all files, rewrites those whose features were narrower, and returns the final URIs."""
        self._flush()
        self._end_current()
        for file in self._written:
            if file.features != features:
                _rewrite(file.uri, features)
        return self._names.finish([file.uri for file in self._written])

    def abandon(self) -> None:
        """Closes what is open."""
        if self._current is not None:
            self._current.abandon()

    def _flush(self) -> None:
        if not self._held.rows:
            return
        features = self._discovery.features()
        if self._current is not None and self._current.features != features:
            self._end_current()
        if self._current is None:
            self._current = ParquetFile(self._names.unfinished(len(self._written)), features)
        self._current.write(self._held.batches)
        self._held = _Held(self._row_group_rows)
        if self._current.rows >= self._rows_per_shard:
            self._end_current()

    def _end_current(self) -> None:
        if self._current is not None:
            self._current.close()
            self._written.append(self._current)
            self._current = None


def _rewrite(uri: str, features: FeatureSet) -> None:
    wider = ParquetFile(f"{uri}.wider", features)
    for batch in read_parquet(uri, _ROW_GROUP_ROWS):
        wider.write([batch])
    wider.close()
    files.rename(wider.uri, uri)
