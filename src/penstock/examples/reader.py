# SPDX-License-Identifier: Apache-2.0
"""Reads examples, whichever format they are stored in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

import pyarrow as pa

from penstock import files
from penstock.errors import DataError
from penstock.examples.batching import rebatch
from penstock.examples.discovery import FeatureDiscovery
from penstock.examples.kinds import FEATURES_FILE, METADATA_KEY, FeatureSet
from penstock.examples.layout import to_example_layout, to_table_layout
from penstock.examples.payload import ExamplesFormat
from penstock.examples.shards import format_of, parquet_schema, read_parquet, read_tfrecord
from penstock.examples.tfrecord import count_records

Layout = Literal["table", "examples"]


class ExamplesReader:
    """Reads one split, or any files of examples, in batches and constant memory.

    Args:
        source: Folder of a split, a file pattern, or several of either. Hidden files do not count.
        columns: Which features to read, in this order; ``None`` means all.

    Attributes:
        shards: URIs of the files, sorted.
        format: The files' format, found from their content.

    Raises:
        DataError: There is no file, or Parquet and TFRecord are mixed.
    """

    def __init__(self, source: str | Sequence[str], *, columns: Sequence[str] | None = None) -> None:
        sources = (source,) if isinstance(source, str) else tuple(source)
        self.shards = find_shards(sources)
        self.format = _common_format(self.shards)
        self._columns = None if columns is None else tuple(columns)

    @cached_property
    def features(self) -> FeatureSet:
        """The features that are read, the same for all shards.

        Files that do not say their features themselves are read through once to find them.

        Raises:
            DataError: A feature has two kinds of value, or a column was asked for that does not exist.
        """
        found = self._stored_features()
        return found if self._columns is None else found.select(self._columns)

    @cached_property
    def num_rows(self) -> int:
        """The number of rows in all shards."""
        if self.format == "parquet":
            return sum(parquet_schema(shard)[1] for shard in self.shards)
        return sum(count_records(shard) for shard in self.shards)

    def batches(self, rows: int = 4096, layout: Layout = "table") -> Iterator[pa.RecordBatch]:
        """Yields all rows in order, in batches of ``rows`` rows (the last may have fewer), all of one schema.

        Args:
            rows: Rows in a batch.
            layout: ``table``: columns as stored; ``examples``: every column a large_list, as TFDV, TFT and TFMA
                take it.
        """
        features = self.features
        convert = to_table_layout if layout == "table" else to_example_layout
        return rebatch((convert(batch, features) for batch in self.found_batches(rows)), rows)

    def found_batches(
        self, rows: int = 4096, shards: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yields the rows in order as the files have them, in batches of at most ``rows`` and of varying schema.

        Args:
            rows: Most rows in a batch.
            shards: Which of the files to read, in this order; ``None`` means all.
        """
        for shard in self.shards if shards is None else shards:
            if self.format == "tfrecord":
                yield from read_tfrecord(shard, rows)
            else:
                yield from read_parquet(shard, rows, self.stored_columns(shard))

    def stored_columns(self, shard: str) -> list[str] | None:
        """Returns those of the wanted columns that a Parquet file has, ``None`` where all are wanted."""
        if self._columns is None:
            return None
        there = parquet_schema(shard)[0].names
        return [name for name in self._columns if name in there]

    def _stored_features(self) -> FeatureSet:
        if self.format == "parquet":
            return _parquet_features(self.shards)
        beside = files.join(posixpath.dirname(posixpath.dirname(self.shards[0])), FEATURES_FILE)
        if files.exists(beside):
            with files.open(beside) as file:
                return FeatureSet.from_json(file.read())
        discovery = FeatureDiscovery()
        for batch in self.found_batches():
            discovery.observe(batch)
        return discovery.features()


def read_split(
    artifact_uri: str,
    split: str,
    *,
    columns: Sequence[str] | None = None,
    rows: int = 4096,
    layout: Layout = "table",
) -> Iterator[pa.RecordBatch]:
    """Yields the rows of one split of an Examples artifact; see :meth:`ExamplesReader.batches`."""
    return ExamplesReader(f"{artifact_uri}/Split-{split}", columns=columns).batches(rows, layout)


def find_shards(sources: Sequence[str]) -> tuple[str, ...]:
    """Returns the files that folders and patterns stand for, sorted and each once.

    Raises:
        DataError: One of them stands for no file.
    """
    found: set[str] = set()
    for source in sources:
        found_here = files.glob("*", base=source) if files.is_dir(source) else files.glob(source)
        matches = [uri for uri in found_here if not posixpath.basename(uri).startswith((".", "_"))]
        matches = [uri for uri in matches if not files.is_dir(uri)]
        if not matches:
            raise DataError(
                f"there are no examples under {source}", input=source, hint="check the path and the split"
            )
        found.update(matches)
    return tuple(sorted(found))


def _common_format(shards: Sequence[str]) -> ExamplesFormat:
    formats = {shard: format_of(shard) for shard in shards}
    first = formats[shards[0]]
    for shard, found in formats.items():
        if found != first:
            raise DataError(
                "the files of one split differ in format",
                input=shard,
                expected=f"{first}, as in {shards[0]}",
                got=found,
                hint="keep files of one format in a folder",
            )
    return first


def _parquet_features(shards: Sequence[str]) -> FeatureSet:
    """Returns the features of Parquet files: what Penstock wrote down, or what the columns' types say."""
    discovery = FeatureDiscovery()
    for shard in shards:
        schema = parquet_schema(shard)[0]
        stored = (schema.metadata or {}).get(METADATA_KEY)
        try:
            if stored is None:
                discovery.include_schema(schema)
            else:
                discovery.include(FeatureSet.from_json(stored))
        except DataError as error:
            error.input = shard
            raise
    return discovery.features()
