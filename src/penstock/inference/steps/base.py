# SPDX-License-Identifier: Apache-2.0
"""What a step that is no model is to the engine: a function of one batch, which may keep, add and give up rows."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.inference.flow import Stage
from penstock.inference.spec import Step

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step needs to know of the job around it.

    Attributes:
        project_root: Folder of the user's project.
        key: The graph's key.
        component: Node that the work is for.
    """

    project_root: str
    key: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step makes of a batch; what it leaves out stays as it was.

    Attributes:
        columns: Columns to add, with a row per row of the batch; those of the same name are replaced.
        keep: True for each row that goes on.
        ways: For a split: true for each row that goes that way, by the way's name.
        failed: Why a row is given up, as ``(type of error, cause)``, by its index in the batch. Such rows leave the
            graph, whatever ``columns`` and ``keep`` say of them.
    """

    columns: pa.RecordBatch | None = None
    keep: Mask | None = None
    ways: Mapping[str, Mask] = field(default_factory=dict)
    failed: Mapping[int, tuple[str, str]] = field(default_factory=dict)


class RowStep(Protocol):
    """A step at work. It is pickled to workers before :meth:`setup`, so it holds plain values until then.

    Attributes:
        stage: What the dead letters call it.
    """

    stage: Stage

    def setup(self) -> None:
        """Loads functions and opens connections; once in each worker, before the first batch."""

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Works on one batch: the rows as the step's sources leave them, joined where there are several.

        It may be called with a batch of no rows, to learn which columns the step adds. Where a way of the graph has
        had no row so far, columns of its steps may be missing: they count as null.

        Raises:
            DataError: A row of the batch cannot be worked on, as ``UserCodeError`` and every error that is not
                Penstock's: the batch is tried again in halves until the row is alone, which is then a failed row.
            BrokenContractError: The step itself is wrong, whatever the rows (a function that returns another number of
                rows): the job fails, as with every other error of Penstock's.
        """

    def close(self) -> None:
        """Gives back what :meth:`setup` has opened."""


_MODULES = {
    "function": "penstock.inference.steps.function",
    "filter": "penstock.inference.steps.filter",
    "split": "penstock.inference.steps.split",
    "lookup": "penstock.inference.steps.lookup",
    "vote": "penstock.inference.steps.vote",
}
"""Module by the field of :class:`~penstock.inference.spec.Step`; each has ``make(step, context) -> RowStep``."""


def row_step(step: Step, context: StepContext) -> RowStep | None:
    """Returns what does a step's work; ``None`` for a model's step and for one that does nothing."""
    for name, module in _MODULES.items():
        if getattr(step, name) is not None:
            made: RowStep = importlib.import_module(module).make(step, context)
            return made
    return None
