# SPDX-License-Identifier: Apache-2.0
"""Declaration of Trainer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from penstock.artifacts.standard import (
    Examples,
    ExampleStatistics,
    HyperParameters,
    Model,
    ModelRun,
    Schema,
    TransformGraph,
)
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import ExecutorSpec
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.model import ExecutionBaseType
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.models.signature import ModelInfo
from penstock.runtime.roles import Work

USER_CODE = {"user_code": True}


@dataclass(frozen=True, slots=True)
class TrainerInputs:
    """What Trainer reads."""

    examples: Sequence[Examples]
    transform_graph: TransformGraph | None = None
    schema: Schema | None = None
    base_model: Model | None = None
    hyperparameters: HyperParameters | None = None
    statistics: ExampleStatistics | None = None


@dataclass(frozen=True, slots=True)
class TrainerOutputs:
    """What Trainer makes."""

    model: Model
    model_run: ModelRun


@dataclass(frozen=True, slots=True)
class TrainerParameters:
    """Parameters of Trainer.

    Attributes:
        train_args: What to train on, and for how long.
        eval_args: What to evaluate on during training, and for how long.
        module_file: Python file that defines ``run_fn``, relative to the project's root.
        run_fn: Dotted path of the function, instead of a module file.
        custom_config: Anything that JSON can hold, for ``run_fn``.
    """

    train_args: TrainArgs = field(default_factory=TrainArgs)
    eval_args: EvalArgs = field(default_factory=EvalArgs)
    module_file: str | None = field(default=None, metadata=USER_CODE)
    run_fn: str | None = field(default=None, metadata=USER_CODE)
    custom_config: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TrainerPlan:
    """What the driver found.

    Attributes:
        train_splits: Splits to train on.
        eval_splits: Splits to evaluate on.
        base_model_uri: Folder of the model to start from.
        hyperparameters: Content of the hyperparameters' file.
    """

    train_splits: tuple[str, ...]
    eval_splits: tuple[str, ...]
    base_model_uri: str | None = None
    hyperparameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TrainerResult:
    """What the executor reports.

    Attributes:
        model: What was saved; ``None`` where its files are of no known flavor.
        metrics: Final metrics that ``run_fn`` returned.
    """

    model: ModelInfo | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


TrainerWork = Work[TrainerInputs, TrainerOutputs, TrainerParameters, TrainerPlan]
"""What executor and publisher see."""


class Trainer(BaseComponent):
    """Trains a model with the user's ``run_fn(fn_args)``; see ``penstock.components.FnArgs`` for what it is given.

    Which framework it uses is the user's affair: nothing here imports one, and a worker loads those that the module
    imports at its top.

    Args:
        examples: Examples to train on: raw ones, or Transform's ``transformed_examples``.
        transformed_examples: An older name of ``examples``.
        transform_graph: Output of Transform.
        schema: Schema of the examples.
        base_model: A model to start from.
        hyperparameters: What a Tuner found, or an imported file.
        module_file: Python file that defines ``run_fn``.
        run_fn: Dotted path of the function. This or ``module_file``.
        train_args: Splits to train on (``['train']``) and number of steps (0: up to ``run_fn``).
        eval_args: Splits to evaluate on (``['eval']``) and number of steps (0: up to ``run_fn``).
        custom_config: Anything that JSON can hold, for ``run_fn``.
        custom_executor_spec: Trains otherwise: ``ExecutorClassSpec`` of a class with TFX's ``Do``, which may need no
            ``run_fn``. TFX's ``GenericExecutor`` is what trains anyway.
        statistics: Statistics of the examples; gives ``fn_args.num_examples``.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.trainer.component.Trainer"
    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Train"
    Inputs = TrainerInputs
    Outputs = TrainerOutputs
    Parameters = TrainerParameters
    Plan = TrainerPlan
    Result = TrainerResult
    DRIVER = "penstock.components.trainer.driver:TrainerDriver"
    EXECUTOR = "penstock.components.trainer.executor:TrainerExecutor"
    PUBLISHER = "penstock.components.trainer.publisher:TrainerPublisher"

    def __init__(
        self,
        examples: Channel | Iterable[Channel] | None = None,
        transformed_examples: Channel | Iterable[Channel] | None = None,
        transform_graph: Channel | None = None,
        schema: Channel | None = None,
        base_model: Channel | None = None,
        hyperparameters: Channel | None = None,
        module_file: str | RuntimeParameter | None = None,
        run_fn: str | RuntimeParameter | None = None,
        train_args: TrainArgs | Mapping[str, Any] | RuntimeParameter | None = None,
        eval_args: EvalArgs | Mapping[str, Any] | RuntimeParameter | None = None,
        custom_config: Mapping[str, Any] | RuntimeParameter | None = None,
        custom_executor_spec: ExecutorSpec | None = None,
        *,
        statistics: Channel | None = None,
    ) -> None:
        if examples is not None and transformed_examples is not None:
            raise PipelineError(
                "both `examples` and its older name `transformed_examples` are given",
                component="Trainer",
                hint="give `examples` alone",
            )
        if module_file or run_fn or not _needs_no_run_fn(custom_executor_spec):
            _check_run_fn(module_file, run_fn)
        super().__init__(
            inputs={
                "examples": transformed_examples if examples is None else examples,
                "transform_graph": transform_graph,
                "schema": schema,
                "base_model": base_model,
                "hyperparameters": hyperparameters,
                "statistics": statistics,
            },
            parameters={
                "train_args": train_args,
                "eval_args": eval_args,
                "module_file": module_file,
                "run_fn": run_fn,
                "custom_config": custom_config,
            },
            custom_executor_spec=custom_executor_spec,
        )


def _needs_no_run_fn(custom: ExecutorSpec | None) -> bool:
    return callable(getattr(getattr(custom, "executor_class", None), "Do", None))


def _check_run_fn(module_file: object, run_fn: object) -> None:
    if bool(module_file) == bool(run_fn):
        raise ParameterError(
            "Trainer needs exactly one of module_file and run_fn",
            component="Trainer",
            expected="module_file='path/to/module.py' or run_fn='package.module.function'",
            got="both" if module_file else "neither",
        )
    if callable(run_fn):
        path = f"{getattr(run_fn, '__module__', '')}.{getattr(run_fn, '__qualname__', '')}"
        raise ParameterError(
            "run_fn is a function, which other processes could not find",
            component="Trainer",
            expected="its dotted path as text",
            hint=f"write run_fn={path!r}",
        )
