# SPDX-License-Identifier: Apache-2.0
"""JsonLinesExampleGen on the workers of another Beam runner, one file each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from component_runs import Ran, run_component

from components.json_lines_example_gen import JsonLinesExampleGen
from penstock.data import read_table
from penstock.errors import DataError

pytestmark = pytest.mark.tensorflow

ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def rows_of(ran: Ran, split: str) -> list[str]:
    return sorted(str(row) for row in read_table(f"{ran.uri('examples')}/Split-{split}").to_pylist())


def test_files_are_typed_together_and_split_as_here(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data / "1.jsonl", [{"id": n, "fare": n} for n in range(100)])
    write(data / "2.jsonl", [{"id": n, "fare": n / 2, "tags": ["x"] * (n % 3)} for n in range(100, 200)])
    here = run_component(JsonLinesExampleGen, tmp_path / "here", input_base=str(data))
    there = run_component(
        JsonLinesExampleGen, tmp_path / "there", input_base=str(data), beam_pipeline_args=ELSEWHERE
    )
    for split in ("train", "eval"):
        assert rows_of(there, split) == rows_of(here, split)
        assert there.result.splits[split].shards == 2
    schema = read_table(f"{there.uri('examples')}/Split-eval").schema
    assert {field.name: str(field.type) for field in schema} == {
        "id": "int64",
        "fare": "float",
        "tags": "list<item: string>",
    }


def test_text_in_one_file_and_numbers_in_another_are_one_clear_error(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data / "1.jsonl", [{"id": n} for n in range(10)])
    write(data / "2.jsonl", [{"id": str(n)} for n in range(10)])
    with pytest.raises(DataError, match="feature 'id' changes its kind of value; expected: int.*got: bytes"):
        run_component(
            JsonLinesExampleGen, tmp_path / "run", input_base=str(data), beam_pipeline_args=ELSEWHERE
        )
