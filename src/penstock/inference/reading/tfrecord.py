# SPDX-License-Identifier: Apache-2.0
"""TFRecord of tf.Example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.examples.batching import rebatch
from penstock.examples.layout import table_schema, to_table_layout
from penstock.examples.reader import ExamplesReader
from penstock.examples.shards import read_tfrecord
from penstock.inference.reading.units import Piece, Unit, shared_out


class TFRecordSource:
    """TFRecord files that are read as one table; what their features are is found out beforehand.

    Args:
        files: Their URIs.
        columns: Columns to read; ``None`` means all.
        rows: Rows in a batch.

    Raises:
        DataError: A file is no TFRecord of tf.Example, or a feature has two kinds of value.
    """

    def __init__(self, files: Sequence[str], columns: Sequence[str] | None, rows: int) -> None:
        self._files = tuple(files)
        self._rows = rows
        self._features = ExamplesReader(self._files, columns=columns).features
        self.schema = table_schema(self._features).remove_metadata()

    def units(self, workers: int) -> list[Unit]:  # noqa: ARG002  the format has no place to cut a file at
        """Returns a piece of work a file."""
        return shared_out(self._files)

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields the rows of one file."""
        tables = (
            to_table_layout(batch, self._features).replace_schema_metadata(None)
            for batch in read_tfrecord(unit.files[0], self._rows)
        )
        for batch in rebatch(tables, self._rows):
            yield Piece(batch)
