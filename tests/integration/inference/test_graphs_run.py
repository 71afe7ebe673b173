# SPDX-License-Identifier: Apache-2.0
"""Graphs of several steps, run: ways that part and meet, rows that are kept or not, ways that no row has taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from inference_jobs import adding, failed_rows, job_of, results, write_rows

from penstock.inference import engine
from penstock.inference.spec import FilterStep, FunctionStep, ModelStep, SinkSpec, SplitStep, Step, VoteStep

_FUNCTIONS = """
import pyarrow as pa, pyarrow.compute as pc

def even(batch):
    return pc.equal(pc.bit_wise_and(batch.column("x"), 1), 0)

def differ(batch):
    return pa.RecordBatch.from_arrays(
        [pc.coalesce(batch.column("a_sum"), batch.column("b_sum"))], ["either"]
    )

def picky(batch):
    if 3 in batch.column("x").to_pylist():
        raise ValueError("not three")
    return pa.RecordBatch.from_arrays([batch.column("x")], ["same"])
"""


@pytest.fixture
def functions(tmp_path: Path) -> str:
    name = f"graph_functions_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(_FUNCTIONS)
    return name


def _ab(functions: str) -> tuple[Step, ...]:
    return (
        Step("ways", split=SplitStep({"a": 50, "b": 50})),
        Step("a", ("ways.a",), model=ModelStep("ones")),
        Step("b", ("ways.b",), model=ModelStep("tens")),
        Step("met", ("a", "b")),
        Step("compared", ("met",), function=FunctionStep(f"{functions}.differ")),
    )


@pytest.mark.parametrize("source_rows", [1, 7, 100])
def test_two_models_share_the_rows(tmp_path: Path, functions: str, source_rows: int) -> None:
    path = write_rows(tmp_path / "in.parquet", 100)
    models = {"ones": adding(), "tens": adding(add=10)}
    job = job_of(tmp_path, [path], steps=_ab(functions), models=models, source_rows=source_rows)

    summary = engine.run(job)

    rows = results(summary, "compared").to_pylist()
    assert [row["id"] for row in rows] == list(range(100))
    ways = set()
    for row in rows:
        way = "a" if row["a_sum"] is not None else "b"
        ways.add(way)
        assert row["either"] == row[f"{way}_sum"] == row["x"] + {"a": 1, "b": 10}[way]
        assert row[f"{way}_model_version"] == {"a": "v1", "b": "v2"}[way]
        assert row[f"{'b' if way == 'a' else 'a'}_model_id"] is None
    assert ways == {"a", "b"}
    assert summary.models["ones"].rows + summary.models["tens"].rows == 100


def test_one_row_at_a_time_meets_like_many(tmp_path: Path, functions: str) -> None:
    models = {"ones": adding(), "tens": adding(add=10)}
    many = job_of(tmp_path, [write_rows(tmp_path / "many.parquet", 8)], steps=_ab(functions), models=models)
    expected = {row["id"]: row for row in results(engine.run(many), "compared").to_pylist()}

    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        pq.write_table(pa.table({"id": [number], "x": [number]}), folder / "one.parquet")
        job = job_of(folder, [str(folder / "one.parquet")], steps=_ab(functions), models=models)
        job = replace(job, project_root=str(tmp_path))
        (row,) = results(engine.run(job), "compared").to_pylist()
        assert {name: value for name, value in row.items() if value is not None} == {
            name: value for name, value in expected[number].items() if value is not None
        }


def test_a_vote_of_models_and_what_a_filter_keeps(tmp_path: Path, functions: str) -> None:
    steps = (
        Step("kept", filter=FilterStep(f"{functions}.even")),
        Step("one", ("kept",), model=ModelStep("ones")),
        Step("ten", ("kept",), model=ModelStep("tens")),
        Step("again", ("kept",), model=ModelStep("ones")),
        Step("voted", ("one", "ten", "again"), vote=VoteStep("sum")),
    )
    models = {"ones": adding(), "tens": adding(add=10)}
    path = write_rows(tmp_path / "in.parquet", 20)
    job = job_of(tmp_path, [path], steps=steps, models=models, source_rows=6)

    summary = engine.run(job)

    table = results(summary, "voted")
    assert table["id"].to_pylist() == list(range(0, 20, 2))
    assert table["vote"].to_pylist() == list(range(1, 21, 2))
    assert summary.rows == 20
    assert summary.models["ones"].rows == 20


def test_a_row_that_a_function_refuses(tmp_path: Path, functions: str) -> None:
    steps = (
        Step("same", function=FunctionStep(f"{functions}.picky")),
        Step("add", ("same",), model=ModelStep("adder", inputs={"x": "same"})),
    )
    job = job_of(tmp_path, [write_rows(tmp_path / "in.parquet", 10)], steps=steps)

    summary = engine.run(job)

    assert results(summary)["id"].to_pylist() == [0, 1, 2, *range(4, 10)]
    (letter,) = failed_rows(job)
    assert (letter["step"], letter["stage"], letter["error_type"]) == ("same", "function", "ValueError")


def test_a_step_that_a_sink_wants_is_written_too(tmp_path: Path) -> None:
    steps = (
        Step("first", model=ModelStep("adder")),
        Step("last", ("first",), model=ModelStep("adder", inputs={"x": "sum"}, outputs={"sum": "total"})),
    )
    path = write_rows(tmp_path / "in.parquet", 3)
    job = job_of(tmp_path, [path], steps=steps, sinks=(SinkSpec("first", path="out"),), carry=("x",))

    summary = engine.run(job)

    assert Path(summary.outputs["last"].files[0]).parent == tmp_path / "results"
    assert Path(summary.outputs["first"].files[0]).parent == tmp_path / "results" / "first"
    assert results(summary, "first")["sum"].to_pylist() == [1, 2, 3]
    assert results(summary, "last")["total"].to_pylist() == [2, 3, 4]
