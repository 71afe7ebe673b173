# SPDX-License-Identifier: Apache-2.0
"""Declaration of Scoreboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.authoring import Artifact, BaseComponent, Channel, Work
from penstock.types.standard_artifacts import InferenceResult


class Scores(Artifact):
    """How models that were tried side by side did, the best first: ``scores.json``."""

    TYPE_NAME = "Scores"


@dataclass(frozen=True, slots=True)
class ScoreboardInputs:
    """What Scoreboard reads."""

    inference_result: InferenceResult


@dataclass(frozen=True, slots=True)
class ScoreboardOutputs:
    """What Scoreboard makes."""

    scores: Scores


@dataclass(frozen=True, slots=True)
class ScoreboardParameters:
    """Parameters of Scoreboard; ``Scoreboard`` explains them."""

    models: tuple[str, ...]
    winner: str = "winner"


@dataclass(frozen=True, slots=True)
class Score:
    """How one model did.

    Attributes:
        model: Its name.
        rows: Rows that it has predicted.
        mean_error: Mean size of its errors.
        wins: Rows in which it was nearer than the others.
    """

    model: str
    rows: int
    mean_error: float
    wins: int


@dataclass(frozen=True, slots=True)
class ScoreboardResult:
    """What the executor reports: the models, the one with the smallest mean error first."""

    scores: tuple[Score, ...]


ScoreboardWork = Work[ScoreboardInputs, ScoreboardOutputs, ScoreboardParameters, None]


class Scoreboard(BaseComponent):
    """Adds up the errors of models that were tried side by side, and says which one was better.

    Args:
        inference_result: Results as Parquet, with a column ``<model>_error`` for each model; a row without a value
            there is none of the model's.
        models: Names of the models.
        winner: Column with the name of the model that was nearest in a row.
    """

    Inputs = ScoreboardInputs
    Outputs = ScoreboardOutputs
    Parameters = ScoreboardParameters
    Result = ScoreboardResult
    EXECUTOR = "components.scoreboard.executor:ScoreboardExecutor"
    PUBLISHER = "components.scoreboard.publisher:ScoreboardPublisher"
    REQUIRES = ("pyarrow.parquet",)

    def __init__(self, inference_result: Channel, models: Sequence[str], winner: str = "winner") -> None:
        super().__init__(
            inputs={"inference_result": inference_result},
            parameters={"models": tuple(models), "winner": winner},
        )
