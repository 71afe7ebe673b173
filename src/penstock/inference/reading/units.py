# SPDX-License-Identifier: Apache-2.0
"""Pieces of work: what one worker reads in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from penstock.inference.flow import Failure, Flow, Place


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work. In the order of their indices, pieces give the rows in the order of the source.

    Attributes:
        index: Its number.
        files: URIs of its files; one, but where a row is a whole file.
        row_groups: Of a Parquet file the first row group, and the one after the last; ``None`` means all.
        first_row: Number in the file of its first row.
    """

    index: int
    files: tuple[str, ...]
    row_groups: tuple[int, int] | None = None
    first_row: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a unit, in order.

    Attributes:
        batch: The rows.
        unreadable: Rows among them that could not be read.
        row_files: File of each row, where rows are whole files.
    """

    batch: pa.RecordBatch
    unreadable: tuple[Failure, ...] = ()
    row_files: tuple[str, ...] = ()


class SourceReader(Protocol):
    """A source whose files and schema are known; pickled to workers, so it holds plain values.

    Attributes:
        schema: Schema of all batches.
    """

    schema: pa.Schema

    def units(self, workers: int) -> list[Unit]:
        """Returns the pieces of work; enough for this many workers, where the files can be cut."""

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields the rows of a piece of work, in batches of the graph's ``source_rows``."""


def flows(reader: SourceReader, unit: Unit) -> Iterator[Flow]:
    """Yields the flows of a piece of work: at least one, of no rows where it has none."""
    file, first_row, number = unit.files[0], unit.first_row, 0
    for piece, is_last in _with_last(reader.read(unit)):
        skipped = tuple(failure.row for failure in piece.unreadable)
        place = Place(unit.index, number, file, first_row, is_last, skipped, piece.row_files)
        yield Flow.start(place, piece.batch, piece.unreadable)
        first_row += piece.batch.num_rows + len(skipped)
        number += 1
    if number == 0:
        yield Flow.start(Place(unit.index, 0, file, first_row, is_last=True), no_rows(reader.schema))


def no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """Returns an empty batch of a schema."""
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def shared_out(files: Sequence[str]) -> list[Unit]:
    """Returns a piece of work for each file."""
    return [Unit(index, (file,)) for index, file in enumerate(files)]


def _with_last(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, bool]]:
    held: Piece | None = None
    for piece in pieces:
        if held is not None:
            yield held, False
        held = piece
    if held is not None:
        yield held, True
