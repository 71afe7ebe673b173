# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.scoreboard import Scoreboard
from penstock import testing
from penstock.dsl import Channel
from penstock.errors import DataError
from penstock.types.standard_artifacts import InferenceResult


def results(*shards: dict[str, list[Any]]) -> Channel:
    content = {}
    for index, columns in enumerate(shards):
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file)
        content[f"results-{index}.parquet"] = file.getvalue()
    return testing.artifact(InferenceResult, content)


def test_the_model_with_the_smaller_error_is_first() -> None:
    given = results(
        {"winner": ["b", "a"], "b_error": [1.0, -4.0], "a_error": [10.0, -2.0]},
        {"winner": ["b"], "b_error": [1.0], "a_error": [3.0]},
    )
    ran = testing.run_component(Scoreboard(given, ["a", "b"]))
    assert ran.summary == "b: mean error 2 in 3 rows, wins 2; a: mean error 5 in 3 rows, wins 1"
    scores = json.loads(Path(ran.artifact("scores").uri, "scores.json").read_text())
    assert [score["model"] for score in scores] == ["b", "a"]


def test_rows_of_the_other_model_do_not_count() -> None:
    given = results({"a_error": [10.0, None], "b_error": [None, -4.0], "winner": pa.nulls(2, pa.string())})
    ran = testing.run_component(Scoreboard(given, ["a", "b"]))
    assert ran.summary == "b: mean error 4 in 1 row; a: mean error 10 in 1 row"


def test_results_without_a_models_errors() -> None:
    with pytest.raises(DataError, match="no column 'c_error'"):
        testing.run_component(Scoreboard(results({"a_error": [1.0], "winner": ["a"]}), ["a", "c"]))
