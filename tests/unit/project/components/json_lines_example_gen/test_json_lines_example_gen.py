# SPDX-License-Identifier: Apache-2.0
"""The component's declaration and its three roles, on files in a folder."""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from component_runs import Ran, run_component

from components.json_lines_example_gen import JsonLinesExampleGen
from penstock.data import ExamplesReader, read_pandas
from penstock.errors import DataError
from penstock.proto import Input, Output, RangeConfig, SplitConfig, StaticRange
from penstock.types.standard_artifacts import Examples

FOLDER = Path(__file__).parents[5] / "components" / "json_lines_example_gen"


def write(path: Path, rows: Sequence[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def trips(first: int, count: int) -> list[object]:
    return [{"id": n, "fare": n / 2, "tags": ["a"] * (n % 3)} for n in range(first, first + count)]


def rows_of(ran: Ran, *splits: str) -> list[dict[str, object]]:
    found = [row for split in splits for row in split_rows(ran, split)]
    return sorted(found, key=str)


def split_rows(ran: Ran, split: str) -> list[dict[str, object]]:
    return [
        row
        for batch in ExamplesReader(f"{ran.uri('examples')}/Split-{split}").batches()
        for row in batch.to_pylist()
    ]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path / "data" / "a.jsonl", trips(0, 200))
    write(tmp_path / "data" / "b.jsonl.gz", trips(200, 100))
    (tmp_path / "data" / "README.md").write_text("no JSON\n")
    return tmp_path / "data"


def test_takes_the_json_lines_files_of_a_folder(data: Path, tmp_path: Path) -> None:
    ran = run_component(JsonLinesExampleGen, tmp_path / "run", input_base=str(data))
    assert rows_of(ran, "train", "eval") == sorted(trips(0, 300), key=str)
    assert set(ran.result.splits) == {"train", "eval"}
    assert ran.result.splits["train"].rows + ran.result.splits["eval"].rows == 300
    assert 150 < ran.result.splits["train"].rows < 250


def test_records_what_every_example_gen_records(data: Path, tmp_path: Path) -> None:
    ran = run_component(JsonLinesExampleGen, tmp_path / "run", input_base=str(data))
    assert ran.record.rows == 300
    assert ran.record.summary == "3 features from 2 files"
    (examples,) = ran.outputs["examples"]
    assert isinstance(examples, Examples)
    assert examples.splits == ("train", "eval")
    assert examples.get_string_custom_property("payload_format") == "FORMAT_PARQUET"
    assert "num_files:2" in examples.get_string_custom_property("input_fingerprint")


@pytest.mark.parametrize("format_", ["parquet", "tfrecord"])
def test_writes_either_format(data: Path, tmp_path: Path, format_: str) -> None:
    ran = run_component(JsonLinesExampleGen, tmp_path / "run", input_base=str(data), examples_format=format_)
    reader = ExamplesReader(f"{ran.uri('examples')}/Split-train")
    assert reader.format == format_
    assert [(f.name, f.kind, f.is_list) for f in reader.features] == [
        ("id", "int", False),
        ("fare", "float", False),
        ("tags", "bytes", True),
    ]


def test_takes_spans_versions_and_splits(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for span, version, first in ((1, 1, 0), (1, 2, 100), (2, 1, 200)):
        write(data / f"span-{span}" / f"v{version}" / "learn" / "x.jsonl", trips(first, 10))
        write(data / f"span-{span}" / f"v{version}" / "judge" / "x.jsonl", trips(first + 10, 5))
    patterns = [
        Input.Split(name=name, pattern=f"span-{{SPAN}}/v{{VERSION}}/{name}/*.jsonl")
        for name in ("learn", "judge")
    ]
    ran = run_component(
        JsonLinesExampleGen,
        tmp_path / "run",
        input_base=str(data),
        input_config=Input(splits=patterns),
        range_config=RangeConfig(static_range=StaticRange(start_span_number=1, end_span_number=1)),
    )
    assert rows_of(ran, "learn") == sorted(trips(100, 10), key=str)
    assert rows_of(ran, "judge") == sorted(trips(110, 5), key=str)
    (examples,) = ran.outputs["examples"]
    assert isinstance(examples, Examples)
    assert (examples.span, examples.version) == (1, 2)


def test_shares_rows_out_as_told(data: Path, tmp_path: Path) -> None:
    shares = [SplitConfig.Split(name="a", hash_buckets=1), SplitConfig.Split(name="b", hash_buckets=1)]
    ran = run_component(
        JsonLinesExampleGen,
        tmp_path / "run",
        input_base=str(data),
        output_config=Output(split_config=SplitConfig(splits=shares, partition_feature_name="id")),
    )
    assert rows_of(ran, "a", "b") == sorted(trips(0, 300), key=str)
    assert 100 < ran.result.splits["a"].rows < 200


def test_the_split_of_a_row_does_not_depend_on_the_order_of_rows_and_keys(tmp_path: Path) -> None:
    rows = [{"id": n, "x": n / 2 if n % 2 else n} for n in range(300)]
    members = []
    for name, ordered in (("a", rows), ("b", [dict(reversed(row.items())) for row in reversed(rows)])):
        write(tmp_path / name / "x.jsonl", ordered)
        ran = run_component(JsonLinesExampleGen, tmp_path / f"run-{name}", input_base=str(tmp_path / name))
        members.append({row["id"] for row in split_rows(ran, "train")})
    assert members[0] == members[1]


def test_a_type_that_widens_leaves_no_row_twice(tmp_path: Path) -> None:
    rows = [{"x": n} for n in range(9000)] + [{"x": 0.5}]
    write(tmp_path / "data" / "x.jsonl", rows)
    ran = run_component(JsonLinesExampleGen, tmp_path / "run", input_base=str(tmp_path / "data"))
    splits = [read_pandas(f"{ran.uri('examples')}/Split-{split}") for split in ("train", "eval")]
    assert sum(len(split) for split in splits) == 9001
    assert {str(split["x"].dtype) for split in splits} == {"float32"}
    assert sorted(value for split in splits for value in split["x"]) == sorted(
        float(row["x"]) for row in rows
    )


def test_a_folder_without_such_files_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trips.csv").write_text("x\n1\n")
    with pytest.raises(DataError, match=r"no file of split 'single_split' matches '\*\.jsonl\*'"):
        run_component(JsonLinesExampleGen, tmp_path / "run", input_base=str(tmp_path / "data"))


@pytest.mark.parametrize("component", ["json_lines_example_gen", "drift_gate"])
def test_stands_on_the_public_api_alone(component: str) -> None:
    public = {"authoring", "data", "dsl", "errors", "proto", "types"}
    found = {
        node.module
        for path in (FOLDER.parent / component).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("penstock")
    }
    assert found
    assert {name.split(".")[1] for name in found} <= public
