# SPDX-License-Identifier: Apache-2.0
"""Driver of StatisticsGen: which splits."""

from __future__ import annotations

from penstock.components.statistics_gen.component import (
    StatisticsGenInputs,
    StatisticsGenParameters,
    StatisticsGenPlan,
)
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.statistics.splits import newest_span, selected_splits


class StatisticsGenDriver(Driver[StatisticsGenInputs, StatisticsGenParameters, StatisticsGenPlan]):
    """Decides which splits get statistics."""

    def decide(
        self,
        inputs: StatisticsGenInputs,
        parameters: StatisticsGenParameters,
        context: DriverContext,  # noqa: ARG002  inputs and parameters say all
    ) -> Run[StatisticsGenPlan]:
        splits = selected_splits(inputs.examples, parameters.exclude_splits)
        return Run(StatisticsGenPlan(splits, newest_span(inputs.examples)))
