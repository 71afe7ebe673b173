# SPDX-License-Identifier: Apache-2.0
"""Shares examples out among processes that read them side by side: each row goes to exactly one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from penstock.examples.reader import ExamplesReader
from penstock.examples.shards import open_parquet, read_parquet, read_tfrecord


@dataclass(frozen=True, slots=True)
class Part:
    """What one process reads in one go.

    Attributes:
        shard: URI of the file.
        row_group: Row group of a Parquet file; ``None`` means the whole file.
    """

    shard: str
    row_group: int | None = None


class Share:
    """One reader's share of the rows: every ``count``-th row group of Parquet files, or TFRecord file.

    Args:
        reader: All of the rows.
        index: Which share, from 0.
        count: Number of shares.

    Attributes:
        parts: What is in the share, in the order of the rows. A share may be empty.
    """

    def __init__(self, reader: ExamplesReader, index: int = 0, count: int = 1) -> None:
        self._reader = reader
        self.parts = tuple(_parts(reader))[index::count]

    def found_batches(
        self, rows: int = 4096, parts: Sequence[Part] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yields the share's rows as the files have them, as :meth:`ExamplesReader.found_batches` does for all.

        Args:
            rows: Most rows in a batch.
            parts: Which of the parts to read, in this order; ``None`` means all.
        """
        for part in self.parts if parts is None else parts:
            if part.row_group is None:
                yield from read_tfrecord(part.shard, rows)
            else:
                columns = self._reader.stored_columns(part.shard)
                yield from read_parquet(part.shard, rows, columns, [part.row_group])


def _parts(reader: ExamplesReader) -> Iterator[Part]:
    for shard in reader.shards:
        if reader.format == "tfrecord":
            yield Part(shard)
            continue
        with open_parquet(shard) as file:
            sizes = [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
        yield from (Part(shard, index) for index, rows in enumerate(sizes) if rows)
