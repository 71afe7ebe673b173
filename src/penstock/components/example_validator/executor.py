# SPDX-License-Identifier: Apache-2.0
"""Executor of ExampleValidator."""

from __future__ import annotations

import logging

from penstock import files
from penstock.components.example_validator.component import (
    ExampleValidatorInputs,
    ExampleValidatorOutputs,
    ExampleValidatorParameters,
    ExampleValidatorPlan,
    ExampleValidatorResult,
    ExampleValidatorWork,
)
from penstock.components.example_validator.rules import Anomaly, parse_rules, stopping
from penstock.components.example_validator.validation import anomalies_of, parse_conditions, validated
from penstock.runtime.roles import Executor
from penstock.statistics.files import read_schema, read_statistics, write_anomalies

_LOG = logging.getLogger(__name__)


class ExampleValidatorExecutor(
    Executor[
        ExampleValidatorInputs,
        ExampleValidatorOutputs,
        ExampleValidatorParameters,
        ExampleValidatorPlan,
        ExampleValidatorResult,
    ]
):
    """Validates the statistics of each split and writes what it finds."""

    def execute(self, work: ExampleValidatorWork) -> ExampleValidatorResult:
        schema = read_schema(work.inputs.schema.uri)
        custom = parse_conditions(work.parameters.custom_validation_config)
        anomalies: list[Anomaly] = []
        for split in work.plan.splits:
            folder = f"Split-{split}"
            statistics = read_statistics(files.join(work.inputs.statistics.uri, folder))
            found = validated(statistics, schema, custom)
            write_anomalies(files.join(work.outputs.anomalies.uri, folder), found)
            anomalies += anomalies_of(split, found)
        for anomaly in anomalies:
            _LOG.warning("%s: %s", anomaly, anomaly.description)
        rules = parse_rules(work.parameters.fail_on)
        return ExampleValidatorResult(tuple(anomalies), stopping(anomalies, rules))
