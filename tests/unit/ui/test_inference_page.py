# SPDX-License-Identifier: Apache-2.0
"""Predictions and dead letters as text and as pages, of Parquet, of PredictionLogs, and of graphs of models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.artifacts.standard import DeadLetters, InferenceResult
from penstock.errors import DataError
from penstock.examples.tfrecord import RecordFile
from penstock.inference import prediction_log as logs
from penstock.inference.job import ModelRef
from penstock.inference.tensor_proto import row_tensors
from penstock.ui.artifact_page import artifact_text
from penstock.ui.html import render

FIGURES: dict[str, Any] = {
    "rows": 7000, "predicted_rows": 6998, "failed_rows": 2, "batches": 2, "batch_rows": {"50": 2904.0, "95": 4096.0},
    "latency_ms": {"50": 1.5}, "load_seconds": 0.25, "model_bytes": 2048, "device": "cpu", "flavor": "sklearn",
    "model_id": 14, "model_version": "3", "failures": [{"stage": "inference", "cause": "<no> value", "rows": 2}],
}  # fmt: skip


def result(folder: Path, **custom: Any) -> InferenceResult:
    folder.mkdir(parents=True, exist_ok=True)
    return InferenceResult(str(folder), id=21, custom_properties=custom or FIGURES)


def lines(artifact: Any) -> list[str]:
    return [" ".join(line.split()) for line in artifact_text(artifact, None).splitlines()]


def test_bytes_are_counted_and_which_model_it_was_gives_way_where_there_is_no_room(tmp_path: Path) -> None:
    names = [
        "id",
        "image",
        "a_score",
        "a_model_id",
        "a_model_version",
        "b_score",
        "b_model_id",
        "b_model_version",
    ]
    artifact = result(tmp_path, **FIGURES | {"batches": 1})
    columns = {name: [1] for name in [*names, "c", "d", "winner"]} | {"image": [b"\x89PNG"]}
    pq.write_table(pa.table(columns), tmp_path / "results-00000-of-00001.parquet")

    told = lines(artifact)

    assert told[-3:] == [
        "first rows, without 2 columns:",
        "id image a_score b_score b_model_id b_model_version c d winner",
        "1 (4 bytes) 1 1 1 1 1 1 1",
    ]
    assert any("; 1 batch; " in line for line in told)


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [str(i) for i in range(9)],
            "score": [i / 3 for i in range(9)],
            "both": [[i, -i] for i in range(9)],
            "note": [None, *["a\nb"] * 8],
        }
    )
    artifact = result(tmp_path)
    pq.write_table(table, tmp_path / "results-00000-of-00001.parquet")
    told = lines(artifact)
    assert (
        "model 14 (sklearn, cpu), version 3; 2 batches; rows in a batch 2,904 (50 %), 4,096 (95 %); "
        "latency 1.5 ms (50 %); loaded in 0.2 s; 2.0 KiB"
    ) in told
    assert "2 inference <no> value" in told
    assert told[-6:] == [
        "id score both note",
        "0 0 [0, 0] -",
        "1 0.333333 [1, -1] a b",
        "2 0.666667 [2, -2] a b",
        "3 1 [3, -3] a b",
        "4 1.33333 [4, -4] a b",
    ]
    page = render(artifact)
    assert "&lt;no&gt; value" in page
    assert "Model 14" in page
    assert "1.33333" in page


def test_many_columns_leave_some_out(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"c{i}": [i] for i in range(30)}), tmp_path / "results-00000-of-00001.parquet")
    told = lines(result(tmp_path))
    assert "first rows, without 21 columns:" in told
    assert "c0 c22 c23 c24 c25 c26 c27 c28 c29" in told


def test_prediction_logs(tmp_path: Path) -> None:
    example = bytes.fromhex("0a0f0a0d0a0178120812060a040000c03f")  # a float feature x of 1.5
    asked = row_tensors(pa.array([example]))
    file = RecordFile(str(tmp_path / "prediction_logs-00000-of-00001.gz"))
    metadata = logs.log_metadata(ModelRef("", artifact_id=14, version="3"))
    answers = {"y": row_tensors(pa.array([2.5], pa.float32())), "label": row_tensors(pa.array(["yes"]))}
    file.write(list(logs.predict_logs("serving_default", {"examples": asked}, answers, metadata)))
    regressed = logs.regressions(pa.array([4.5], pa.float32()).to_numpy())
    file.write(list(logs.single_logs("regress", [example], regressed, metadata)))
    file.close()
    told = lines(result(tmp_path))
    assert told[-3:] == [
        "signature x y label value",
        "serving_default 1.5 2.5 yes -",
        "- 1.5 - - 4.5",
    ]
    assert ">yes<" in render(result(tmp_path))


def test_a_graph_of_models_has_a_table_for_each_step(tmp_path: Path) -> None:
    for step in ("first", "second"):
        (tmp_path / step).mkdir()
        pq.write_table(pa.table({step: [1]}), tmp_path / step / "results-00000-of-00001.parquet")
    figures = {name: {**FIGURES, "model_id": i} for i, name in ((3, "a"), (4, "b"))}
    told = lines(result(tmp_path, rows=1, models=figures))
    assert [line for line in told if line.startswith("first rows")] == [
        "first rows of first:",
        "first rows of second:",
    ]
    assert any(line.startswith("a: model 3 (sklearn, cpu)") for line in told)
    assert any(line.startswith("b: model 4 (sklearn, cpu)") for line in told)


def test_no_rows_and_no_files(tmp_path: Path) -> None:
    empty = DeadLetters(str(tmp_path), id=5, custom_properties={"rows": 0, "failures": []})
    assert not any("rows of" in line or line == "first rows:" for line in lines(empty))
    assert "Dead letters" in render(empty)
    pq.write_table(pa.table({"y": pa.array([], pa.int64())}), tmp_path / "results-00000-of-00001.parquet")
    assert "no rows; columns y" in lines(result(tmp_path))
    assert "There are no rows" in render(result(tmp_path))


def test_a_damaged_file_is_told_and_does_not_hide_the_rest(tmp_path: Path) -> None:
    (tmp_path / "results-00000-of-00001.parquet").write_bytes(b"PAR1 no more")
    artifact = result(tmp_path)
    assert any(line.startswith("its rows cannot be shown: ") for line in lines(artifact))
    with pytest.raises(DataError):
        render(artifact)


def test_showing_another_artifact_loads_no_arrow() -> None:
    code = (
        "import sys; from penstock.ui.artifact_page import artifact_text; "
        "from penstock.artifacts.standard import Schema; artifact_text(Schema('/nowhere'), None); "
        "print([m for m in ('pyarrow', 'numpy', 'tensorflow', 'apache_beam') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
