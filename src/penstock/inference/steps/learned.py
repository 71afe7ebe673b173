# SPDX-License-Identifier: Apache-2.0
"""Which columns a step adds, for batches in which it has no row: those behind it must find them all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from penstock.inference.failures import UnfitInputError, is_rows_fault
from penstock.inference.flow import make_batch

Ask = Callable[[], pa.RecordBatch | None]


class LearnedColumns:
    """Remembers the columns of a step by a row that it has worked on."""

    def __init__(self) -> None:
        self._row: pa.RecordBatch | None = None

    def note(self, columns: pa.RecordBatch | None) -> None:
        """Takes notice of what the step has added to rows."""
        if self._row is None and columns is not None and columns.num_rows:
            first = pa.array([0])
            self._row = make_batch(columns.schema.names, [c.take(first) for c in columns.columns], 1)

    def without_rows(self, asks: Iterable[Ask]) -> tuple[pa.RecordBatch, pa.RecordBatch | None]:
        """Returns the columns that the step adds to no rows, and what it adds to a sample, as far as these are known.

        Args:
            asks: Ways to learn the columns of a step that has had no row so far, tried in order: each gives what is
                added to one row or to none, or ``None``.
        """
        for ask in asks if self._row is None else ():
            found = _answer(ask)
            if found is None:
                continue
            self.note(found)
            if self._row is None:
                nulls = [pa.nulls(1, field.type) for field in found.schema]
                return found, make_batch(found.schema.names, nulls, 1)
            break
        if self._row is None:
            return make_batch([], [], 0), None
        return self._row.slice(0, 0), self._row


def _answer(ask: Ask) -> pa.RecordBatch | None:
    """Returns what is answered; what cannot be answered without the right row is not known."""
    try:
        return ask()
    except Exception as error:
        if is_rows_fault(error) or isinstance(error, UnfitInputError):
            return None
        raise
