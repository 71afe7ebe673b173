# SPDX-License-Identifier: Apache-2.0
"""Writes one split as gzip'd TFRecord files of tf.Example."""

from __future__ import annotations

import pyarrow as pa

from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FeatureSet
from penstock.examples.layout import encode_examples, to_example_layout
from penstock.examples.shard_names import ShardNames
from penstock.examples.tfrecord import RecordFile

_ENCODER_ROWS = 1000


class TFRecordShards:
    """The TFRecord files of one split.

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
        self._current: RecordFile | None = None
        self._current_rows = 0
        self._written: list[str] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        batch = to_example_layout(batch, self._discovery.features())
        for start in range(0, batch.num_rows, _ENCODER_ROWS):
            self._append(encode_examples(batch.slice(start, _ENCODER_ROWS)))

    def finish(self, features: FeatureSet) -> list[str]:  # noqa: ARG002  records carry no schema
        """Ends all files and returns the final URIs."""
        self._end_current()
        return self._names.finish(self._written)

    def abandon(self) -> None:
        """Closes what is open."""
        if self._current is not None:
            self._current.abandon()

    def _append(self, records: list[bytes]) -> None:
        if self._current is None:
            self._current = RecordFile(self._names.unfinished(len(self._written)))
            self._current_rows = 0
        self._current.write(records)
        self.rows += len(records)
        self._current_rows += len(records)
        if self._current_rows >= self._rows_per_shard:
            self._end_current()

    def _end_current(self) -> None:
        if self._current is not None:
            self._current.close()
            self._written.append(self._current.uri)
            self._current = None
