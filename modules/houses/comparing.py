# SPDX-License-Identifier: Apache-2.0
"""Two estimates of a house's price beside what it was sold for (functions of a graph of models)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ESTIMATE = "estimate"
"""What the graph calls a model's answer."""

PRICE = "price"
"""What the house was sold for."""

TIE = "tie"

Numbers = npt.NDArray[np.float64]


def rounded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rounds estimates to hundreds: prices are in thousands, and nobody knows more of a house's."""
    return pa.RecordBatch.from_arrays([_column(np.round(_numbers(batch, ESTIMATE), 1))], [ESTIMATE])


def judge(batch: pa.RecordBatch, first: str, second: str) -> pa.RecordBatch:
    """Says for each house how far off each of two steps was, how far they are apart, and which one was nearer.

    A house that only one of them has estimated has that one's error alone.

    Args:
        batch: Houses with the estimates of the steps.
        first: Name of one step.
        second: Name of the other.
    """
    one, other = (_numbers(batch, f"{step}_{ESTIMATE}") for step in (first, second))
    price = _numbers(batch, PRICE)
    apart = np.abs(other - price) - np.abs(one - price)
    winner = np.select([apart > 0, apart < 0, apart == 0], [first, second, TIE], "")
    return pa.RecordBatch.from_pydict(
        {
            f"{first}_error": _column(np.round(one - price, 1)),
            f"{second}_error": _column(np.round(other - price, 1)),
            "difference": _column(np.round(other - one, 1)),
            "winner": pa.array(winner, pa.string(), mask=winner == ""),
        }
    )


def _numbers(batch: pa.RecordBatch, name: str) -> Numbers:
    """Returns a column as numbers, NaN where there is none."""
    column = batch.column(batch.schema.get_field_index(name))
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _column(numbers: Numbers) -> Any:
    return pa.array(numbers, from_pandas=True)
