# SPDX-License-Identifier: Apache-2.0
"""Declaration of ExampleValidator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from penstock.artifacts.standard import ExampleAnomalies, ExampleStatistics, Schema
from penstock.components.example_validator.rules import Anomaly, parse_rules
from penstock.errors import ParameterError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.protobuf import is_protobuf
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class ExampleValidatorInputs:
    """What ExampleValidator reads."""

    statistics: ExampleStatistics
    schema: Schema


@dataclass(frozen=True, slots=True)
class ExampleValidatorOutputs:
    """What ExampleValidator makes."""

    anomalies: ExampleAnomalies


@dataclass(frozen=True, slots=True)
class ExampleValidatorParameters:
    """Parameters of ExampleValidator.

    Attributes:
        exclude_splits: Splits to leave out.
        fail_on: Rules for anomalies that stop the run; see ``penstock.components.example_validator.rules``.
        custom_validation_config: TFDV's CustomValidationConfig in text form; ``None`` for none.
    """

    exclude_splits: tuple[str, ...] = ()
    fail_on: str | tuple[str, ...] = ()
    custom_validation_config: str | None = None


@dataclass(frozen=True, slots=True)
class ExampleValidatorPlan:
    """What the driver decided.

    Attributes:
        splits: Splits to validate, in order.
        span: Span of the statistics.
    """

    splits: tuple[str, ...]
    span: int


@dataclass(frozen=True, slots=True)
class ExampleValidatorResult:
    """What the executor reports.

    Attributes:
        anomalies: All anomalies of all splits.
        stopping: Those that a rule of ``fail_on`` names.
    """

    anomalies: tuple[Anomaly, ...]
    stopping: tuple[Anomaly, ...] = ()


ExampleValidatorWork = Work[
    ExampleValidatorInputs, ExampleValidatorOutputs, ExampleValidatorParameters, ExampleValidatorPlan
]
"""What executor and publisher see."""


class ExampleValidator(BaseComponent):
    """Compares statistics with a schema.

    Anomalies are a normal outcome: they are recorded, and the run goes on. With ``fail_on`` those that it names end
    the run, after they were recorded.

    Args:
        statistics: Statistics of examples.
        schema: The schema that they should fit.
        exclude_splits: Splits to leave out.
        custom_validation_config: Conditions of the user's own, in SQL: TFDV's ``CustomValidationConfig``, or its text
            form. TFDV 1.21 has none any more; with it they are refused when the node runs.
        fail_on: ``'any'``, ``'error'``, a type of TFDV's such as ``'SCHEMA_MISSING_COLUMN'``, each alone or for one
            feature (``'any@tips'``), or a list of these.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.example_validator.component.ExampleValidator"
    Inputs = ExampleValidatorInputs
    Outputs = ExampleValidatorOutputs
    Parameters = ExampleValidatorParameters
    Plan = ExampleValidatorPlan
    Result = ExampleValidatorResult
    DRIVER = "penstock.components.example_validator.driver:ExampleValidatorDriver"
    EXECUTOR = "penstock.components.example_validator.executor:ExampleValidatorExecutor"
    PUBLISHER = "penstock.components.example_validator.publisher:ExampleValidatorPublisher"
    REQUIRES = ("tensorflow_data_validation",)

    def __init__(
        self,
        statistics: Channel | None = None,
        schema: Channel | None = None,
        exclude_splits: Sequence[str] | RuntimeParameter | None = None,
        custom_validation_config: object = None,
        fail_on: str | Sequence[str] | RuntimeParameter | None = None,
    ) -> None:
        if not isinstance(fail_on, RuntimeParameter):
            parse_rules(fail_on)
        super().__init__(
            inputs={"statistics": statistics, "schema": schema},
            parameters={
                "exclude_splits": exclude_splits,
                "fail_on": fail_on,
                "custom_validation_config": _as_text(custom_validation_config),
            },
        )


def _as_text(config: object) -> str | RuntimeParameter | None:
    if config is None or isinstance(config, (str, RuntimeParameter)):
        return config
    if is_protobuf(config) and type(config).__name__ == "CustomValidationConfig":
        return str(config)  # protobuf's text form
    raise ParameterError(
        "custom_validation_config is of another type",
        component="ExampleValidator",
        expected="TFDV's CustomValidationConfig, or its text form",
        got=f"{config!r:.80} ({type(config).__name__})",
    )
