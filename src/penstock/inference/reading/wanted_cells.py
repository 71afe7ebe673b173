# SPDX-License-Identifier: Apache-2.0
"""Columns of text as the numbers that models want; the row of a cell that is none is set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from penstock.examples.csv.cells import parse, widen
from penstock.examples.kinds import FeatureKind
from penstock.inference.columns import Kind
from penstock.inference.flow import Failure, Place, filter_batch
from penstock.inference.numerals import cause_of, cell_as
from penstock.inference.reading.units import Piece
from penstock.inference.spec import SOURCE

Typed = Callable[[pa.RecordBatch], pa.RecordBatch]


def kind_of(cells: pa.Array, known: FeatureKind | None, wanted: Kind | None) -> FeatureKind | None:
    """Returns the narrowest kind of a column's cells and of those before them, within what is wanted of it.

    Args:
        cells: The text; null is a missing value.
        known: Kind of the earlier cells; ``None`` if all were missing.
        wanted: Kind that a model wants; ``None`` if none does.
    """
    if wanted == "bytes":
        return "bytes"
    found = widen(cells, known)[0]
    if wanted is None or found in (None, "int", wanted):
        return found
    if wanted == "int" or known == "float":
        return wanted
    numbers = (cell_as(cell, wanted) for cell in cells.to_pylist() if cell is not None)
    return "float" if any(isinstance(number, float) for number in numbers) else "int"


def numbers_of(cells: pa.Array, kind: FeatureKind, type_: pa.DataType) -> tuple[pa.Array, dict[int, str]]:
    """Returns a column as numbers, null where a cell is none, and those cells by their index.

    Args:
        cells: The text; null is a missing value.
        kind: Kind of the column as :func:`kind_of` has found it over all files.
        type_: Its type.
    """
    parsed = parse(cells, kind, pa.float64())
    if parsed is not None:
        return parsed.cast(type_), {}
    texts = cells.to_pylist()
    numbers = [None if text is None else cell_as(text, kind) for text in texts]
    bad = {
        index: text
        for index, (text, number) in enumerate(zip(texts, numbers, strict=True))
        if text is not None and number is None
    }
    return pa.array(numbers, type_), bad


class SetAside:
    """The rows of one file that have unreadable cells, until the batch is given out in which they would be.

    Args:
        uri: The file.
        kinds: What is wanted of columns.
    """

    def __init__(self, uri: str, kinds: Mapping[str, Kind]) -> None:
        self._uri = uri
        self._kinds = kinds
        self._bad: dict[int, dict[str, Any]] = {}
        self._typed = 0
        self._given = 0

    def add(self, bad: Mapping[str, Mapping[int, str]], rows: int) -> None:
        """Takes notice of the unreadable cells among the file's next rows.

        Args:
            bad: The cells by the index of their row, by column.
            rows: Number of the rows.
        """
        for name, cells in bad.items():
            for index, text in cells.items():
                self._bad.setdefault(self._typed + index, {})[name] = text
        self._typed += rows

    def piece(self, batch: pa.RecordBatch, first_row: int, ragged: tuple[Failure, ...]) -> Piece:
        """Returns the next rows without those that have such cells, which are failed rows.

        Args:
            batch: The rows.
            first_row: Number in the file of the first of them, or of a ragged row before it.
            ragged: Rows among them that have the wrong number of cells.
        """
        start, self._given = self._given, self._given + batch.num_rows
        positions = [index - start for index in sorted(self._bad) if index < self._given]
        if not positions:
            return Piece(batch, ragged)
        place = Place(0, 0, self._uri, first_row, False, tuple(failure.row for failure in ragged))
        failed = []
        for position in positions:
            cells = self._bad.pop(start + position)
            values = {**batch.slice(position, 1).to_pylist()[0], **cells}
            failed.append(failed_row(place.row_number(position), values, cells, self._kinds, self._uri))
        kept = np.ones(batch.num_rows, dtype=bool)
        kept[positions] = False
        unreadable = sorted((*ragged, *failed), key=lambda failure: failure.row)
        return Piece(filter_batch(batch, kept), tuple(unreadable))


def failed_row(
    row: int, values: Mapping[str, Any], unreadable: Mapping[str, Any], kinds: Mapping[str, Kind], uri: str
) -> Failure:
    """Returns the failure of a row that has cells which are not what is wanted.

    Args:
        row: Its number in its file.
        values: All that it holds, by column.
        unreadable: Those cells, by column.
        kinds: What is wanted of columns.
        uri: Its file.
    """
    cause = cause_of(unreadable, kinds)
    return Failure(row, SOURCE, "read", "DataError", cause, file=uri, values=values)
