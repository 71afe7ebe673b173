# SPDX-License-Identifier: Apache-2.0
"""How the rows of a step become files, while they go by. Final names come later (``penstock.inference.finishing``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


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
        """Appends rows; all that one file is given have the same schemas."""

    def close(self) -> None:
        """Ends the file."""

    def abandon(self) -> None:
        """Closes the file; whether it is whole does not matter any more."""


class ResultWriter(Protocol):
    """A way to write the results of a step; pickled to workers, so it holds plain values.

    Attributes:
        step: Step (or ``<split>.<way>``) whose rows are written.
        folder: URI of the folder that takes the files.
        prefix: How the files' names begin.
        suffix: How they end, with the dot.
        is_result: Whether the files are those that the summary names as the step's output. They are Parquet then.
    """

    step: str
    folder: str
    prefix: str
    suffix: str
    is_result: bool

    def open(self, uri: str, schema: pa.Schema) -> OpenResults:
        """Starts a file.

        Args:
            uri: Where it is while it is in the making.
            schema: Schema of the ``batch`` of all rows that it will be given.
        """

    def rewrite(self, uri: str, schema: pa.Schema) -> None:
        """Brings a file into the schema that all have in common, in which columns may be wider, or come to it.

        Nothing is to be done where a file has no schema.
        """
