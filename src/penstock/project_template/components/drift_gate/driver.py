# SPDX-License-Identifier: Apache-2.0
"""Driver of DriftGate: which statistics to compare with."""

from __future__ import annotations

from itertools import islice

from components.drift_gate.component import DriftGateInputs, DriftGateParameters
from penstock.authoring import Driver, DriverContext, Run
from penstock.errors import ParameterError
from penstock.types.standard_artifacts import ExampleStatistics

_LOOK_BACK = 200


class DriftGateDriver(Driver[DriftGateInputs, DriftGateParameters, None]):
    """Finds the newest statistics of an earlier span in the pipeline's history."""

    def decide(
        self, inputs: DriftGateInputs, parameters: DriftGateParameters, context: DriverContext
    ) -> Run[None]:
        if not 0 <= parameters.max_distance <= 1:
            raise ParameterError(
                "max_distance is out of range", expected="0 to 1", got=f"{parameters.max_distance:g}"
            )
        inputs.statistics.split_uri(parameters.split)
        baseline = _earlier_span(inputs.statistics, parameters.split, context)
        return Run(None, inputs={"baseline": [baseline] if baseline else []})


def _earlier_span(current: ExampleStatistics, split: str, context: DriverContext) -> ExampleStatistics | None:
    history = islice(context.history(current.type_name, output_key="statistics"), _LOOK_BACK)
    earlier = [
        statistics
        for statistics in history
        if isinstance(statistics, ExampleStatistics)
        and statistics.span < current.span
        and split in statistics.splits
    ]
    return max(earlier, key=lambda statistics: (statistics.span, statistics.id), default=None)
