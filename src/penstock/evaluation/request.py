# SPDX-License-Identifier: Apache-2.0
"""What an evaluation is asked for, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from penstock.evaluation.report import Role


@dataclass(frozen=True, slots=True)
class ModelToScore:
    """A model that predicts.

    Attributes:
        role: Whether it is judged or compared with.
        uri: URI of the Model artifact.
        id: Id of the Model artifact.
        serving_uri: Folder of the servable model.
        flavor: What it was made with; names the loader. ``""`` where it is to be recognised from the files.
    """

    role: Role
    uri: str
    id: int
    serving_uri: str
    flavor: str


@dataclass(frozen=True, slots=True)
class SplitToScore:
    """One split of one Examples artifact."""

    uri: str
    name: str


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """An evaluation to run.

    Attributes:
        config: The ``EvalConfig`` as JSON.
        splits: What to evaluate on.
        candidate: The model to judge; ``None`` where predictions are a feature of the examples.
        baseline: The model to compare it with.
        schema: TensorFlow Metadata schema, for metrics that want one.
        output_uri: Folder for the results.
        temp_dir: Local folder for what is written on the way.
        beam_pipeline_args: Beam arguments; with ones that name another runner than the in-process one, Beam is used.
        component: Node that the work is for.
        custom_eval_shared_model, custom_extractors: The user's hooks, with TFX's signatures.
        report_rows: Called with the number of examples done so far.
    """

    config: str
    splits: tuple[SplitToScore, ...]
    output_uri: str
    temp_dir: str
    candidate: ModelToScore | None = None
    baseline: ModelToScore | None = None
    schema: object = None
    beam_pipeline_args: tuple[str, ...] = ()
    component: str | None = None
    custom_eval_shared_model: Callable[..., object] | None = None
    custom_extractors: Callable[..., object] | None = None
    report_rows: Callable[[int], None] = lambda rows: None  # noqa: ARG005  nobody looks

    @property
    def models(self) -> tuple[ModelToScore, ...]:
        """The models that predict: the candidate, then the baseline."""
        return tuple(model for model in (self.candidate, self.baseline) if model is not None)

    @property
    def has_hooks(self) -> bool:
        """Whether the user's code takes part in prediction."""
        return self.custom_eval_shared_model is not None or self.custom_extractors is not None
