# SPDX-License-Identifier: Apache-2.0
"""Executor of Trainer."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from penstock import files
from penstock.components.trainer.arguments import arguments_of
from penstock.components.trainer.component import (
    TrainerInputs,
    TrainerOutputs,
    TrainerParameters,
    TrainerPlan,
    TrainerResult,
    TrainerWork,
)
from penstock.components.trainer.failures import explained
from penstock.components.trainer.fn_args import FnArgs
from penstock.components.trainer.metrics import final_metrics
from penstock.errors import UserCodeError
from penstock.models.registry import describe, recognise
from penstock.models.signature import ModelInfo
from penstock.runtime.autograph import spare_graph_libraries
from penstock.runtime.roles import Executor
from penstock.runtime.user_code import load_function, user_code

_LOG = logging.getLogger(__name__)


class TrainerExecutor(Executor[TrainerInputs, TrainerOutputs, TrainerParameters, TrainerPlan, TrainerResult]):
    """Calls ``run_fn`` and looks at what it saved."""

    def execute(self, work: TrainerWork) -> TrainerResult:
        parameters, context = work.parameters, work.context
        run_fn = load_function(
            "run_fn",
            module_file=parameters.module_file,
            function_path=parameters.run_fn,
            project_root=context.project_root,
            component=context.node_id,
        )
        assert run_fn is not None  # it is required
        spare_graph_libraries()
        metrics = final_metrics(call_run_fn(run_fn, arguments_of(work), context.node_id))
        return TrainerResult(saved_model(work.outputs.model.serving_uri), metrics)


GenericExecutor = TrainerExecutor
"""TFX's name of the executor that calls ``run_fn``, as in ``ExecutorClassSpec(trainer_executor.GenericExecutor)``."""


def call_run_fn(run_fn: Callable[[FnArgs], Any], fn_args: FnArgs, component: str) -> Any:
    """Calls the user's function and returns what it returns.

    Raises:
        UserCodeError: It raised.
    """
    try:
        with user_code(component, what="run_fn", file=inspect.getsourcefile(inspect.unwrap(run_fn))):
            return run_fn(fn_args)
    except UserCodeError as error:
        raise explained(error, fn_args.train_files) from error.__cause__


def saved_model(serving_uri: str) -> ModelInfo | None:
    """Returns what ``run_fn`` saved, ``None`` where it is a model of no known flavor.

    Raises:
        UserCodeError: It saved nothing.
    """
    saved = files.listdir(serving_uri) if files.is_dir(serving_uri) else []
    if not saved:
        raise UserCodeError(
            "run_fn saved no model",
            expected=f"files in fn_args.serving_model_dir ({serving_uri})",
            got="an empty folder" if files.is_dir(serving_uri) else "no such folder",
            hint="end run_fn with penstock.models.save(model, fn_args.serving_model_dir), with "
            "tf.saved_model.save(model, fn_args.serving_model_dir, signatures=…), or with what your framework has",
        )
    if recognise(serving_uri) is None:
        _LOG.warning(
            "run_fn saved %s, which is a model of no flavor that is known here: it can be pushed, but not evaluated",
            ", ".join(saved[:5]),
        )
        return None
    return describe(serving_uri)


TrainerFnArgs = FnArgs
"""TFX's older name of what ``run_fn`` is given."""
