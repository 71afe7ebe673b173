# SPDX-License-Identifier: Apache-2.0
"""Declaration of Transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from penstock.artifacts.standard import (
    ExampleAnomalies,
    Examples,
    ExampleStatistics,
    Schema,
    TransformCache,
    TransformGraph,
)
from penstock.errors import ParameterError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import user_code
from penstock.ir.model import ExecutionBaseType
from penstock.messages.transform import SplitsConfig
from penstock.runtime.roles import ExamplesFormat, Work

_STATISTICS_OUTPUTS = (
    "pre_transform_schema",
    "pre_transform_stats",
    "post_transform_schema",
    "post_transform_stats",
    "post_transform_anomalies",
)


@dataclass(frozen=True, slots=True)
class TransformInputs:
    """What Transform reads.

    Attributes:
        examples: One or more; each gives its own transformed examples.
        schema: Schema of the examples: what a ``preprocessing_fn`` gets as inputs.
        analyzer_cache: What an earlier execution found out about examples that are analysed again.
    """

    examples: Sequence[Examples]
    schema: Schema
    analyzer_cache: TransformCache | None = None


@dataclass(frozen=True, slots=True)
class TransformOutputs:
    """What Transform makes.

    Attributes:
        transform_graph: The transformation as a graph, for training and serving.
        transformed_examples: One for each of the examples; absent with ``materialize=False``.
        updated_analyzer_cache: For ``analyzer_cache`` of a later execution.
        pre_transform_schema, pre_transform_stats: Schema and statistics of the analysed examples.
        post_transform_schema, post_transform_stats: The same of the transformed examples.
        post_transform_anomalies: Where those two do not fit each other.
    """

    transform_graph: TransformGraph
    transformed_examples: Sequence[Examples] | None = None
    updated_analyzer_cache: TransformCache | None = None
    pre_transform_schema: Schema | None = None
    pre_transform_stats: ExampleStatistics | None = None
    post_transform_schema: Schema | None = None
    post_transform_stats: ExampleStatistics | None = None
    post_transform_anomalies: ExampleAnomalies | None = None


@dataclass(frozen=True, slots=True)
class TransformParameters:
    """Parameters of Transform.

    Attributes:
        module_file: Python file that defines ``preprocessing_fn``, and perhaps ``stats_options_updater_fn``.
        preprocessing_fn: Dotted path of the function, instead of ``module_file``.
        stats_options_updater_fn: Dotted path of the function, beside ``preprocessing_fn``.
        splits_config: Splits to analyse and to transform.
        force_tf_compat_v1: Whether TFT traces and saves as TensorFlow 1 did.
        custom_config: Given to the user's functions that take an argument of that name.
        examples_format: Format of the transformed examples; the pipeline's if not set.
    """

    module_file: str | None = user_code()
    preprocessing_fn: str | None = user_code()
    stats_options_updater_fn: str | None = user_code()
    splits_config: SplitsConfig | None = None
    force_tf_compat_v1: bool = False
    custom_config: dict[str, Any] | None = None
    examples_format: ExamplesFormat | None = None


@dataclass(frozen=True, slots=True)
class AnalyzedDataset:
    """One split of one of the examples, as the analyzers see it.

    Attributes:
        artifact: Position among the examples.
        split: Name of the split.
        key: Name in the analyzer cache; it follows from the content, so equal data has an equal key.
        cached: Whether the given analyzer cache knows it.
    """

    artifact: int
    split: str
    key: str
    cached: bool


@dataclass(frozen=True, slots=True)
class TransformPlan:
    """What the driver decided.

    Attributes:
        analyze: What the analyzers see, in order.
        transform: Splits to transform, in order.
        span: Newest span of the examples.
    """

    analyze: tuple[AnalyzedDataset, ...]
    transform: tuple[str, ...]
    span: int


@dataclass(frozen=True, slots=True)
class TransformedSplit:
    """One split of one of the transformed examples."""

    artifact: int
    split: str
    rows: int


@dataclass(frozen=True, slots=True)
class TransformResult:
    """What the executor reports.

    Attributes:
        graph_digest: SHA-256 (hex) of the transformation; the same for the same code and data.
        vocabularies: Number of entries by vocabulary.
        features: Number of transformed features.
        splits: What was transformed.
        examples_format: Format in which it was written; ``None`` where it was not.
        cached_datasets: How many of the analysed sets were taken from the analyzer cache without reading them.
        anomalies: Number of anomalies after the transformation.
    """

    graph_digest: str
    vocabularies: dict[str, int]
    features: int
    splits: tuple[TransformedSplit, ...]
    examples_format: ExamplesFormat | None
    cached_datasets: int
    anomalies: int = field(default=0)


TransformWork = Work[TransformInputs, TransformOutputs, TransformParameters, TransformPlan]
"""What executor and publisher see."""


class Transform(BaseComponent):
    """Runs a user's ``preprocessing_fn`` over examples with TensorFlow Transform.

    Args:
        examples: The examples; several channels, or one with several artifacts, are analysed together.
        schema: Their schema.
        module_file: Python file with ``preprocessing_fn(inputs[, custom_config])`` and, if wanted,
            ``stats_options_updater_fn(stats_type, stats_options[, custom_config])``. This or ``preprocessing_fn``.
        preprocessing_fn: Dotted path of the function.
        splits_config: Splits to analyse and to transform; without it ``train`` is analysed and all are transformed.
        analyzer_cache: Analyzer cache of an earlier execution.
        materialize: Whether to write the transformed examples.
        disable_analyzer_cache: Whether to write no analyzer cache, and use none.
        force_tf_compat_v1: Whether TFT traces and saves as TensorFlow 1 did.
        custom_config: Plain values for the user's functions.
        disable_statistics: Whether to leave out schemas, statistics and anomalies before and after.
        stats_options_updater_fn: Dotted path of the function; goes with ``preprocessing_fn``.
        examples_format: ``'parquet'`` or ``'tfrecord'`` for the transformed examples, instead of the pipeline's.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.transform.component.Transform"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Transform"
    Inputs = TransformInputs
    Outputs = TransformOutputs
    Parameters = TransformParameters
    Plan = TransformPlan
    Result = TransformResult
    DRIVER = "penstock.components.transform.driver:TransformDriver"
    EXECUTOR = "penstock.components.transform.executor:TransformExecutor"
    PUBLISHER = "penstock.components.transform.publisher:TransformPublisher"
    REQUIRES = (
        "tensorflow",
        "tensorflow_data_validation",
        "tensorflow_transform",
        "tensorflow_transform.beam",
    )

    def __init__(
        self,
        examples: Channel | Sequence[Channel] | None = None,
        schema: Channel | None = None,
        module_file: str | RuntimeParameter | None = None,
        preprocessing_fn: str | RuntimeParameter | None = None,
        splits_config: SplitsConfig | None = None,
        analyzer_cache: Channel | None = None,
        materialize: bool = True,
        disable_analyzer_cache: bool = False,
        force_tf_compat_v1: bool = False,
        custom_config: Mapping[str, Any] | None = None,
        disable_statistics: bool = False,
        stats_options_updater_fn: str | None = None,
        *,
        examples_format: ExamplesFormat | RuntimeParameter | None = None,
    ) -> None:
        _check_functions(module_file, preprocessing_fn, stats_options_updater_fn)
        if disable_analyzer_cache and analyzer_cache is not None:
            raise ParameterError(
                "analyzer_cache is given although disable_analyzer_cache is set",
                component="Transform",
                hint="leave out one of the two",
            )
        omitted: list[str] = [] if materialize else ["transformed_examples"]
        omitted += ["updated_analyzer_cache"] if disable_analyzer_cache else []
        omitted += _STATISTICS_OUTPUTS if disable_statistics else ()
        super().__init__(
            inputs={"examples": examples, "schema": schema, "analyzer_cache": analyzer_cache},
            parameters={
                "module_file": module_file,
                "preprocessing_fn": preprocessing_fn,
                "stats_options_updater_fn": stats_options_updater_fn,
                "splits_config": splits_config,
                "force_tf_compat_v1": force_tf_compat_v1,
                "custom_config": custom_config,
                "examples_format": examples_format,
            },
            omit_outputs=omitted,
        )


def _check_functions(module_file: Any, preprocessing_fn: Any, stats_options_updater_fn: Any) -> None:
    if bool(module_file) == bool(preprocessing_fn):
        raise ParameterError(
            "Transform needs exactly one of module_file and preprocessing_fn",
            component="Transform",
            expected="module_file='path/to/module.py' or preprocessing_fn='package.module.function'",
            got="both" if module_file else "neither",
        )
    if module_file and stats_options_updater_fn:
        raise ParameterError(
            "stats_options_updater_fn goes with preprocessing_fn, not with module_file",
            component="Transform",
            hint="define stats_options_updater_fn in the module file; it is found there by its name",
        )
    for name, value in (
        ("preprocessing_fn", preprocessing_fn),
        ("stats_options_updater_fn", stats_options_updater_fn),
    ):
        if callable(value):
            raise ParameterError(
                f"{name} is a function, which other processes could not find",
                component="Transform",
                expected="its dotted path as text",
                hint=f"write {name}='{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}'",
            )
