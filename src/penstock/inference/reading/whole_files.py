# SPDX-License-Identifier: Apache-2.0
"""Whole files as rows: pictures, documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from penstock import files
from penstock.errors import PenstockError
from penstock.inference.flow import Failure
from penstock.inference.reading.units import Piece, Unit
from penstock.inference.spec import SOURCE

_FILES_IN_A_UNIT = 256
_BATCH_BYTES = 32 << 20
"""A batch of files ends where it has grown to this many bytes."""


class WholeFiles:
    """Files each of which is one row: its URI, and its content.

    Args:
        uris: Their URIs.
        columns: Columns to read, of ``file`` and ``content``; ``None`` means both.
        rows: Most rows in a batch.
    """

    def __init__(self, uris: Sequence[str], columns: Sequence[str] | None, rows: int) -> None:
        self._uris = tuple(uris)
        self._rows = rows
        fields = [pa.field("file", pa.string()), pa.field("content", pa.large_binary())]
        self.schema = pa.schema([field for field in fields if columns is None or field.name in columns])

    def units(self, workers: int) -> list[Unit]:
        """Returns a piece of work for some hundred files each, for fewer where workers would have nothing to do."""
        size = min(_FILES_IN_A_UNIT, max(-(-len(self._uris) // (workers * 4)), 1))
        starts = range(0, len(self._uris), size)
        return [
            Unit(index, self._uris[start : start + size], first_row=start)
            for index, start in enumerate(starts)
        ]

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields files, those that cannot be read as failed rows."""
        names: list[str] = []
        contents: list[bytes] = []
        failures: list[Failure] = []
        for number, uri in enumerate(unit.files, unit.first_row):
            try:
                with files.open(uri) as file, files.storage_errors("read", uri):
                    contents.append(file.read())
                names.append(uri)
            except PenstockError as error:
                failures.append(_failure(number, uri, error))
            if len(names) == self._rows or sum(map(len, contents)) >= _BATCH_BYTES:
                yield Piece(self._batch(names, contents), tuple(failures), tuple(names))
                names, contents, failures = [], [], []
        if names or failures:
            yield Piece(self._batch(names, contents), tuple(failures), tuple(names))

    def _batch(self, names: list[str], contents: list[bytes]) -> pa.RecordBatch:
        made = {"file": pa.array(names, pa.string()), "content": pa.array(contents, pa.large_binary())}
        return pa.RecordBatch.from_arrays([made[name] for name in self.schema.names], schema=self.schema)


def _failure(number: int, uri: str, error: PenstockError) -> Failure:
    return Failure(number, SOURCE, "read", type(error).__name__, str(error), file=uri)
