# SPDX-License-Identifier: Apache-2.0
"""The components that hand their work to Vertex AI, with TFX's arguments; making one raises an error.

They start jobs in a Google Cloud project, which Penstock has no executor for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.messages.bulk_inferrer import DataSpec, OutputExampleSpec
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.messages.tuner import TuneArgs

_WHERE = "extensions.google_cloud_ai_platform"
_REASON = "Penstock starts no jobs on Vertex AI or AI Platform"


class BulkInferrer(BaseComponent):
    """Predicts with a model that is deployed on Vertex AI; making one raises an error.

    Args:
        examples: Examples to predict.
        model: The model.
        model_blessing: Whether it is blessed.
        data_spec: Splits to predict.
        output_example_spec: How predictions become examples.
        custom_config: Keys of ``constants``.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        examples: Channel,
        model: Channel | None = None,
        model_blessing: Channel | None = None,
        data_spec: DataSpec | Mapping[str, Any] | None = None,
        output_example_spec: OutputExampleSpec | Mapping[str, Any] | None = None,
        custom_config: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            f"{_WHERE}.BulkInferrer",
            _REASON,
            "use components.BulkInferrer: with the model itself, or with one saved by penstock.models.save whose "
            "handler calls the deployed endpoint (Beam's VertexAIModelHandlerJSON)",
        )


class Pusher(BaseComponent):
    """Deploys a model to an endpoint of Vertex AI; making one raises an error.

    Args:
        model: The model.
        model_blessing: Whether Evaluator blessed it.
        infra_blessing: Whether InfraValidator did.
        custom_config: Keys of ``constants``.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        model: Channel | None = None,
        model_blessing: Channel | None = None,
        infra_blessing: Channel | None = None,
        custom_config: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            f"{_WHERE}.Pusher",
            _REASON,
            "use components.Pusher with a gs:// folder as push_destination (pip install 'penstock[gcs]'), and deploy "
            "from there with gcloud or in a function component after it",
        )


class Trainer(BaseComponent):
    """Trains in a job of Vertex AI; making one raises an error.

    Args:
        examples: Examples to train on.
        transformed_examples: An older name of ``examples``.
        transform_graph: Output of Transform.
        schema: Schema of the examples.
        base_model: A model to start from.
        hyperparameters: What a Tuner found.
        module_file: Python file that defines ``run_fn``.
        run_fn: Dotted path of the function.
        train_args: Splits to train on, and number of steps.
        eval_args: Splits to evaluate on, and number of steps.
        custom_config: Keys of ``constants``, and anything for ``run_fn``.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        examples: Channel | None = None,
        transformed_examples: Channel | None = None,
        transform_graph: Channel | None = None,
        schema: Channel | None = None,
        base_model: Channel | None = None,
        hyperparameters: Channel | None = None,
        module_file: str | None = None,
        run_fn: str | None = None,
        train_args: TrainArgs | Mapping[str, Any] | None = None,
        eval_args: EvalArgs | Mapping[str, Any] | None = None,
        custom_config: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            f"{_WHERE}.Trainer",
            _REASON,
            "use components.Trainer with the same module on a machine that has the accelerators; examples and models "
            "may lie in gs:// (pip install 'penstock[gcs]')",
        )


class Tuner(BaseComponent):
    """Tunes in jobs of Vertex AI; making one raises an error.

    Args:
        examples: Examples to tune on.
        schema: Schema of the examples.
        transform_graph: Output of Transform.
        base_model: A model to start from.
        module_file: Python file that defines ``tuner_fn``.
        tuner_fn: Dotted path of the function.
        train_args: Splits to train on, and number of steps.
        eval_args: Splits to evaluate on, and number of steps.
        tune_args: How many trials run at a time.
        custom_config: Keys of ``constants``, and anything for ``tuner_fn``.

    Raises:
        PipelineError: Always.
    """

    def __init__(
        self,
        examples: Channel,
        schema: Channel | None = None,
        transform_graph: Channel | None = None,
        base_model: Channel | None = None,
        module_file: str | None = None,
        tuner_fn: str | None = None,
        train_args: TrainArgs | Mapping[str, Any] | None = None,
        eval_args: EvalArgs | Mapping[str, Any] | None = None,
        tune_args: TuneArgs | Mapping[str, Any] | None = None,
        custom_config: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        not_built(
            f"{_WHERE}.Tuner",
            _REASON,
            "search in a component of your own that makes a HyperParameters artifact",
        )
