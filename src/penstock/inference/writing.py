# SPDX-License-Identifier: Apache-2.0
"""How the rows of a step become files, while they go by. Final names come later (``penstock.inference.finishing``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

import pyarrow as pa

from penstock import files
from penstock.inference.flow import Place
from penstock.inference.schemas import common_schema, conform, stored_schema

ROWS_PER_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class ResultRows:
    """Rows of a step that are to be written.

    Attributes:
        batch: What the result has: key and carried columns, the steps' columns, and which model has made each row.
        source: The same rows as they were read, with all columns.
        outputs: The columns that the steps have added.
    """

    batch: pa.RecordBatch
    source: pa.RecordBatch
    outputs: pa.RecordBatch


class OpenResults(Protocol):
    """A file while it is written."""

    def write(self, rows: ResultRows) -> None:
        """Appends rows; the ``batch`` of all that one file is given has the schema that it was opened with."""

    def close(self) -> None:
        """Ends the file."""

    def abandon(self) -> None:
        """Closes the file; whether it is whole does not matter any more."""


class ResultWriter(Protocol):
    """A way to write the results of a step; pickled to workers, so it holds plain values."""

    @property
    def step(self) -> str:
        """Step (or ``<split>.<way>``) whose rows are written."""

    @property
    def folder(self) -> str:
        """URI of the folder that takes the files."""

    @property
    def prefix(self) -> str:
        """How the files' names begin."""

    @property
    def suffix(self) -> str:
        """How they end, with the dot."""

    @property
    def is_result(self) -> bool:
        """Whether the files are those that the summary names as the step's output. They are Parquet then."""

    def open(self, uri: str, schema: pa.Schema) -> OpenResults:
        """Starts a file.

        Args:
            uri: Where it is while it is in the making.
            schema: Schema of the ``batch`` of all rows that it will be given.
        """

    def rewrite(self, uri: str, schema: pa.Schema) -> None:
        """Brings a file into the schema that all have in common, in which columns may be wider, or come to it.

        Nothing is to be done where the file does not depend on that schema.
        """


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one writer, one after the other in the order of the source, in a file that has no final name yet.

    Attributes:
        writer: Number of the writer.
        start: Piece of work, and batch in it, of the first.
        uri: The file.
        rows: How many there are.
        schema: Their schema, with type null for a column that has no value so far.
    """

    writer: int
    start: tuple[int, int]
    uri: str
    rows: int
    schema: pa.Schema


@dataclass(slots=True)
class _OpenPart:
    start: tuple[int, int]
    uri: str
    schema: pa.Schema
    file: OpenResults
    rows: int = 0


@dataclass(slots=True)
class PartWriter:
    """Writes the rows that one worker has for one writer.

    A file ends where the next batch does not follow in the source's order, where its columns no longer fit, and where
    it is large enough.

    Args:
        number: Number of the writer.
        writer: How a file is written.
        token: Tells the files of this job from those of others.
        apart: Whether rows of several source files never share a file.
    """

    number: int
    writer: ResultWriter
    token: str
    apart: bool = False
    _open: _OpenPart | None = None
    _follows: tuple[int, int] | None = None
    _parts: list[Part] = field(default_factory=list)
    _schema: pa.Schema | None = None

    def write(self, place: Place, rows: ResultRows) -> None:
        """Takes the rows that a step has left of a batch, which may be none.

        Raises:
            DataError: A column has another type than before.
            StorageError: The file cannot be written.
        """
        here = (place.unit, place.number)
        if self._follows != here or (self.apart and place.number == 0):
            self._end()
        self._follows = (place.unit + 1, 0) if place.is_last else (place.unit, place.number + 1)
        known = rows.batch.schema if self._schema is None else self._schema
        self._schema = common_schema((known, rows.batch.schema))
        if not rows.batch.num_rows:
            return
        part = self._part_for(here, rows.batch.schema)
        batch = conform(rows.batch, stored_schema(part.schema))
        part.file.write(ResultRows(batch, rows.source, rows.outputs))
        part.rows += batch.num_rows
        if part.rows >= ROWS_PER_FILE:
            self._end()

    def take(self) -> tuple[list[Part], pa.Schema | None]:
        """Ends what is open; returns, and forgets, what was written, and the schema of all rows."""
        self._end()
        parts, self._parts, schema, self._schema = self._parts, [], self._schema, None
        self._follows = None
        return parts, schema

    def abandon(self) -> None:
        """Closes what is open."""
        if self._open is not None:
            self._open.file.abandon()
            self._open = None

    def _part_for(self, start: tuple[int, int], schema: pa.Schema) -> _OpenPart:
        if self._open is not None and not self._open.schema.equals(schema):
            common = common_schema((self._open.schema, schema))
            if not stored_schema(common).equals(stored_schema(self._open.schema)):
                self._end()
            else:
                self._open.schema = common
        if self._open is None:
            folder = making_folder(self.writer.folder, self.token)
            files.makedirs(folder)
            uri = files.join(folder, f"{uuid4().hex}{self.writer.suffix}")
            self._open = _OpenPart(start, uri, schema, self.writer.open(uri, stored_schema(schema)))
        return self._open

    def _end(self) -> None:
        if self._open is not None:
            part, self._open = self._open, None
            part.file.close()
            self._parts.append(Part(self.number, part.start, part.uri, part.rows, part.schema))


def making_folder(folder: str, token: str) -> str:
    """Returns the folder in which a job's files are made, hidden from every reader of the folder above it."""
    return files.join(folder, f".{token}")
