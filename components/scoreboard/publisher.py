# SPDX-License-Identifier: Apache-2.0
"""Publisher of Scoreboard."""

from __future__ import annotations

from components.scoreboard.component import (
    Score,
    ScoreboardInputs,
    ScoreboardOutputs,
    ScoreboardParameters,
    ScoreboardResult,
    ScoreboardWork,
)
from penstock.authoring import ArtifactRecord, Publisher, Record


class ScoreboardPublisher(
    Publisher[ScoreboardInputs, ScoreboardOutputs, ScoreboardParameters, None, ScoreboardResult]
):
    """Records each model's mean error, and says in the run's table which one was better."""

    def describe(self, work: ScoreboardWork, result: ScoreboardResult) -> Record:  # noqa: ARG002  the result says all
        errors = {score.model: score.mean_error for score in result.scores}
        return Record(
            artifacts={"scores": [ArtifactRecord(custom_properties={"mean_errors": errors})]},
            summary="; ".join(map(_told, result.scores)) or "nothing to compare",
        )


def _told(score: Score) -> str:
    rows = "row" if score.rows == 1 else "rows"
    wins = f", wins {score.wins:,}" if score.wins else ""
    return f"{score.model}: mean error {score.mean_error:.3g} in {score.rows:,} {rows}{wins}"
