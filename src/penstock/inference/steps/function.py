# SPDX-License-Identifier: Apache-2.0
"""The step that adds columns which a user's function computes."""

from __future__ import annotations

import pyarrow as pa

from penstock.inference.flow import Stage
from penstock.inference.spec import FunctionStep, Step
from penstock.inference.steps.base import RowStep, StepContext, StepResult
from penstock.inference.steps.users import UserFunction, as_batch


class FunctionAtWork:
    """Calls the function on each batch.

    Args:
        spec: Which function.
        context: The job around it.
    """

    stage: Stage = "function"

    def __init__(self, spec: FunctionStep, context: StepContext) -> None:
        self._function = UserFunction(spec.name, spec.arguments, context)

    def setup(self) -> None:
        """Loads the function."""
        self._function.load()

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Returns the columns that the function has made of the batch."""
        return StepResult(columns=as_batch(self._function, self._function(batch), batch.num_rows))

    def close(self) -> None:
        """Has nothing to give back."""


def make(step: Step, context: StepContext) -> RowStep:
    """Returns what does the work of a function's step."""
    assert step.function is not None
    return FunctionAtWork(step.function, context)
