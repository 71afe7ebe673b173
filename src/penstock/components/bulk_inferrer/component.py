# SPDX-License-Identifier: Apache-2.0
"""Declaration of BulkInferrer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from penstock.artifacts.standard import DeadLetters, Examples, InferenceResult, Model, ModelBlessing
from penstock.errors import PipelineError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.signature import never_empty, not_in_cache_key, user_code
from penstock.inference.job import InferenceSummary, ModelRef
from penstock.inference.sinks.report import SinkReport
from penstock.inference.spec import InferenceConfig
from penstock.messages.bulk_inferrer import DataSpec, ModelSpec, OutputExampleSpec
from penstock.messages.codec import conform
from penstock.models.signature import Signature
from penstock.models.tensorflow.graphs import Method
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class BulkInferrerInputs:
    """What BulkInferrer reads.

    Attributes:
        examples: The examples; splits of the same name in several artifacts are one.
        model: The model; may only be left out where a handler needs none (a remote endpoint).
        model_blessing: The verdict that lets the model through.
    """

    examples: Sequence[Examples]
    model: Model | None = None
    model_blessing: ModelBlessing | None = never_empty()


@dataclass(frozen=True, slots=True)
class BulkInferrerOutputs:
    """What BulkInferrer makes: one of the first two, and the rows that failed."""

    inference_result: InferenceResult | None = None
    output_examples: Examples | None = None
    dead_letters: DeadLetters | None = None


@dataclass(frozen=True, slots=True)
class BulkInferrerParameters:
    """Parameters of BulkInferrer.

    Attributes:
        data_spec: Which splits.
        model_spec: Which signatures.
        output_example_spec: How answers become features of examples.
        inference_config: How the model is loaded and called, and where else results go.
        functions: The user's functions and classes that ``inference_config`` names.
    """

    data_spec: DataSpec = field(default_factory=DataSpec)
    model_spec: ModelSpec = field(default_factory=ModelSpec)
    output_example_spec: OutputExampleSpec | None = None
    inference_config: InferenceConfig = not_in_cache_key(InferenceConfig())
    functions: tuple[str, ...] = user_code(())


@dataclass(frozen=True, slots=True)
class SplitFiles:
    """A split that is predicted.

    Attributes:
        name: Its name.
        folders: Its folders, one per Examples artifact that has it.
    """

    name: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalledSignature:
    """A signature that is called.

    Attributes:
        step: Name of the graph's step that calls it.
        name: Its name; empty where the model does not say which it has.
        method: What it does.
        signature: What it takes and gives; ``None`` where that is not known before the model is loaded.
    """

    step: str
    name: str = ""
    method: Method = "predict"
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """A feature of ``output_examples`` that holds an answer.

    Attributes:
        column: Column of the results.
        feature: Name of the feature.
        is_single: Whether the model declares one value a row.
        declared: Kind of value, where the model declares numbers, and one or several of them a row.
    """

    column: str
    feature: str
    is_single: bool = False
    declared: Literal["int", "float"] | None = None


@dataclass(frozen=True, slots=True)
class BulkInferrerPlan:
    """What the driver decided.

    Attributes:
        model: The model.
        splits: What is predicted.
        signatures: What is called, in order.
        result: What is made: files of Parquet or of PredictionLog, or examples.
        features: What of the answers becomes features of ``output_examples``.
    """

    model: ModelRef
    splits: tuple[SplitFiles, ...]
    signatures: tuple[CalledSignature, ...]
    result: Literal["parquet", "prediction_log", "examples"]
    features: tuple[FeatureColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkInferrerResult:
    """What the executor reports.

    Attributes:
        summary: How it went.
        split_rows: Rows that were predicted, by split; empty where the results do not keep splits apart.
        sinks: What was delivered.
        num_features: Features of ``output_examples``.
        withheld: Whether more rows have failed than are allowed, so that there are no results.
    """

    summary: InferenceSummary
    split_rows: Mapping[str, int] = field(default_factory=dict)
    sinks: tuple[SinkReport, ...] = ()
    num_features: int = 0
    withheld: bool = False


BulkInferrerWork = Work[BulkInferrerInputs, BulkInferrerOutputs, BulkInferrerParameters, BulkInferrerPlan]
"""What executor and publisher see."""


class BulkInferrer(BaseComponent):
    """Predicts whole sets of examples with one model of any flavor, if it is blessed.

    Rows go through Beam's RunInference in batches. A row that the model, or a function around it, cannot take goes to
    the output ``dead_letters`` with its key, the stage and the cause, and its neighbours are predicted. Where more rows
    fail than ``inference_config.max_failed_fraction`` allows (by default where any does), the dead letters are
    published, results are not, no sink is written, and the node fails.

    A blessing that refuses, or that never came, makes BulkInferrer a skipped node, which is a normal outcome.

    Args:
        examples: The examples.
        model: The model.
        model_blessing: Evaluator's verdict; without it as input the model is used as it is.
        data_spec: A ``DataSpec``: which splits; all by default.
        model_spec: A ``ModelSpec``: which signatures of the model, and the tags of a SavedModel.
        output_example_spec: An ``OutputExampleSpec``: makes the output ``output_examples``, the examples with answers
            as further features, take the place of ``inference_result``.
        inference_config: A ``penstock.inference.InferenceConfig``, or a mapping of its fields.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.bulk_inferrer.component.BulkInferrer"
    Inputs = BulkInferrerInputs
    Outputs = BulkInferrerOutputs
    Parameters = BulkInferrerParameters
    Plan = BulkInferrerPlan
    Result = BulkInferrerResult
    DRIVER = "penstock.components.bulk_inferrer.driver:BulkInferrerDriver"
    EXECUTOR = "penstock.components.bulk_inferrer.executor:BulkInferrerExecutor"
    PUBLISHER = "penstock.components.bulk_inferrer.publisher:BulkInferrerPublisher"
    REQUIRES = ("apache_beam", "pyarrow")

    def __init__(
        self,
        examples: Channel | Sequence[Channel] | None = None,
        model: Channel | None = None,
        model_blessing: Channel | None = None,
        data_spec: DataSpec | Mapping[str, Any] | None = None,
        model_spec: ModelSpec | Mapping[str, Any] | None = None,
        output_example_spec: OutputExampleSpec | Mapping[str, Any] | None = None,
        inference_config: InferenceConfig | Mapping[str, Any] | None = None,
    ) -> None:
        config: InferenceConfig = conform(InferenceConfig, inference_config or {}, path="inference_config")
        if model is None and config.model.handler is None:
            raise PipelineError(
                "BulkInferrer has no model",
                component="BulkInferrer",
                expected="the input model, or inference_config.model.handler that needs none",
            )
        left_out = "inference_result" if output_example_spec else "output_examples"
        super().__init__(
            inputs={"examples": examples, "model": model, "model_blessing": model_blessing},
            parameters={
                "data_spec": data_spec,
                "model_spec": model_spec,
                "output_example_spec": output_example_spec or None,
                "inference_config": config,
                "functions": functions_of(config),
            },
            omit_outputs=[left_out],
        )


def functions_of(config: InferenceConfig) -> tuple[str, ...]:
    """Returns the dotted paths of the user's code that a configuration names."""
    named = (config.preprocess, config.postprocess, config.model.handler)
    return tuple(dict.fromkeys(path for path in named if path))
