# SPDX-License-Identifier: Apache-2.0
"""JSON Lines: one object a line, plain or gzip'd, typed over all files before the first row is given out."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from penstock import files
from penstock.errors import DataError, did_you_mean
from penstock.examples.csv.lines import is_gzip
from penstock.inference.flow import Failure
from penstock.inference.reading.json_values import column_of, widest
from penstock.inference.reading.units import Piece, Unit, shared_out
from penstock.inference.spec import SOURCE

_SHOWN = 200


class JsonLines:
    """JSON Lines files that are read as one table.

    All files are read once beforehand, to know the columns and their types: whole numbers are int64, other numbers
    float64, everything else text, as in CSV; lists of these are lists, and an object inside a row is its JSON as text.

    Args:
        uris: Their URIs.
        columns: Columns to read; ``None`` means all.
        rows: Rows in a batch.

    Raises:
        DataError: A file is damaged, or no row has a column that is to be read.
    """

    def __init__(self, uris: Sequence[str], columns: Sequence[str] | None, rows: int) -> None:
        self._uris = tuple(uris)
        self._rows = rows
        types = self._find_types()
        for name in columns or ():
            if name not in types:
                raise DataError(
                    f"the source has no column {name!r}", input=name, hint=did_you_mean(name, types)
                )
        names = types if columns is None else columns
        self.schema = pa.schema([pa.field(name, types[name]) for name in names])

    def units(self, workers: int) -> list[Unit]:  # noqa: ARG002  a file is read in one go
        """Returns a piece of work a file."""
        return shared_out(self._uris)

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields the rows of one file, lines that are no JSON object as failed rows."""
        for rows, bad in _rows(unit.files[0], self._rows):
            columns = [column_of([row.get(field.name) for row in rows], field.type) for field in self.schema]
            yield Piece(pa.RecordBatch.from_arrays(columns, schema=self.schema), tuple(bad))

    def _find_types(self) -> dict[str, pa.DataType]:
        types: dict[str, pa.DataType] = {}
        for uri in self._uris:
            for rows, _ in _rows(uri, self._rows):
                for name in {name: None for row in rows for name in row}:
                    types[name] = widest(types.get(name, pa.null()), [row.get(name) for row in rows])
        return types


def _rows(uri: str, count: int) -> Iterator[tuple[list[dict[str, Any]], list[Failure]]]:
    """Yields the objects of a file, so many at a time, with the lines among them that are none."""
    rows: list[dict[str, Any]] = []
    bad: list[Failure] = []
    for number, line in enumerate(_lines(uri)):
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise ValueError(f"the line is no JSON object but {type(value).__name__}")
            rows.append(value)
        except ValueError as error:
            text = line.decode("utf-8", "backslashreplace").strip()
            shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
            bad.append(Failure(number, SOURCE, "read", type(error).__name__, str(error), shown, uri))
        if len(rows) == count:
            yield rows, bad
            rows, bad = [], []
    if rows or bad:
        yield rows, bad


def _lines(uri: str) -> Iterator[bytes]:
    zipped = is_gzip(uri)
    with files.open(uri) as file, files.storage_errors("read", uri):
        try:
            for line in gzip.GzipFile(fileobj=file) if zipped else file:
                if line.strip():
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{uri} is cut off or damaged", input=uri, expected="a whole gzip file", got=str(error)
            ) from error
