# SPDX-License-Identifier: Apache-2.0
"""The argument of ``run_fn``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.examples.accessor import DataAccessor

_SET_BY_TRAINER: Any = None
"""Default of what a ``run_fn`` always finds set, so that user code need not ask; tests may leave it out."""


@dataclass(slots=True)
class FnArgs:
    """Everything that a user's ``run_fn`` is given, under TFX's names.

    ``run_fn(fn_args)`` trains, and saves a model into ``serving_model_dir``. It may return the final metrics, to have
    them recorded with the model: a mapping of names to numbers, or what ``model.fit`` of Keras returns. All paths are
    URIs as the pipeline's root is one.

    Attributes:
        working_dir: Local folder for anything temporary; it is removed when the node ends.
        train_files: Patterns of the files to train on, one per set of examples and split.
        eval_files: Patterns of the files to evaluate on during training.
        train_steps: Number of training steps; ``None`` leaves it to ``run_fn``.
        eval_steps: Number of evaluation steps; ``None`` leaves it to ``run_fn``.
        schema_path: File of the schema, if the component was given one.
        schema_file: The same.
        transform_graph_path: Folder of the transform graph, if the component was given one, as
            ``tft.TFTransformOutput`` takes it.
        transform_output: The same.
        data_accessor: Opens the files as datasets or record batches, whatever their format.
        serving_model_dir: Folder to save the model into. It does not exist yet; ``penstock.models.save``, and what
            frameworks have of the kind, make it.
        eval_model_dir: Folder for a second, evaluation-only model, as TFX has it; nothing need be saved there.
        model_run_dir: Folder for logs of the training, such as TensorBoard's.
        base_model: Folder of a model to start from, if the component was given one.
        hyperparameters: Hyperparameters, if the component was given some; what a Tuner found has its values under
            the key ``values``.
        custom_config: The component's ``custom_config``.
        num_examples: Number of examples per split, if the component was given statistics.
    """

    working_dir: str = _SET_BY_TRAINER
    train_files: list[str] = field(default_factory=list)
    eval_files: list[str] = field(default_factory=list)
    train_steps: int | None = None
    eval_steps: int | None = None
    schema_path: str | None = None
    schema_file: str | None = None
    transform_graph_path: str | None = None
    transform_output: str | None = None
    data_accessor: DataAccessor = _SET_BY_TRAINER
    serving_model_dir: str = _SET_BY_TRAINER
    eval_model_dir: str = _SET_BY_TRAINER
    model_run_dir: str = _SET_BY_TRAINER
    base_model: str | None = None
    hyperparameters: dict[str, Any] | None = None
    custom_config: dict[str, Any] | None = None
    num_examples: Mapping[str, int] | None = None
