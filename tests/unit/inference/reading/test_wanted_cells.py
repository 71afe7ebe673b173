# SPDX-License-Identifier: Apache-2.0
"""Files of which models want columns as numbers: a cell that is none costs its row, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.inference.columns import Kind
from penstock.inference.flow import Failure
from penstock.inference.job import SourceFiles
from penstock.inference.reading import flows, open_source


def read(*paths: Path, rows: int = 100, **kinds: Kind) -> tuple[pa.Table, dict[int, Failure]]:
    """Returns all rows that could be read, and the others by their number in the last file."""
    reader = open_source(SourceFiles(tuple(map(str, paths)), kinds=kinds), rows)
    found = [flow for unit in reader.units(1) for flow in flows(reader, unit)]
    table = pa.Table.from_batches([flow.source for flow in found], reader.schema)
    return table, {failure.row: failure for flow in found for failure in flow.failures}


def table_of(path: Path, rows: Mapping[str, Any], suffix: str) -> Path:
    """Writes cells as CSV, or as JSON Lines."""
    if suffix == "csv":
        lines = [f"{key},{cell}" for key, cell in rows.items()]
        path.write_text("\n".join(["id,x", *lines]) + "\n")
    else:
        path.write_text("".join(f'{{"id": "{key}", "x": {cell}}}\n' for key, cell in rows.items()))
    return path


@pytest.mark.parametrize(
    ("suffix", "bad"),
    [("csv", "n/a"), ("csv", "abc"), ("jsonl", '"n/a"'), ("jsonl", '"1.5"'), ("jsonl", "{}")],
)
def test_a_cell_that_is_no_number_is_a_failed_row(tmp_path: Path, suffix: str, bad: str) -> None:
    path = table_of(tmp_path / f"a.{suffix}", {"a": 1.5, "b": bad, "c": 2}, suffix)
    table, failures = read(path, x="float")
    assert table.to_pydict() == {"id": ["a", "c"], "x": [1.5, 2.0]}
    assert table.schema.field("x").type == pa.float64()
    assert list(failures) == [1]
    failure = failures[1]
    assert (failure.step, failure.stage) == ("source", "read")
    assert failure.error.startswith("column 'x' has ")
    assert failure.values is not None
    assert failure.values["id"] == "b"
    assert read(path)[0]["x"].type == pa.string()


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_whole_numbers_stay_whole_beside_a_bad_cell(tmp_path: Path, suffix: str) -> None:
    bad = "no" if suffix == "csv" else '"no"'
    path = table_of(tmp_path / f"a.{suffix}", {"a": 2**60 + 1, "b": bad}, suffix)
    assert read(path, x="float")[0]["x"].to_pylist() == [2**60 + 1]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_where_whole_numbers_are_wanted_3_0_is_one_and_3_5_is_not(tmp_path: Path, suffix: str) -> None:
    path = table_of(tmp_path / f"a.{suffix}", {"a": 1, "b": 3.0, "c": 3.5, "d": 4}, suffix)
    table, failures = read(path, x="int")
    assert table["x"].to_pylist() == [1, 3, 4]
    assert table["x"].type == pa.int64()
    assert failures[2].error.endswith(
        "has 3.5, which is no whole number" if suffix == "jsonl" else "whole number"
    )


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text_stays_text_where_a_model_wants_it(tmp_path: Path, suffix: str) -> None:
    path = table_of(tmp_path / f"a.{suffix}", {"a": 10, "b": 20}, suffix)
    assert read(path, x="bytes")[0]["x"].to_pylist() == ["10", "20"]
    if suffix == "csv":
        assert read(table_of(path, {"a": "007"}, suffix), x="bytes")[0]["x"].to_pylist() == ["007"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_missing_values_are_no_bad_cells(tmp_path: Path, suffix: str) -> None:
    missing, bad = ("", "?") if suffix == "csv" else ("null", '"?"')
    path = table_of(tmp_path / f"a.{suffix}", {"a": missing, "b": bad, "c": 1.5}, suffix)
    table, failures = read(path, x="float", other="float")
    assert table["x"].to_pylist() == [None, 1.5]
    assert list(failures) == [1]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_without_a_good_cell_has_no_rows_left(tmp_path: Path, suffix: str) -> None:
    path = table_of(tmp_path / f"a.{suffix}", {"a": "no" if suffix == "csv" else '"no"'}, suffix)
    table, failures = read(path, x="float")
    assert table.num_rows == 0
    assert list(failures) == [0]


def test_bad_cells_among_ragged_lines_and_batches_have_their_own_numbers(tmp_path: Path) -> None:
    lines = ["id,x,n", "a,1,1", "b", "c,no,2", "d,4,x", "e,?,y", "f", "g,7,7", "h,8,8", "i,oops,9"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    for rows in (1, 2, 3, 100):
        table, failures = read(tmp_path / "a.csv", rows=rows, x="float", n="int")
        assert table["id"].to_pylist() == ["a", "g", "h"]
        assert sorted(failures) == [1, 2, 3, 4, 5, 8]
        values = {row: failure.values["id"] for row, failure in failures.items() if failure.values}
        assert values == {2: "c", 3: "d", 4: "e", 8: "i"}
        assert failures[4].error.count("column") == 2


def test_a_bad_cell_of_one_file_leaves_the_other_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\na,1\n")
    (tmp_path / "b.csv").write_text("id,x\nb,0.5\nc,12 km\n")
    table, failures = read(tmp_path / "a.csv", tmp_path / "b.csv", x="float")
    assert table["x"].to_pylist() == [1.0, 0.5]
    assert failures[1].file == str(tmp_path / "b.csv")
