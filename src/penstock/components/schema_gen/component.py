# SPDX-License-Identifier: Apache-2.0
"""Declaration of SchemaGen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from penstock.artifacts.standard import ExampleStatistics, Schema
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.model import ExecutionBaseType
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class SchemaGenInputs:
    """What SchemaGen reads."""

    statistics: ExampleStatistics


@dataclass(frozen=True, slots=True)
class SchemaGenOutputs:
    """What SchemaGen makes."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class SchemaGenParameters:
    """Parameters of SchemaGen.

    Attributes:
        infer_feature_shape: Whether a feature that always has the same number of values gets that as its shape; if
            not, all features have varying numbers of values and reach a ``preprocessing_fn`` as sparse tensors.
        exclude_splits: Splits whose statistics are left out.
    """

    infer_feature_shape: bool = True
    exclude_splits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaGenPlan:
    """What the driver decided.

    Attributes:
        splits: Splits whose statistics the schema is to fit, in order.
    """

    splits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaGenResult:
    """What the executor reports.

    Attributes:
        features: Number of features in the schema.
        digest: SHA-256 (hex) of the schema's text.
        without_values: Features that had no value in any row, whose type is therefore not known.
    """

    features: int
    digest: str
    without_values: tuple[str, ...] = ()


SchemaGenWork = Work[SchemaGenInputs, SchemaGenOutputs, SchemaGenParameters, SchemaGenPlan]
"""What executor and publisher see."""


class SchemaGen(BaseComponent):
    """Infers a schema that the statistics of all splits fit.

    Args:
        statistics: Statistics of examples.
        infer_feature_shape: Whether to infer shapes; see :class:`SchemaGenParameters`.
        exclude_splits: Splits to leave out.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.schema_gen.component.SchemaGen"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Process"
    Inputs = SchemaGenInputs
    Outputs = SchemaGenOutputs
    Parameters = SchemaGenParameters
    Plan = SchemaGenPlan
    Result = SchemaGenResult
    DRIVER = "penstock.components.schema_gen.driver:SchemaGenDriver"
    EXECUTOR = "penstock.components.schema_gen.executor:SchemaGenExecutor"
    PUBLISHER = "penstock.components.schema_gen.publisher:SchemaGenPublisher"
    REQUIRES = ("tensorflow_data_validation",)

    def __init__(
        self,
        statistics: Channel | None = None,
        infer_feature_shape: bool | RuntimeParameter | None = True,
        exclude_splits: Sequence[str] | RuntimeParameter | None = None,
    ) -> None:
        # TFX stores the truth value as an integer, so pipelines written for it may pass 0 or 1.
        shape = bool(infer_feature_shape) if isinstance(infer_feature_shape, int) else infer_feature_shape
        super().__init__(
            inputs={"statistics": statistics},
            parameters={"infer_feature_shape": shape, "exclude_splits": exclude_splits},
        )
