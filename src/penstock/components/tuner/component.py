# SPDX-License-Identifier: Apache-2.0
"""Tuner, with TFX's arguments, which is not built yet, and what its ``tuner_fn`` returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from penstock.components.not_built import not_built
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.messages.tuner import TuneArgs


class TunerFnResult(NamedTuple):
    """What ``tuner_fn(fn_args)`` returns.

    Attributes:
        tuner: A KerasTuner tuner, or what has its ``search`` and ``get_best_hyperparameters``.
        fit_kwargs: Arguments of ``tuner.search``, such as the data.
    """

    tuner: Any
    fit_kwargs: Mapping[str, Any]


class Tuner(BaseComponent):
    """Searches for the best hyperparameters; not built yet, so that making one raises an error.

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
        custom_config: Anything that JSON can hold, for ``tuner_fn``.

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
            "Tuner",
            "it is not built yet",
            "search in a component of your own that makes a HyperParameters artifact, or import a file of "
            "hyperparameters (Importer with artifact_type=HyperParameters) and give it to "
            "Trainer(hyperparameters=…)",
        )
