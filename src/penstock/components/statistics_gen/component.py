# SPDX-License-Identifier: Apache-2.0
"""Declaration of StatisticsGen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.artifacts.standard import Examples, ExampleStatistics, Schema
from penstock.errors import ParameterError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.model import ExecutionBaseType
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class StatisticsGenInputs:
    """What StatisticsGen reads.

    Attributes:
        examples: One or more; a split of all of them together is one set of examples.
        schema: Says which features are categorical, and the like.
    """

    examples: Sequence[Examples]
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class StatisticsGenOutputs:
    """What StatisticsGen makes."""

    statistics: ExampleStatistics


@dataclass(frozen=True, slots=True)
class StatisticsGenParameters:
    """Parameters of StatisticsGen.

    Attributes:
        stats_options: TFDV's options as JSON, as ``tfdv.StatsOptions.to_json`` writes them, or a part of that.
        exclude_splits: Splits to leave out.
    """

    stats_options: str | None = None
    exclude_splits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatisticsGenPlan:
    """What the driver decided.

    Attributes:
        splits: Splits to compute statistics of, in order.
        span: Span of the statistics: the newest of the examples.
    """

    splits: tuple[str, ...]
    span: int


@dataclass(frozen=True, slots=True)
class SplitStatistics:
    """What the statistics of one split cover."""

    rows: int
    features: int


@dataclass(frozen=True, slots=True)
class StatisticsGenResult:
    """What the executor reports: rows and features by split."""

    splits: dict[str, SplitStatistics]


StatisticsGenWork = Work[
    StatisticsGenInputs, StatisticsGenOutputs, StatisticsGenParameters, StatisticsGenPlan
]
"""What executor and publisher see."""


class StatisticsGen(BaseComponent):
    """Computes TFDV statistics of examples, per split.

    Args:
        examples: The examples.
        schema: Their schema, if there is one already.
        stats_options: A ``tfdv.StatsOptions``, or its JSON.
        exclude_splits: Splits to leave out.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.statistics_gen.component.StatisticsGen"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Process"
    Inputs = StatisticsGenInputs
    Outputs = StatisticsGenOutputs
    Parameters = StatisticsGenParameters
    Plan = StatisticsGenPlan
    Result = StatisticsGenResult
    DRIVER = "penstock.components.statistics_gen.driver:StatisticsGenDriver"
    EXECUTOR = "penstock.components.statistics_gen.executor:StatisticsGenExecutor"
    PUBLISHER = "penstock.components.statistics_gen.publisher:StatisticsGenPublisher"
    REQUIRES = ("tensorflow_data_validation",)

    def __init__(
        self,
        examples: Channel | Sequence[Channel] | None = None,
        schema: Channel | None = None,
        stats_options: Any = None,
        exclude_splits: Sequence[str] | RuntimeParameter | None = None,
    ) -> None:
        super().__init__(
            inputs={"examples": examples, "schema": schema},
            parameters={"stats_options": _as_json(stats_options), "exclude_splits": exclude_splits},
        )


def _as_json(stats_options: Any) -> Any:
    if stats_options is None or isinstance(stats_options, (str, RuntimeParameter)):
        return stats_options
    if not hasattr(stats_options, "to_json"):
        raise ParameterError(
            "stats_options is neither a tfdv.StatsOptions nor JSON",
            component="StatisticsGen",
            expected="tfdv.StatsOptions(…) or the text that its to_json() returns",
            got=f"{stats_options!r} ({type(stats_options).__name__})",
        )
    try:
        return stats_options.to_json()
    except ValueError as error:
        raise ParameterError(
            f"stats_options cannot be stored: {error}",
            component="StatisticsGen",
            hint="generators and slice functions are code and cannot be a parameter; "
            "use slicing_config or experimental_slice_sqls for slices",
        ) from error
