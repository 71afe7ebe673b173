# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from penstock.inference.columns import Columns
from penstock.inference.first_rows import csv_columns, json_columns


def readable(columns: Columns) -> dict[str, Any]:
    return {name: column.readable for name, column in columns.known.items()}


def test_one_cell_that_can_be_read_is_enough(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,n,x,empty\nh1,n/a,0.5,\nh2,3.0,abc,\nragged\n")
    assert readable(csv_columns([str(tmp_path / "a.csv")])) == {
        "id": (), "n": ("int", "float"), "x": ("float",), "empty": None,
    }  # fmt: skip
    (tmp_path / "a.jsonl").write_text(
        '{"id": "1", "x": "n/a", "e": null}\nno json\n[]\n{"x": 2, "y": true}\n'
    )
    found = json_columns([str(tmp_path / "a.jsonl")])
    assert readable(found) == {"id": (), "x": ("int", "float"), "e": None, "y": ("int", "float")}
    assert found.more


def test_files_without_rows_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"x\nabc\n"))
    assert readable(csv_columns([str(tmp_path / "a.csv"), str(tmp_path / "b.csv.gz")])) == {"x": ()}


def test_only_the_first_rows_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n" + "abc\n" * 1000 + "1\n")
    assert readable(csv_columns([str(tmp_path / "a.csv")])) == {"x": ()}
    (tmp_path / "b.csv").write_bytes(b"x\n1\n\xff\n")
    assert readable(csv_columns([str(tmp_path / "b.csv")])) == {"x": ("int", "float")}
