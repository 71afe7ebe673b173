# SPDX-License-Identifier: Apache-2.0
"""Graphs of scikit-learn models on the engine, through ``penstock infer`` in this process."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from graph_project import infer, make_graph_project, models_text, output, rows_of
from projects import Project

from penstock.inference.steps.split import key_hashes

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_graph_project(tmp_path_factory.mktemp("graphs") / "project")


def results(project: Project, text: str, *options: object) -> list[dict[str, Any]]:
    ended = infer(project, text, "--json", *options)
    assert ended.code == 0, ended.err
    return rows_of(output(project, ended, "inference_result"))


def test_a_split_sends_each_row_to_one_model_and_says_which(project: Project) -> None:
    text = f"""
key: id
source: rows.csv
{models_text("two", "five")}
steps:
  shared: {{split: {{shares: {{a: 70, b: 30}}}}}}
  first: {{from: shared.a, model: two}}
  second: {{from: shared.b, model: five}}
  all: {{from: [first, second]}}
"""
    rows = results(project, text)
    assert [row["id"] for row in rows] == [f"r{i}" for i in range(100)]
    went_a = (key_hashes(pa.array([row["id"] for row in rows])) % 100 < 70).tolist()
    assert 50 < sum(went_a) < 90
    for row, first in zip(rows, went_a, strict=True):
        mine, other, factor = ("first", "second", 2) if first else ("second", "first", 5)
        assert row[f"{mine}_prediction"] == pytest.approx(row["x"] * factor, abs=1e-3)
        assert (row[f"{other}_prediction"], row[f"{other}_model_id"]) == (None, None)
        assert row[f"{mine}_model_id"] > 0
    assert len({row["first_model_id"] for row in rows} | {row["second_model_id"] for row in rows}) == 3


def test_both_models_on_all_rows_stand_side_by_side_whether_keys_repeat_or_not(project: Project) -> None:
    project.write("twice.csv", "id,x\n" + "".join(f"same,{i}.0\n" for i in range(20)))
    text = f"""
key: id
carry: [x]
source: twice.csv
{models_text("two", "five")}
steps:
  a: {{model: two}}
  b: {{model: five}}
  both: {{from: [a, b]}}
"""
    rows = results(project, text)
    assert [row["x"] for row in rows] == [float(i) for i in range(20)]
    for row in rows:
        assert row["a_prediction"] == pytest.approx(2 * row["x"], abs=1e-3)
        assert row["b_prediction"] == pytest.approx(5 * row["x"], abs=1e-3)


def test_a_chain_with_a_lookup_between_two_models(project: Project) -> None:
    with closing(sqlite3.connect(project.root / "cities.db")) as database:
        database.execute("CREATE TABLE cities (code INTEGER PRIMARY KEY, city TEXT, height REAL)")
        database.executemany(
            "INSERT INTO cities VALUES (?, ?, ?)", [(2 * i, f"city {i}", i / 2) for i in range(50)]
        )
        database.commit()
    text = f"""
key: id
carry: []
source: rows.csv
{models_text("two", "ten")}
steps:
  first: {{model: {{name: two, outputs: {{prediction: score}}}}}}
  coded: {{from: first, function: graph_functions.add_city}}
  placed: {{from: coded, lookup: {{url: "sqlite:///cities.db", table: cities, on: code}}}}
  second: {{from: placed, model: {{name: ten, inputs: {{x: height}}, outputs: {{prediction: answer}}}}}}
max_failed_fraction: 0.5
"""
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    rows = rows_of(output(project, ended, "inference_result"))
    assert [row["id"] for row in rows] == [f"r{i}" for i in range(50)]
    for i, row in enumerate(rows):
        assert (row["code"], row["city"]) == (2 * i, f"city {i}")
        assert row["answer"] == pytest.approx(5 * i, abs=1e-3)
    failed = rows_of(output(project, ended, "dead_letters"))
    assert [row["key"] for row in failed] == [f"r{i}" for i in range(50, 100)]
    assert {row["step"] for row in failed} == {"second"}


def test_a_row_that_the_table_does_not_have_may_be_a_failure_of_the_lookup(project: Project) -> None:
    with closing(sqlite3.connect(project.root / "few.db")) as database:
        database.execute("CREATE TABLE names (id TEXT, name TEXT)")
        database.executemany("INSERT INTO names VALUES (?, ?)", [(f"r{i}", f"n{i}") for i in range(98)])
        database.commit()
    text = """
key: id
source: rows.csv
steps:
  named: {lookup: {url: "sqlite:///few.db", table: names, on: id, missing: fail}}
max_failed_fraction: 0.02
"""
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    rows = rows_of(output(project, ended, "inference_result"))
    assert [row["name"] for row in rows] == [f"n{i}" for i in range(98)]
    failed = rows_of(output(project, ended, "dead_letters"))
    assert [(row["key"], row["stage"]) for row in failed] == [("r98", "lookup"), ("r99", "lookup")]
    assert "table names has no row with id = 'r98'" in failed[0]["error"]


def test_a_vote_of_three_and_their_mean(project: Project) -> None:
    text = f"""
key: id
carry: [x]
source: rows.csv
{models_text("two", "five", "ten")}
steps:
  a: {{model: {{name: two, postprocess: graph_functions.label}}}}
  b: {{model: {{name: five, postprocess: graph_functions.label}}}}
  c: {{model: {{name: ten, postprocess: graph_functions.label}}}}
  vote: {{from: [a, b, c], vote: {{column: label}}}}
  x: {{model: two}}
  y: {{model: five}}
  mean: {{from: [x, y], vote: {{column: prediction, method: weighted, weights: {{y: 3}}, output: mean}}}}
"""
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    folder = Path(output(project, ended, "inference_result"))
    assert sorted(path.name for path in folder.iterdir()) == ["mean", "vote"]
    for row in rows_of(str(folder / "vote")):
        votes = [row["x"] * factor > 40 for factor in (2, 5, 10)]
        assert row["vote"] == ("high" if sum(votes) > 1 else "low")
    for row in rows_of(str(folder / "mean")):
        assert row["mean"] == pytest.approx(row["x"] * (2 + 3 * 5) / 4, abs=1e-3)


def test_a_filter_leaves_rows_out_before_the_model(project: Project) -> None:
    text = f"""
key: id
source: rows.csv
{models_text("two")}
steps:
  some: {{filter: graph_functions.even}}
  one: {{from: some, model: two}}
"""
    rows = results(project, text)
    assert [row["id"] for row in rows] == [f"r{i}" for i in range(0, 100, 2)]
    assert set(rows[0]) == {"id", "x", "prediction", "model_id", "model_version"}


def test_a_row_that_a_function_refuses_does_not_take_its_neighbours_along(project: Project) -> None:
    text = f"""
key: id
source: rows.csv
{models_text("two")}
steps:
  copied: {{function: graph_functions.picky}}
  one: {{from: copied, model: two}}
max_failed_fraction: 0.01
"""
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    assert len(rows_of(output(project, ended, "inference_result"))) == 99
    (failed,) = rows_of(output(project, ended, "dead_letters"))
    assert (failed["key"], failed["step"], failed["stage"]) == ("r7", "copied", "function")
    assert "seven is not for me" in failed["error"]
    assert json.loads(failed["row"]) == {"id": "r7", "x": 7.0}


def test_more_failed_rows_than_allowed_fail_the_node_and_only_the_dead_letters_are_kept(
    project: Project,
) -> None:
    text = f"""
key: id
source: rows.csv
{models_text("two")}
steps:
  copied: {{function: graph_functions.picky}}
  one: {{from: copied, model: two}}
sinks:
  - {{path: never, format: csv}}
"""
    for _ in range(2):  # a failed one is no answer for the next
        ended = infer(project, text + "enable_cache: true\n", "--json", name="failing.yaml")
        assert ended.code == 1
        assert "1 of 100 rows failed, and max_failed_fraction is 0" in ended.err
        made = {a["output"] for a in ended.json["artifacts"] if a["node_id"] == "GraphInferrer"}
        assert "inference_result" not in made
        assert not (project.root / "never").exists()


def test_a_sink_may_take_the_rows_of_any_step(project: Project) -> None:
    text = f"""
key: id
source: rows.csv
{models_text("two", "five")}
steps:
  a: {{model: two}}
  few: {{from: a, filter: graph_functions.even}}
  b: {{from: few, model: {{name: five, outputs: {{prediction: second}}}}}}
sinks:
  - {{source: a, path: sinks/a, format: csv, columns: [id, prediction]}}
  - {{source: few, url: "sqlite:///few_rows.db", table: few, columns: [id, prediction]}}
  - {{path: sinks/b}}
"""
    ended = infer(project, text, "--json")
    assert ended.code == 0, ended.err
    (csv,) = (project.root / "sinks" / "a").glob("*.csv")
    assert len(csv.read_text().splitlines()) == 101
    with closing(sqlite3.connect(project.root / "few_rows.db")) as database:
        assert database.execute("SELECT count(*), max(prediction) FROM few").fetchone() == (
            50,
            pytest.approx(196),
        )
    last = rows_of(str(project.root / "sinks" / "b"))
    assert [row["second"] for row in last] == [pytest.approx(5 * i, abs=1e-2) for i in range(0, 100, 2)]
    assert rows_of(output(project, ended, "inference_result")) == last


def test_without_rows_sinks_are_written_too(project: Project) -> None:
    project.write("none.csv", "id,x\n")
    text = f"""
key: id
source: none.csv
{models_text("two")}
steps: {{a: {{model: two}}}}
sinks:
  - {{path: sinks/none, format: csv}}
"""
    ended = infer(project, text, "--json", name="none.yaml")
    assert ended.code == 0, ended.err
    assert rows_of(output(project, ended, "inference_result")) == []
    assert (project.root / "sinks" / "none" / "_SUCCESS").exists()


def test_with_the_cache_an_unchanged_run_is_answered_and_changed_code_is_not(project: Project) -> None:
    text = f"""
enable_cache: true
key: id
source: rows.csv
{models_text("two")}
steps:
  f: {{function: cached_code.f}}
  one: {{from: f, model: two}}
"""

    def states() -> str:
        ended = infer(project, text, "--json", name="cached.yaml")
        assert ended.code == 0, ended.err
        (state,) = [node["state"] for node in ended.json["nodes"] if node["node_id"] == "GraphInferrer"]
        return str(state)

    code = "import pyarrow as pa\ndef f(batch):\n    return pa.RecordBatch.from_arrays([batch.column('id')], ['n'])\n"
    project.write("cached_code.py", code)
    assert [states(), states()] == ["ran", "cached"]
    project.write("cached_code.py", code.replace("'n'", "'m'"))
    assert states() == "ran"
    project.write("rows2.csv", "id,x\na,1.0\n")
    text = text.replace("rows.csv", "rows2.csv")
    assert [states(), states()] == ["ran", "cached"]


def test_parquet_comes_in_and_two_processes_share_the_work(project: Project) -> None:
    table = pa.table(
        {"id": pa.array(range(5000)), "x": pa.array([float(i) for i in range(5000)], pa.float32())}
    )
    (project.root / "big").mkdir()
    for part in range(4):
        pq.write_table(table.slice(part * 1250, 1250), project.root / "big" / f"part-{part}.parquet")
    project.write("beam.yaml", "beam_pipeline_args: [--direct_num_workers=2]\n")
    text = f"key: id\nsource: big\n{models_text('five')}steps: {{one: {{model: five}}}}\n"
    rows = results(project, text, "--beam", "beam.yaml")
    assert [row["id"] for row in rows] == list(range(5000))
    assert all(row["prediction"] == pytest.approx(5 * row["x"], rel=1e-5, abs=1e-2) for row in rows)
