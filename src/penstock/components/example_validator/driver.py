# SPDX-License-Identifier: Apache-2.0
"""Driver of ExampleValidator: which splits."""

from __future__ import annotations

from penstock.components.example_validator.component import (
    ExampleValidatorInputs,
    ExampleValidatorParameters,
    ExampleValidatorPlan,
)
from penstock.components.example_validator.rules import parse_rules
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.statistics.splits import newest_span, selected_splits


class ExampleValidatorDriver(
    Driver[ExampleValidatorInputs, ExampleValidatorParameters, ExampleValidatorPlan]
):
    """Decides which splits are validated, and checks the rules that were not known when the pipeline was built."""

    def decide(
        self,
        inputs: ExampleValidatorInputs,
        parameters: ExampleValidatorParameters,
        context: DriverContext,  # noqa: ARG002  inputs and parameters say all
    ) -> Run[ExampleValidatorPlan]:
        parse_rules(parameters.fail_on)
        splits = selected_splits([inputs.statistics], parameters.exclude_splits)
        return Run(ExampleValidatorPlan(splits, newest_span([inputs.statistics])))
