# SPDX-License-Identifier: Apache-2.0
"""Two estimates of a house's price beside what it was sold for (functions of a graph of models)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from modules.houses.prices import ESTIMATE, PRICE

TIE = "tie"


def judge(batch: pa.RecordBatch, first: str, second: str) -> pa.RecordBatch:
    """Says for each house how far off each of two steps was, how far they are apart, and which one was nearer.

    Args:
        batch: Houses with the estimates of both steps.
        first: Name of one step.
        second: Name of the other.
    """
    estimates = {step: _numbers(batch, f"{step}_{ESTIMATE}") for step in (first, second)}
    errors = {step: estimates[step] - _numbers(batch, PRICE) for step in estimates}
    apart = np.abs(errors[second]) - np.abs(errors[first])
    return pa.RecordBatch.from_pydict(
        {
            **{f"{step}_error": np.round(error, 2) for step, error in errors.items()},
            "difference": np.round(estimates[second] - estimates[first], 2),
            "winner": np.select([apart > 0, apart < 0], [first, second], TIE),
        }
    )


def collect(batch: pa.RecordBatch, first: str, second: str) -> pa.RecordBatch:
    """Brings houses that went different ways together: which step's turn it was, its estimate, and how far off it was.

    Args:
        batch: Houses, each with the estimate of one of the two steps.
        first: Name of one step.
        second: Name of the other.
    """
    by_step = [batch.column(batch.schema.get_field_index(f"{step}_{ESTIMATE}")) for step in (first, second)]
    estimate = pc.coalesce(*by_step)
    error = np.round(estimate.to_numpy(zero_copy_only=False) - _numbers(batch, PRICE), 2)
    model = pc.if_else(by_step[0].is_valid(), first, second)
    return pa.RecordBatch.from_arrays([model, estimate, pa.array(error)], ["model", ESTIMATE, "error"])


def _numbers(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.float64]:
    column = batch.column(batch.schema.get_field_index(name))
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)
