# SPDX-License-Identifier: Apache-2.0
"""Driver of Trainer: which splits, which base model, which hyperparameters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock import files
from penstock.artifacts.standard import HyperParameters
from penstock.components.trainer.component import TrainerInputs, TrainerParameters, TrainerPlan
from penstock.errors import DataError, ParameterError
from penstock.runtime.roles import Driver, DriverContext, Run
from penstock.statistics.splits import check_splits, known_splits

HYPERPARAMETERS_FILE = "best_hyperparameters.txt"
DEFAULT_TRAIN_SPLITS = ("train",)
DEFAULT_EVAL_SPLITS = ("eval",)


class TrainerDriver(Driver[TrainerInputs, TrainerParameters, TrainerPlan]):
    """Checks the splits, and reads what training starts from."""

    def decide(
        self,
        inputs: TrainerInputs,
        parameters: TrainerParameters,
        context: DriverContext,  # noqa: ARG002  inputs and parameters say all
    ) -> Run[TrainerPlan]:
        train, evaluation = parameters.train_args, parameters.eval_args
        for name, steps in (("train_args", train.num_steps), ("eval_args", evaluation.num_steps)):
            if steps < 0:
                raise ParameterError(
                    f"{name}.num_steps is negative",
                    input=name,
                    expected="a number of steps, or 0",
                    got=str(steps),
                )
        known = known_splits(inputs.examples)
        plan = TrainerPlan(
            train_splits=tuple(train.splits) or DEFAULT_TRAIN_SPLITS,
            eval_splits=tuple(evaluation.splits) or DEFAULT_EVAL_SPLITS,
            base_model_uri=inputs.base_model.serving_uri if inputs.base_model else None,
            hyperparameters=_hyperparameters(inputs.hyperparameters),
        )
        check_splits("train_args.splits", plan.train_splits, known)
        check_splits("eval_args.splits", plan.eval_splits, known)
        # Base model and hyperparameters are inputs, which the cache key holds by content.
        return Run(plan, cache_parts={"train_splits": plan.train_splits, "eval_splits": plan.eval_splits})


def _hyperparameters(artifact: HyperParameters | None) -> Mapping[str, Any] | None:
    if artifact is None:
        return None
    path = files.join(artifact.uri, HYPERPARAMETERS_FILE)
    with files.storage_errors("read", path), files.open(path) as file:
        content = file.read()
    try:
        document = json.loads(content)
    except ValueError as error:
        raise DataError(
            f"{path} is not JSON", input="hyperparameters", expected="a JSON object", got=str(error)
        ) from error
    if not isinstance(document, dict):
        raise DataError(
            f"{path} is not a JSON object",
            input="hyperparameters",
            expected='an object such as {"values": {"learning_rate": 0.01}}',
            got=type(document).__name__,
        )
    return document
