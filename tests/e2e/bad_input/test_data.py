# SPDX-License-Identifier: Apache-2.0
"""Files that are no examples: one error that names file, line and what to do, and the run before stays as it is."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from projects import Project
from rows_project import GOOD, HEADER

from penstock.examples.reader import ExamplesReader

RUN = ("run", "pipelines/rows.py")


@dataclass(frozen=True)
class Bad:
    """Contents of the data's folder, and the error that they get."""

    name: str
    files: dict[str, str | bytes]
    message: str
    lines: dict[str, str] = field(default_factory=dict)


CASES = [
    Bad(
        "no file matches",
        {},
        "no file of split 'single_split' matches '*' under {data}",
        {"expected": "at least one file", "what to do": "check the folder and the pattern"},
    ),
    Bad(
        "only hidden files",
        {".trips.csv": GOOD, "_SUCCESS": ""},
        "no file of split 'single_split' matches '*' under {data}",
        {"what to do": "hidden files and folders do not count"},
    ),
    Bad(
        "an empty file",
        {"trips.csv": ""},
        "{data}/trips.csv is empty",
        {"expected": "a header line and rows", "what to do": "the first line must name the columns"},
    ),
    Bad(
        "an empty file beside a good one",
        {"a.csv": GOOD, "trips.csv": ""},
        "{data}/trips.csv is empty",
    ),
    Bad(
        "a header only",
        {"trips.csv": HEADER},
        "{data}/trips.csv has a header but no rows",
        {"expected": "at least one row", "what to do": "take it away"},
    ),
    Bad(
        "a header without a line end",
        {"trips.csv": HEADER.strip()},
        "{data}/trips.csv has a header but no rows",
        {"expected": "at least one row"},
    ),
    Bad(
        "different headers",
        {"a.csv": GOOD, "trips.csv": "n,y,label\n1,2,yes\n"},
        "{data}/trips.csv has another header than {data}/a.csv",
        {
            "expected": "n,x,label",
            "got": "n,y,label",
            "what to do": "must have the same columns in the same order",
        },
    ),
    Bad(
        "the same columns in another order",
        {"a.csv": GOOD, "trips.csv": "x,n,label\n1,2,yes\n"},
        "{data}/trips.csv has another header than {data}/a.csv",
        {"expected": "n,x,label", "got": "x,n,label"},
    ),
    Bad(
        "a row that is too short",
        {"trips.csv": GOOD + "1,2\n"},
        "{data}/trips.csv has a row with the wrong number of cells in line 302",
        {"expected": "3 cells, as in the header", "got": "2 cells: 1,2", "what to do": "a missing cell"},
    ),
    Bad(
        "a row that is too long",
        {"trips.csv": GOOD + "1,2,yes,4\n" + "5,6,no\n" * 9},
        "{data}/trips.csv has a row with the wrong number of cells in line 302",
        {"expected": "3 cells, as in the header", "got": "4 cells: 1,2,yes,4"},
    ),
    Bad(
        "another encoding",
        {"trips.csv": GOOD.encode() + "1,2,Zürich\n".encode("latin-1")},
        "{data}/trips.csv is not UTF-8 in line 302",
        {"got": "byte 0xfc at offset ", "what to do": "iconv -f latin1 -t utf-8"},
    ),
    Bad(
        "UTF-16, as Excel saves it",
        {"trips.csv": GOOD.encode("utf-16")},
        "{data}/trips.csv is not UTF-8 in line 1",
        {"got": "byte 0xff at offset 0", "what to do": "iconv -f utf-16 -t utf-8"},
    ),
    Bad(
        "a column twice",
        {"trips.csv": GOOD.replace("n,x,label", "n,x,n", 1)},
        "{data}/trips.csv names a column twice in line 1",
        {"got": "n", "what to do": "give every column a name of its own"},
    ),
    Bad(
        "a column without a name",
        {"trips.csv": GOOD.replace("n,x,label", ",x,label", 1)},
        "{data}/trips.csv has a column without a name in line 1",
        {"got": "column 1 of 3", "what to do": "index=False"},
    ),
    Bad(
        "a quote that is never closed",
        {"trips.csv": GOOD + '1,2,"yes\n3,4,no\n'},
        "{data}/trips.csv has a quote in line 302 that is never closed",
        {"expected": 'a second " that ends the cell', "got": "the end of the file"},
    ),
    Bad(
        "a gzip file that is cut off",
        {"trips.csv.gz": gzip.compress(GOOD.encode())[:-20]},
        "{data}/trips.csv.gz is cut off or damaged",
        {"expected": "a whole gzip file"},
    ),
    Bad(
        "a split with no rows",
        {"trips.csv": HEADER + "1,2,yes\n"},
        "split 'eval' has no rows",
        {
            "expected": "at least one row in every split",
            "got": "1 rows in all",
            "what to do": "give it more hash_buckets, or more data",
        },
    ),
]


@pytest.fixture
def data(ran: Project) -> Iterator[Project]:
    """The project, which finds its good data again after the test."""
    yield ran
    ran.fill("data", {"trips.csv": GOOD})
    ended = ran.cli(*RUN, "--in-process")
    assert ended.code == 0, ended.err
    assert ended.states() == {"CsvExampleGen": "cached", "Trainer": "cached", "Pusher": "cached"}


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name)
def test_files_that_are_no_examples(data: Project, bad: Bad) -> None:
    data.fill("data", bad.files)
    with data.nothing_lost("rows", "CsvExampleGen", "Trainer", "Pusher"):
        ended = data.cli(*RUN, "--in-process")
    assert ended.code == 1
    assert ended.error.message.startswith("CsvExampleGen: " + bad.message.format(data=data.root / "data")), (
        ended.err
    )
    for label, text in bad.lines.items():
        assert text in ended.error[label], ended.err
    assert ended.states() == {"CsvExampleGen": "failed", "Trainer": "not run", "Pusher": "not run"}


@pytest.mark.parametrize("bad", [CASES[0], CASES[8]], ids=lambda bad: bad.name)
def test_as_a_process_the_same_comes_out(data: Project, bad: Bad) -> None:
    data.fill("data", bad.files)
    with data.nothing_lost("rows", "CsvExampleGen", "Trainer", "Pusher"):
        ended = data.process(*RUN)
    assert ended.code == 1
    assert ended.error.message == "CsvExampleGen: " + bad.message.format(data=data.root / "data")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ("nowhere", "{root}/nowhere is not there", "check the path"),
        ("data/trips.csv", "{root}/data/trips.csv is a file, not a folder", "give the file's folder"),
    ],
)
def test_an_input_base_that_is_no_folder(data: Project, given: str, message: str, hint: str) -> None:
    with data.nothing_lost("rows", "CsvExampleGen"):
        ended = data.cli(*RUN, "--in-process", "--param", f"data={given}")
    assert ended.code == 1
    assert ended.error.message == "CsvExampleGen: " + message.format(root=data.root)
    assert ended.error["input"] == "input_base"
    assert hint in ended.error["what to do"]


def test_a_file_name_that_is_no_text(data: Project) -> None:
    Path(str(data.root / "data" / "caf\udce9.csv")).write_text(GOOD)
    with data.nothing_lost("rows", "CsvExampleGen"):
        ended = data.cli(*RUN, "--in-process")
    assert ended.code == 1
    assert (
        ended.error.message == "CsvExampleGen: the name of an input file is not UTF-8, and cannot be recorded"
    )
    assert r"caf\udce9.csv" in ended.error["input"]


def test_what_could_be_waited_for_for_ever(data: Project) -> None:
    os.mkfifo(data.root / "data" / "pipe.csv")
    with data.nothing_lost("rows", "CsvExampleGen"):
        ended = data.cli(*RUN, "--in-process")
    assert ended.code == 1
    assert ended.error.message == f"CsvExampleGen: {data.root}/data/pipe.csv is no regular file"
    assert "take it away" in ended.error["what to do"]


TYPED = """
from penstock.components import CsvExampleGen, ImportSchemaGen
from penstock.dsl import Pipeline


def create_pipeline(with_schema: bool = False) -> Pipeline:
    schema = ImportSchemaGen(schema_file="schema.pbtxt")
    given = {"schema": schema.outputs["schema"]} if with_schema else {}
    return Pipeline("typed", components=[schema, CsvExampleGen(input_base="data", **given)], enable_cache=True)
"""

SCHEMA = """
feature { name: "n" type: INT }
feature { name: "x" type: FLOAT }
"""

MILLION = 1_000_000


def test_a_column_whose_type_changes_in_row_a_million(project: Project) -> None:
    project.write("pipelines/typed.py", TYPED)
    project.write("schema.pbtxt", SCHEMA)
    rows = "".join(f"{i},{i}\n" for i in range(MILLION))
    project.fill("data", {"a.csv": "n,x\n1,2.5\n", "trips.csv": f"n,x\n{rows}many,1.5\n5,6\n"})
    run = ("run", "pipelines/typed.py", "--in-process")
    ended = project.cli(*run)
    assert ended.code == 0, ended.err
    where = f"in line {MILLION + 2} of {project.root}/data/trips.csv"
    assert (
        f"warning: CsvExampleGen: column 'n' changes from int to bytes {where}, where it has 'many'"
        in ended.out
    )
    (examples,) = project.pipeline_root("typed").glob("CsvExampleGen/examples/*")
    for split in ("train", "eval"):
        schema = ExamplesReader(str(examples / f"Split-{split}")).features
        assert {spec.name: spec.kind for spec in schema} == {"n": "bytes", "x": "float"}
    with project.nothing_lost("typed", "CsvExampleGen"):
        refused = project.cli(*run, "--param", "with_schema=true")
    assert refused.code == 1
    assert refused.error.message == f"CsvExampleGen: column 'n' has a value of the wrong type {where}"
    assert refused.error["expected"] == "int, as the schema says"
    assert refused.error["got"] == "'many'"
    project.fill("data", {"trips.csv": GOOD})
    assert project.cli(*run, "--param", "with_schema=true").code == 0
