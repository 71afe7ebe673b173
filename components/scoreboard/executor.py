# SPDX-License-Identifier: Apache-2.0
"""Executor of Scoreboard."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.scoreboard.component import (
    Score,
    ScoreboardInputs,
    ScoreboardOutputs,
    ScoreboardParameters,
    ScoreboardResult,
    ScoreboardWork,
)
from penstock import files
from penstock.authoring import Executor
from penstock.errors import DataError, did_you_mean


class ScoreboardExecutor(
    Executor[ScoreboardInputs, ScoreboardOutputs, ScoreboardParameters, None, ScoreboardResult]
):
    """Goes through the results batch by batch, and writes the scores down."""

    def execute(self, work: ScoreboardWork) -> ScoreboardResult:
        rows, wins = collections.Counter[str](), collections.Counter[str]()
        errors = collections.defaultdict[str, float](float)
        names = work.parameters.models
        columns = [*(f"{name}_error" for name in names), work.parameters.winner]
        for batch in _batches(work.inputs.inference_result.uri, columns):
            *by_model, winners = batch.columns
            for name, column in zip(names, by_model, strict=True):
                rows[name] += len(column) - column.null_count
                errors[name] += pc.sum(pc.abs(column)).as_py() or 0.0
            wins.update(winner for winner in winners.to_pylist() if winner is not None)
        scores = [
            Score(name, rows[name], errors[name] / rows[name], wins[name]) for name in names if rows[name]
        ]
        scores.sort(key=lambda score: score.mean_error)
        document = json.dumps([dataclasses.asdict(score) for score in scores], indent=2)
        files.write_atomic(files.join(work.outputs.scores.uri, "scores.json"), document)
        return ScoreboardResult(tuple(scores))


def _batches(results: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    for entry in files.walk(results):
        if not entry.uri.endswith(".parquet"):
            continue
        with files.open(entry.uri) as file:
            shard = pq.ParquetFile(file)
            there = shard.schema_arrow.names
            for column in columns:
                if column not in there:
                    raise DataError(
                        f"the results have no column {column!r}",
                        input=entry.uri,
                        hint=did_you_mean(column, there),
                    )
            for batch in shard.iter_batches(columns=columns):
                # In the order asked for, which Parquet does not keep.
                ordered = [batch.column(batch.schema.get_field_index(name)) for name in columns]
                yield pa.RecordBatch.from_arrays(ordered, columns)
