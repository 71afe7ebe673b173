# SPDX-License-Identifier: Apache-2.0
"""JSON Lines: one object a line, plain or gzip'd, typed over all files before the first row is given out."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from penstock import files
from penstock.errors import DataError, did_you_mean
from penstock.examples.csv.lines import is_gzip
from penstock.inference.columns import Kind
from penstock.inference.flow import Failure
from penstock.inference.numerals import value_as
from penstock.inference.reading.json_values import column_of, parsed, widest
from penstock.inference.reading.units import Piece, Unit, shared_out
from penstock.inference.reading.wanted_cells import failed_row
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
        wanted: Kinds that models want of columns; a row with a value that is not of it is a failed row.

    Raises:
        DataError: A file is damaged, or no row has a column that is to be read.
    """

    def __init__(
        self,
        uris: Sequence[str],
        columns: Sequence[str] | None,
        rows: int,
        wanted: Mapping[str, Kind] | None = None,
    ) -> None:
        self._uris = tuple(uris)
        self._rows = rows
        self._wanted = dict(wanted or {})
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
        """Yields the rows of one file; failed are lines that are no JSON object, or have an unreadable value."""
        for lines in self._lines(unit.files[0]):
            columns = [
                column_of([row.get(item.name) for row in lines.rows], item.type) for item in self.schema
            ]
            yield Piece(pa.RecordBatch.from_arrays(columns, schema=self.schema), tuple(lines.bad))

    def _find_types(self) -> dict[str, pa.DataType]:
        types: dict[str, pa.DataType] = {}
        for uri in self._uris:
            for lines in self._lines(uri):
                for name in {name: None for row in lines.rows for name in row}:
                    types[name] = widest(types.get(name, pa.null()), [row.get(name) for row in lines.rows])
        return {name: self._type(name, type_) for name, type_ in types.items()}

    def _type(self, name: str, type_: pa.DataType) -> pa.DataType:
        return pa.string() if self._wanted.get(name) == "bytes" and not pa.types.is_list(type_) else type_

    def _lines(self, uri: str) -> Iterator[_Lines]:
        numbers = {name: kind for name, kind in self._wanted.items() if kind != "bytes"}
        return _rows(uri, self._rows, numbers)


@dataclass(slots=True)
class _Lines:
    """Some lines of a file: the objects, and those that are none or have an unreadable value."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    bad: list[Failure] = field(default_factory=list)


def _rows(uri: str, count: int, wanted: Mapping[str, Kind]) -> Iterator[_Lines]:
    """Yields the lines of a file, so many at a time."""
    lines = _Lines()
    for number, line in enumerate(_lines(uri)):
        try:
            value = parsed(line)
            if not isinstance(value, dict):
                raise ValueError(f"the line is no JSON object but {type(value).__name__}")
            failure = _made_numbers(value, wanted, number, uri)
            if failure is None:
                lines.rows.append(value)
            else:
                lines.bad.append(failure)
        except ValueError as error:
            text = line.decode("utf-8", "backslashreplace").strip()
            shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
            lines.bad.append(Failure(number, SOURCE, "read", type(error).__name__, str(error), shown, uri))
        if len(lines.rows) + len(lines.bad) == count:
            yield lines
            lines = _Lines()
    if lines.rows or lines.bad:
        yield lines


def _made_numbers(row: dict[str, Any], wanted: Mapping[str, Kind], number: int, uri: str) -> Failure | None:
    """Has a row hold numbers where they are wanted; returns why it is given up where it has something else there."""
    bad = {}
    for name, kind in wanted.items():
        value = row.get(name)
        if value is None or (type(value) is float and kind == "float"):
            continue
        read = value_as(value, kind)
        if read is None:
            bad[name] = value
        else:
            row[name] = read
    return failed_row(number, row, bad, wanted, uri) if bad else None


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
