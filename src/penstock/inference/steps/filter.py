# SPDX-License-Identifier: Apache-2.0
"""The step that keeps the rows for which a user's function says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penstock.inference.flow import Stage
from penstock.inference.spec import FilterStep, Step
from penstock.inference.steps.base import Mask, RowStep, StepContext, StepResult
from penstock.inference.steps.users import UserFunction

_EXPECTED = "a boolean array with a value a row (pyarrow, NumPy or a list)"


class FilterAtWork:
    """Asks the function which rows of a batch go on; a row for which it answers null does not.

    Args:
        spec: Which function.
        context: The job around it.
    """

    stage: Stage = "function"

    def __init__(self, spec: FilterStep, context: StepContext) -> None:
        self._function = UserFunction(spec.name, spec.arguments, context)

    def setup(self) -> None:
        """Loads the function."""
        self._function.load()

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Returns which rows are kept."""
        return StepResult(keep=self._mask(self._function(batch), batch.num_rows))

    def close(self) -> None:
        """Has nothing to give back."""

    def _mask(self, returned: Any, rows: int) -> Mask:
        answers = _as_arrow(returned)
        if answers is None or not (pa.types.is_boolean(answers.type) or pa.types.is_null(answers.type)):
            got = type(returned).__qualname__ if answers is None else f"values of type {answers.type}"
            raise self._function.broken("returned no truth values", _EXPECTED, got)
        if len(answers) != rows:
            raise self._function.broken(
                "returned another number of answers than it was given rows", f"{rows}", f"{len(answers)}"
            )
        known = answers.cast(pa.bool_())
        return np.asarray(pc.fill_null(known, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _as_arrow(returned: Any) -> pa.Array | None:
    """Returns an array of what can be one; ``None`` for anything else, such as a whole batch."""
    if isinstance(returned, pa.ChunkedArray):
        return returned.combine_chunks() if returned.num_chunks != 1 else returned.chunk(0)
    if isinstance(returned, pa.Array):
        return returned
    if returned is None or isinstance(returned, (str, bytes, pa.RecordBatch, pa.Table)):
        return None
    try:
        return pa.array(returned)
    except (pa.ArrowException, TypeError, ValueError):
        return None


def make(step: Step, context: StepContext) -> RowStep:
    """Returns what does the work of a filter's step."""
    assert step.filter is not None
    return FilterAtWork(step.filter, context)
