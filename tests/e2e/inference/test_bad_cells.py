# SPDX-License-Identifier: Apache-2.0
"""``penstock infer`` on files in which a cell is not the number that the model takes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from graph_project import infer, make_graph_project, models_text, output, rows_of
from projects import Project

pytest.importorskip("sklearn")
pytestmark = pytest.mark.e2e

TEXT = f"""
parameters: {{rows: bad.csv, tolerance: 0.0}}
key: id
source: ${{rows}}
max_failed_fraction: ${{tolerance}}
{models_text("two")}
steps: {{one: {{model: two}}}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_graph_project(tmp_path_factory.mktemp("cells") / "project")
    made.write("bad.csv", 'id,x,city\na,1.5,Ulm\nb,n/a,Bonn\nc,3,Jena\nd,"12,5",Kiel\n')
    made.write(
        "bad.jsonl", '{"id": "a", "x": 1.5}\n{"id": "b", "x": "n/a"}\n{"id": "c", "x": 3}\n{"id": "d"}\n'
    )
    return made


@pytest.mark.parametrize(
    ("rows", "causes"), [("bad.csv", ["read", "read"]), ("bad.jsonl", ["read", "inference"])]
)
def test_bad_cells_are_dead_letters_and_the_tolerance_decides(
    project: Project, rows: str, causes: list[str]
) -> None:
    refused = infer(project, TEXT, "--json", "--param", f"rows={rows}")
    assert refused.code == 1
    assert "2 of 4 rows" in refused.err
    letters = rows_of(output(project, refused, "dead_letters"))
    assert [(row["key"], row["stage"]) for row in letters] == list(zip("bd", causes, strict=True))
    assert letters[0]["error"] == "column 'x' has 'n/a', which is no number"
    assert json.loads(letters[0]["row"])["x"] == "n/a"

    ended = infer(project, TEXT, "--json", "--param", f"rows={rows}", "--param", "tolerance=0.5")
    assert ended.code == 0, ended.err
    found = rows_of(output(project, ended, "inference_result"))
    assert [(row["id"], row["prediction"]) for row in found] == [
        ("a", pytest.approx(3)),
        ("c", pytest.approx(6)),
    ]


def test_a_function_is_given_numbers_where_the_file_says_so(project: Project) -> None:
    text = TEXT.replace("{model: two}", "{model: {name: two, preprocess: graph_functions.doubled}}")
    ended = infer(project, text + "kinds: {x: float}\n", "--json", "--param", "tolerance=0.5")
    assert ended.code == 0, ended.err
    found = rows_of(output(project, ended, "inference_result"))
    assert [(row["id"], row["prediction"]) for row in found] == [
        ("a", pytest.approx(6)),
        ("c", pytest.approx(12)),
    ]
    letters = rows_of(output(project, ended, "dead_letters"))
    assert [(row["key"], row["stage"]) for row in letters] == [("b", "read"), ("d", "read")]


def test_a_column_of_names_is_a_mistake_of_the_file(project: Project) -> None:
    text = TEXT.replace("{model: two}", "{model: {name: two, inputs: {x: city}}}")
    project.write("names.yaml", text)
    for options in ((), ("--dry-run",)):
        ended = project.cli("infer", "names.yaml", "--in-process", *options)
        assert ended.code == (2 if options else 1)
        assert "column 'city' is not what model 'two' takes" in ended.error.message
        assert "none is a number" in ended.err
    assert project.cli("infer", "names.yaml", "--dry-run", "--param", "rows=rows.csv").code == 2


def test_a_file_of_a_stream_keeps_its_good_rows(project: Project) -> None:
    (project.root / "incoming").mkdir()
    text = (
        TEXT[TEXT.index("key") :]
        .replace("source: ${rows}\n", "")
        .replace("max_failed_fraction: ${tolerance}\n", "")
    )
    project.write("stream.yaml", text + "stream: {folder: incoming, output: scored}\n")
    for name, content in (
        ("1.csv", "id,x\na,1.5\nb,n/a\n"),
        ("2.csv", "id,x\nc,oops\n"),
        ("3.csv", "id,x\nd,4\n"),
    ):
        project.write(f"incoming/{name}", content)
    ended = project.process("infer", "stream.yaml", "--stream", "--max-files", 3)
    assert ended.code == 0, ended.err
    scored = {path.name[0]: rows_of_file(path) for path in (project.root / "scored").glob("*.parquet")}
    assert scored == {"1": [("a", 3)], "3": [("d", 8)]}
    letters = rows_of(str(project.root / "scored-failed"))
    assert [(row["key"], row["stage"], row["error"]) for row in letters] == [
        ("b", "read", "column 'x' has 'n/a', which is no number"),
        ("c", "read", "column 'x' has 'oops', which is no number"),
    ]
    lineage = project.cli("lineage", "stream.inference_result").out
    assert f"data    stream: {project.root}/incoming\n" in lineage
    assert "failed_rows" not in lineage


def rows_of_file(path: Path) -> list[tuple[str, float]]:
    return [(row["id"], round(row["prediction"], 3)) for row in pq.read_table(path).to_pylist()]
