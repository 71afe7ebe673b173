# SPDX-License-Identifier: Apache-2.0
"""What the first rows of CSV and JSON Lines tell of their columns. Light: neither pyarrow nor NumPy is imported."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from penstock.errors import DataError
from penstock.examples.csv.lines import read_header, text_lines
from penstock.inference.columns import Column, Columns, Kind
from penstock.inference.numerals import cell_as, value_as

_ROWS = 1000
_NUMBERS: tuple[Kind, ...] = ("int", "float")


def csv_columns(uris: Sequence[str]) -> Columns:
    """Returns the columns of CSV files, with the kinds of number that one of their first cells can be read as.

    Raises:
        DataError: The first file's header is wrong.
    """
    header = read_header(uris[0])
    met = _Met()
    for cells in _first(uris, _csv_rows):
        for name, cell in zip(header, cells, strict=False):
            met.add(name, cell or None, {kind for kind in _NUMBERS if cell_as(cell, kind) is not None})
    return Columns({name: met.column(name) for name in header})


def json_columns(uris: Sequence[str]) -> Columns:
    """Returns the columns that the first rows of JSON Lines files have; later ones may have others."""
    met = _Met()
    for row in _first(uris, _json_rows):
        for name, value in row.items():
            met.add(name, value, {kind for kind in _NUMBERS if value_as(value, kind) is not None})
    return Columns({name: met.column(name) for name in met.kinds}, more=True)


class _Met:
    """The kinds of number that were met, by column."""

    def __init__(self) -> None:
        self.kinds: dict[str, set[Kind]] = {}
        self._with_values: set[str] = set()

    def add(self, name: str, value: Any, kinds: Iterable[Kind]) -> None:
        """Takes notice of a value; ``None`` is none."""
        known = self.kinds.setdefault(name, set())
        if value is not None:
            self._with_values.add(name)
            known.update(kinds)

    def column(self, name: str) -> Column:
        """Returns what is known of a column."""
        if name not in self._with_values:
            return Column()
        return Column(readable=tuple(kind for kind in _NUMBERS if kind in self.kinds[name]))


def _first(uris: Sequence[str], rows_of: Any) -> Iterator[Any]:
    return islice((row for uri in uris for row in rows_of(uri)), _ROWS)


def _csv_rows(uri: str) -> Iterator[list[str]]:
    """Yields rows up to the first thing that cannot be read, of which the reader tells."""
    with closing(text_lines(uri)) as lines:
        try:
            yield from islice(csv.reader(lines), 1, None)
        except (csv.Error, DataError):
            return


def _json_rows(uri: str) -> Iterator[Mapping[str, Any]]:
    with closing(text_lines(uri)) as lines:
        try:
            for line in lines:
                row = _object(line)
                if row is not None:
                    yield row
        except DataError:
            return


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
