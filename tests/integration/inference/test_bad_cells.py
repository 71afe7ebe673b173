# SPDX-License-Identifier: Apache-2.0
"""A cell that is no number where a model takes one: its row is a dead letter, its neighbours are predicted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from inference_jobs import failed_rows, job_of, results

from penstock.inference import engine


@pytest.mark.parametrize("arguments", [(), ("--direct_num_workers=2",)])
def test_bad_cells_become_dead_letters_with_key_text_and_cause(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "a.csv").write_text("id,x,note\na,1,one\nb,n/a,two\nragged\nc,3,\n")
    (tmp_path / "b.csv").write_text('id,x,note\nd,"12,5",\ne,5,five\nf,,no value\n')
    job = job_of(tmp_path, [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], source_rows=2)
    job = replace(job, source=replace(job.source, kinds={"x": "float"}))

    summary = engine.run(job, arguments)

    assert results(summary).select(["id", "x", "sum"]).to_pylist() == [
        {"id": "a", "x": 1, "sum": 2}, {"id": "c", "x": 3, "sum": 4}, {"id": "e", "x": 5, "sum": 6},
    ]  # fmt: skip
    assert (summary.rows, summary.failed_rows) == (7, 4)
    letters = failed_rows(job)
    assert [(Path(row["file"]).name, row["row_number"], row["key"], row["stage"]) for row in letters] == [
        ("a.csv", 1, "b", "read"),
        ("a.csv", 2, None, "read"),
        ("b.csv", 0, "d", "read"),
        ("b.csv", 2, "f", "inference"),
    ]
    assert letters[0]["error"] == "column 'x' has 'n/a', which is no number"
    assert json.loads(letters[0]["row"]) == {"id": "b", "x": "n/a", "note": "two"}
    assert json.loads(letters[2]["row"])["x"] == "12,5"


def test_json_lines_likewise(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": 1, "x": 1}\n{"id": 2, "x": "n/a"}\nno json\n{"id": 3, "x": 3.0}\n'
    )
    job = job_of(tmp_path, [str(tmp_path / "a.jsonl")])
    job = replace(job, source=replace(job.source, kinds={"x": "int"}))

    summary = engine.run(job)

    assert results(summary)["sum"].to_pylist() == [2, 4]
    assert [(row["row_number"], row["key"], row["stage"]) for row in failed_rows(job)] == [
        (1, "2", "read"),
        (2, None, "read"),
    ]
