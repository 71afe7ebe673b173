# SPDX-License-Identifier: Apache-2.0
"""Writes examples, in either format, split by split and shard by shard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from penstock import files
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FEATURES_FILE, FeatureSet
from penstock.examples.parquet_shards import ParquetShards
from penstock.examples.payload import PAYLOADS, ExamplesFormat
from penstock.examples.shard_names import ShardNames
from penstock.examples.tfrecord_shards import TFRecordShards

if TYPE_CHECKING:
    from typing_extensions import Self

ROWS_PER_SHARD = 1_000_000


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """What was written of one split.

    Attributes:
        rows: Number of rows.
        bytes: Size of the files.
        shards: Number of files.
    """

    rows: int
    bytes: int
    shards: int


class Shards(Protocol):
    """The files of one split while they are written."""

    rows: int

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""

    def finish(self, features: FeatureSet) -> list[str]:
        """Ends all files, with these features for all of them, and returns their URIs in order."""

    def abandon(self) -> None:
        """Closes what is open."""


class ExamplesWriter:
    """Writes an Examples artifact: one folder per split, in shards that share one schema.

    Features are found out while rows go by. Should one widen after a file was written (a list appears, or bytes that
    are not UTF-8), the files that were written before are rewritten when the writer closes, so that a reader never
    sees two schemas. Memory does not grow with the number of rows.

    Use it in a ``with`` statement; :meth:`close` at its end makes the files appear under their final names.

    Args:
        uri: Root of the artifact; ``Split-<name>`` folders are made in it.
        features: What is known of the features beforehand: their order, and the kind of those that may have no value
            at all. They widen as the rows need.
        format: Format of the files.
        file_prefix: How the files' names begin; ``None`` means as in TFX for TFRecord, ``data`` for Parquet.
        rows_per_shard: A file is ended after this many rows.
    """

    def __init__(
        self,
        uri: str,
        features: FeatureSet | None = None,
        format: ExamplesFormat = "parquet",
        *,
        file_prefix: str | None = None,
        rows_per_shard: int = ROWS_PER_SHARD,
    ) -> None:
        self._uri = uri
        self._format: ExamplesFormat = format
        self._prefix = file_prefix or PAYLOADS[format].file_prefix
        self._rows_per_shard = rows_per_shard
        self._discovery = FeatureDiscovery(features)
        self._splits: dict[str, Shards] = {}
        self._summaries: dict[str, SplitSummary] | None = None

    @property
    def features(self) -> FeatureSet:
        """The features as known so far."""
        return self._discovery.features()

    def write(self, split: str, batch: pa.RecordBatch) -> None:
        """Adds the rows of a batch, in either layout, to a split.

        Raises:
            DataError: A feature changes its kind of value, or a column cannot be a feature.
            StorageError: The files cannot be written.
        """
        self._discovery.observe(batch)
        shards = self._splits.get(split)
        if shards is None:
            shards = self._splits[split] = self._open(split)
        shards.write(batch)

    def close(self) -> dict[str, SplitSummary]:
        """Ends all files and returns what was written, by split; a second call returns the same."""
        if self._summaries is not None:
            return self._summaries
        features = self.features
        summaries = {}
        for split, shards in self._splits.items():
            written = shards.finish(features)
            summaries[split] = SplitSummary(
                shards.rows, sum(files.size(uri) for uri in written), len(written)
            )
        if self._format == "tfrecord":
            files.write_atomic(files.join(self._uri, FEATURES_FILE), features.to_json())
        self._summaries = summaries
        return summaries

    def abandon(self) -> None:
        """Closes what is open and leaves the folder to whoever sweeps it."""
        for shards in self._splits.values():
            shards.abandon()

    def discard(self) -> None:
        """Closes what is open and removes everything that was written."""
        self.abandon()
        for split in self._splits:
            files.remove_tree(files.join(self._uri, f"Split-{split}"))
        self._summaries = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._summaries is None:
            self.abandon()

    def _open(self, split: str) -> Shards:
        folder = files.join(self._uri, f"Split-{split}")
        files.makedirs(folder)
        suffix = PAYLOADS[self._format].suffix
        make: Callable[..., Shards] = ParquetShards if self._format == "parquet" else TFRecordShards
        return make(ShardNames(folder, self._prefix, suffix), self._discovery, self._rows_per_shard)
