# SPDX-License-Identifier: Apache-2.0
"""Rows that cannot be worked on: found out by halving, while their neighbours go on."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.errors import DataError, PenstockError, UserCodeError
from penstock.inference.flow import Positions, filter_batch

_LOG = logging.getLogger(__name__)
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+(?=>)")
_CAUSE_LENGTH = 300
_TRACEBACKS = 3

T = TypeVar("T")


class BrokenContractError(UserCodeError):
    """The user's code does what no rows can be blamed for: another number of rows, or something that is no batch."""


class UnfitInputError(DataError):
    """The rows do not have what a model takes, whichever row it is: a column is missing, or of another kind."""


@dataclass(slots=True)
class Salvaged(Generic[T]):
    """What came of a batch.

    Attributes:
        parts: Results, each with the indices of its rows in the batch.
        failed: What was raised for a row alone, by its index.
    """

    parts: list[tuple[Positions, T]] = field(default_factory=list)
    failed: dict[int, Exception] = field(default_factory=dict)


def salvage(
    batch: pa.RecordBatch,
    work: Callable[[pa.RecordBatch], T],
    most_rows: int | None = None,
    known: Exception | None = None,
) -> Salvaged[T]:
    """Works on a batch, and where that fails on smaller and smaller parts of it, until the rows that fail stand alone.

    Rows with a missing value or NaN are tried apart from the others first, since they are the likely cause.

    Args:
        batch: The rows.
        work: What is done with some of them.
        most_rows: Most rows at a time.
        known: What was raised for the whole batch, where that was tried before; it is not tried again.

    Raises:
        PenstockError: Something failed that is no row's fault; see :func:`is_rows_fault`.
    """
    found: Salvaged[T] = Salvaged()
    size = most_rows or max(batch.num_rows, 1)
    waiting = [
        np.arange(start, min(start + size, batch.num_rows)) for start in range(0, batch.num_rows, size)
    ]
    waiting.reverse()
    suspicious: npt.NDArray[np.bool_] | None = None
    while waiting:
        indices = waiting.pop()
        try:
            if known is not None and len(indices) == batch.num_rows:
                raise known
            found.parts.append((indices, work(rows_of(batch, indices))))
        except Exception as error:
            if not is_rows_fault(error):
                raise
            if len(indices) == 1:
                found.failed[int(indices[0])] = error
                continue
            if suspicious is None:
                suspicious = _with_missing_values(batch)
            waiting.extend(reversed(_divided(indices, suspicious)))
    return found


def is_rows_fault(error: Exception) -> bool:
    """Says whether other rows may go well where this was raised: bad data, the user's code, and what is not ours."""
    if isinstance(error, (BrokenContractError, UnfitInputError)):
        return False
    return isinstance(error, (DataError, UserCodeError)) or not isinstance(error, PenstockError)


def rows_of(batch: pa.RecordBatch, indices: Positions) -> pa.RecordBatch:
    """Returns some rows of a batch, in order."""
    if len(indices) == batch.num_rows:
        return batch
    first, last = int(indices[0]), int(indices[-1])
    if last - first + 1 == len(indices):
        return batch.slice(first, len(indices))
    kept = np.zeros(batch.num_rows, dtype=bool)
    kept[indices] = True
    return filter_batch(batch, kept)


def cause_of(error: Exception) -> tuple[str, str]:
    """Returns the type of an error, of the user's own where user code raised it, and its cause as a line of text."""
    shown = error.__cause__ if isinstance(error, UserCodeError) and error.__cause__ is not None else error
    # Which node it was is known wherever the cause is told.
    told = str(error).removeprefix(f"{getattr(error, 'component', None)}: ")
    # Where an object was in memory tells nobody anything, and would make a cause of its own of each row.
    text = " ".join(_ADDRESS.sub("", told).split()) or "(no message)"
    return type(shown).__name__, text if len(text) <= _CAUSE_LENGTH else f"{text[: _CAUSE_LENGTH - 1]}…"


class TracebackLog:
    """Logs the user's part of the traceback of the first few failures.

    Args:
        step: Step that they happen in.
    """

    def __init__(self, step: str) -> None:
        self._step = step
        self._left = _TRACEBACKS

    def tell(self, errors: Sequence[Exception]) -> None:
        """Takes notice of errors."""
        for error in errors[: self._left]:
            self._left -= 1
            traceback = getattr(error, "traceback", "")
            _LOG.info(
                "a row failed in step %s: %s%s", self._step, error, f"\n{traceback}" if traceback else ""
            )


def _divided(indices: Positions, suspicious: npt.NDArray[np.bool_]) -> list[Positions]:
    among = suspicious[indices]
    if among.any() and not among.all():
        return [indices[~among], indices[among]]
    middle = len(indices) // 2
    return [indices[:middle], indices[middle:]]


def _with_missing_values(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    marked = np.zeros(batch.num_rows, dtype=bool)
    for column in batch.columns:
        if column.null_count:
            marked |= column.is_null().to_numpy(zero_copy_only=False)
        elif pa.types.is_floating(column.type):
            marked |= np.isnan(column.to_numpy(zero_copy_only=False))
    return marked
