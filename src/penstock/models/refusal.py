# SPDX-License-Identifier: Apache-2.0
"""Says which row and feature a model refused, where that can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from penstock.errors import DataError
from penstock.models.signature import TensorSpec

if TYPE_CHECKING:
    import pyarrow as pa


def refused(subject: str, error: Exception, batch: pa.RecordBatch, inputs: Sequence[TensorSpec]) -> DataError:
    """Returns the error for a batch that a model refused.

    Args:
        subject: The model, in words.
        error: What the framework raised.
        batch: The batch, in either layout.
        inputs: What the model takes of it.
    """
    text = first_line(error)
    culprit = _not_finite(batch, inputs) if "nan" in text.lower() or "infinity" in text.lower() else None
    if culprit is not None:
        name, row, value = culprit
        return DataError(
            f"feature {name!r} has a value that the model does not take",
            input=name,
            expected="finite numbers",
            got=f"{value} in row {row} of the batch",
            hint="fill in missing values before the model, for instance with an imputer in its pipeline",
        )
    return DataError(
        f"{subject} refused the rows",
        expected="rows like those that it was trained on",
        got=f"{type(error).__name__}: {text}",
        hint="compare the features' types and values with those of the training data",
    )


def first_line(error: BaseException) -> str:
    """Returns the first line of an error's text, at most 500 characters; its type where it has none."""
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:500]


def _not_finite(batch: pa.RecordBatch, inputs: Sequence[TensorSpec]) -> tuple[str, int, str] | None:
    """Returns feature, row and value of the first number that is none."""
    from penstock.models.columns import dense_column

    found = []
    for position, spec in enumerate(inputs):
        if spec.dtype == "string":
            continue
        values = dense_column(batch, spec, "nan").reshape((batch.num_rows, -1))
        bad = ~np.isfinite(values).all(axis=1) if values.dtype.kind == "f" else np.zeros(0, bool)
        rows = np.flatnonzero(bad)
        if len(rows):
            row = int(rows[0])
            value = next(value for value in values[row] if not np.isfinite(value))
            found.append((row, position, spec.name, str(value)))
    if not found:
        return None
    row, _, name, text = min(found)
    return name, row, text
