# SPDX-License-Identifier: Apache-2.0
"""Declaration of Evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.artifacts.standard import Examples, Model, ModelBlessing, ModelEvaluation, Schema
from penstock.errors import ParameterError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import user_code
from penstock.ir.model import ExecutionBaseType
from penstock.messages.evaluation import EvalConfig
from penstock.runtime.roles import Work

DEFAULT_SPLITS = ("eval",)


@dataclass(frozen=True, slots=True)
class EvaluatorInputs:
    """What Evaluator reads.

    Attributes:
        examples: The examples, labelled; one or more artifacts are one set.
        model: The candidate. Without one, predictions are a feature of the examples (``prediction_key``).
        baseline_model: The model to compare with.
        schema: Their schema, for metrics and extractors that want one.
    """

    examples: Sequence[Examples]
    model: Model | None = None
    baseline_model: Model | None = None
    schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class EvaluatorOutputs:
    """What Evaluator makes."""

    evaluation: ModelEvaluation
    blessing: ModelBlessing


@dataclass(frozen=True, slots=True)
class EvaluatorParameters:
    """Parameters of Evaluator.

    Attributes:
        eval_config: Models, slices, metrics and thresholds.
        example_splits: Splits to evaluate on.
        module_file: File with the hooks ``custom_eval_shared_model`` and ``custom_extractors``.
        module_path: Dotted path of a module with them.
    """

    eval_config: EvalConfig
    example_splits: tuple[str, ...] = DEFAULT_SPLITS
    module_file: str | None = user_code()
    module_path: str | None = user_code()


@dataclass(frozen=True, slots=True)
class EvaluatorPlan:
    """What the driver decided.

    Attributes:
        splits: Folders of the splits to evaluate on, with their names.
        baseline_note: Why the candidate is compared with another baseline than the newest blessed model; ``""`` where
            it is not.
    """

    splits: tuple[tuple[str, str], ...]
    baseline_note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One threshold on one slice, as it is recorded."""

    metric: str
    slice: str
    kind: str
    bound: str
    value: float | None
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """The most telling metrics on one slice; values and baseline stand in the order of ``Headline.metrics``."""

    slice: str
    values: tuple[float | None, ...]
    baseline: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """The most telling metrics on the largest slices.

    Attributes:
        metrics: Names of the metrics.
        rows: All the data first, then the slices.
        left_out: Number of slices that are only in the report.
    """

    metrics: tuple[str, ...] = ()
    rows: tuple[HeadlineRow, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class EvaluatorResult:
    """What the executor reports.

    Attributes:
        rows: Examples that were evaluated.
        blessed: The verdict; ``None`` where no threshold is configured.
        verdicts: Thresholds per slice, failures first; at most as many as can be recorded.
        failed: Number of thresholds that were missed.
        checked: Number of thresholds that were checked.
        headline: The metrics to show at the end of a run.
        notes: What else the reader should know.
    """

    rows: int
    blessed: bool | None
    verdicts: tuple[Verdict, ...] = ()
    failed: int = 0
    checked: int = 0
    headline: Headline = Headline()
    notes: tuple[str, ...] = ()


EvaluatorWork = Work[EvaluatorInputs, EvaluatorOutputs, EvaluatorParameters, EvaluatorPlan]
"""What executor and publisher see."""


class Evaluator(BaseComponent):
    """Computes metrics of a model with TFMA, per slice, and blesses it where all thresholds are kept.

    The candidate is compared with ``baseline_model`` by change thresholds. Where that is the candidate itself (nothing
    changed since it was blessed), it is compared with what it was compared with when it was blessed, so that an
    unchanged run finds its result in the cache. On the first run there is no baseline, and change thresholds are left
    out. Without any threshold no blessing is given.

    Args:
        examples: The examples.
        model: The model to judge.
        baseline_model: The model to compare with, usually from a Resolver with ``LatestBlessedModelStrategy``.
        feature_slicing_spec: TFX's former way to name slices; refused in favour of ``eval_config``.
        fairness_indicator_thresholds: TFX's former way to add fairness metrics; refused likewise.
        example_splits: Splits to evaluate on; ``eval`` by default.
        eval_config: An ``EvalConfig`` (``penstock.proto`` or TFMA's own): models, slices, metrics, thresholds. Metrics
            that were compiled into a Keras model are not read from it: name them under ``metrics_specs``, as metrics
            or, where there are none, by thresholds (``{"binary_accuracy": …}``).
        schema: Schema of the examples.
        module_file: File with the hooks ``custom_eval_shared_model`` and ``custom_extractors``, as in TFX.
        module_path: The same, as the dotted path of a module.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.evaluator.component.Evaluator"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Evaluate"
    Inputs = EvaluatorInputs
    Outputs = EvaluatorOutputs
    Parameters = EvaluatorParameters
    Plan = EvaluatorPlan
    Result = EvaluatorResult
    DRIVER = "penstock.components.evaluator.driver:EvaluatorDriver"
    EXECUTOR = "penstock.components.evaluator.executor:EvaluatorExecutor"
    PUBLISHER = "penstock.components.evaluator.publisher:EvaluatorPublisher"
    # Our door first: it keeps TFMA's noise at import away; the libraries' versions are part of the cache key.
    REQUIRES = ("penstock.evaluation.tfma", "tensorflow", "tensorflow_model_analysis")

    def __init__(
        self,
        examples: Channel | Sequence[Channel] | None = None,
        model: Channel | None = None,
        baseline_model: Channel | None = None,
        feature_slicing_spec: Any = None,
        fairness_indicator_thresholds: Any = None,
        example_splits: Sequence[str] | RuntimeParameter | None = None,
        eval_config: EvalConfig | RuntimeParameter | Any = None,
        schema: Channel | None = None,
        module_file: str | RuntimeParameter | None = None,
        module_path: str | RuntimeParameter | None = None,
    ) -> None:
        _refuse_former(
            "feature_slicing_spec", feature_slicing_spec, "slicing_specs=[SlicingSpec(feature_keys=[…])]"
        )
        _refuse_former(
            "fairness_indicator_thresholds",
            fairness_indicator_thresholds,
            "a MetricConfig(class_name='FairnessIndicators', module=…) under metrics_specs",
        )
        if module_file and module_path:
            raise ParameterError(
                "module_file and module_path are both given", component="Evaluator", expected="one of them"
            )
        super().__init__(
            inputs={"examples": examples, "model": model, "baseline_model": baseline_model, "schema": schema},
            parameters={
                "eval_config": eval_config,
                "example_splits": example_splits,
                "module_file": module_file,
                "module_path": module_path,
            },
        )


def _refuse_former(name: str, value: Any, instead: str) -> None:
    if value is not None:
        raise ParameterError(
            f"{name} is no longer supported",
            component="Evaluator",
            input=name,
            hint=f"give eval_config {instead}",
        )
