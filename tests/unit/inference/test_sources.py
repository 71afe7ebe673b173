# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.artifacts.standard import Examples
from penstock.errors import DataError, ParameterError
from penstock.inference.column_flow import UNKNOWN, Column, Columns
from penstock.inference.expected import expected_schema
from penstock.inference.job import SourceFiles
from penstock.inference.sources import find_examples, find_source, known_columns
from penstock.inference.spec import InferenceGraph, SourceSpec


def test_a_fingerprint_is_of_names_below_the_folder_and_of_contents(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("id\n1\n")
        (tmp_path / folder / "b.csv").write_text("id\n2\n")
    first, second = (find_source(SourceSpec(name), str(tmp_path)) for name in ("one", "two"))
    assert first.fingerprint == second.fingerprint
    assert first.files != second.files
    (tmp_path / "two" / "b.csv").rename(tmp_path / "two" / "c.csv")
    assert find_source(SourceSpec("two"), str(tmp_path)).fingerprint != first.fingerprint
    assert find_source(SourceSpec("two/a.csv"), str(tmp_path)).fingerprint.startswith(
        "num_files:1,total_bytes:5,"
    )


def test_a_pattern_may_be_absolute_and_the_project_may_have_odd_letters(tmp_path: Path) -> None:
    root = tmp_path / "with [brackets]"
    root.mkdir()
    (root / "a.csv").write_text("id\n")
    assert find_source(SourceSpec("*.csv"), str(root)).files.files == (str(root / "a.csv"),)
    (tmp_path / "plain.csv").write_text("id\n")
    assert find_source(SourceSpec(f"{tmp_path}/pl*.csv"), str(root)).files.files == (
        str(tmp_path / "plain.csv"),
    )


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="the source empty has no files.*an empty folder"):
        find_source(SourceSpec("empty"), str(tmp_path))


def examples(folder: Path, *splits: str) -> Examples:
    for split in splits:
        (folder / f"Split-{split}").mkdir(parents=True)
        pq.write_table(pa.table({"x": [1]}), folder / f"Split-{split}" / "data-00000-of-00001.parquet")
    return Examples(str(folder), properties={"split_names": json.dumps(list(splits))})


def test_splits_of_several_artifacts_are_read_split_by_split(tmp_path: Path) -> None:
    both = [examples(tmp_path / "a", "train", "eval"), examples(tmp_path / "b", "train")]
    found = [uri.removeprefix(f"{tmp_path}/").rpartition("/")[0] for uri in find_examples(both).files]
    assert found == ["a/Split-train", "b/Split-train", "a/Split-eval"]
    assert len(find_examples(both, ["eval"]).files) == 1
    with pytest.raises(ParameterError, match="the examples have no split 'evil'.*did you mean 'eval'"):
        find_examples(both, ["evil"])
    with pytest.raises(DataError, match="the examples have no rows"):
        find_examples([Examples(str(tmp_path))])


def test_columns_are_known_from_a_header_or_a_footer(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1,2\n")
    assert known_columns(SourceFiles((str(tmp_path / "a.csv"),))) == Columns(
        {"id": Column(readable=("int", "float")), "x": Column(readable=("int", "float"))}
    )
    table = pa.table({"i": [1], "f": [0.5], "t": ["x"], "v": [[1.5]], "b": [True]})
    pq.write_table(table, tmp_path / "a.parquet")
    found = known_columns(SourceFiles((str(tmp_path / "a.parquet"),)))
    assert {name: (c.kind, c.is_list) for name, c in found.known.items()} == {
        "i": ("int", False),
        "f": ("float", False),
        "t": ("bytes", False),
        "v": ("float", True),
        "b": (None, False),
    }
    assert not found.more
    (tmp_path / "a.jsonl").write_text('{"x": 1.5, "t": "1"}\n')
    assert known_columns(SourceFiles((str(tmp_path / "a.jsonl"),))) == Columns(
        {"x": Column(readable=("float",)), "t": Column(readable=())}, more=True
    )
    assert known_columns(SourceFiles(("a.tfrecord",))) == UNKNOWN
    assert list(known_columns(SourceFiles(("x.png",), "files")).known) == ["file", "content"]
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(DataError, match="bad.parquet is no Parquet"):
        known_columns(SourceFiles((str(tmp_path / "bad.parquet"),)))


def test_what_results_will_hold_is_known_as_far_as_types_are() -> None:
    columns = Columns(
        {
            "id": Column(),
            "left": Column(),
            "score": Column("m", "float", False, "float32"),
            "vector": Column("m", "float", True, "float64"),
            "city": Column("l"),
        },
        more=True,
    )
    source = pa.schema([("id", pa.string()), ("left", pa.int64())])
    found = expected_schema(columns, InferenceGraph((), key="id", carry=()), source)
    assert found.schema == pa.schema(
        [("id", pa.string()), ("score", pa.float32()), ("vector", pa.list_(pa.float64()))]
    )
    assert (found.others, found.more) == (("city",), True)
