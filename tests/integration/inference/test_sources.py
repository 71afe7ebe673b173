# SPDX-License-Identifier: Apache-2.0
"""What the engine reads: every format, what is wrong in it, and files that are not local."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from inference_jobs import failed_rows, job_of, results, write_rows

from penstock.errors import DataError
from penstock.inference import engine
from penstock.inference.job import InferenceSummary, SourceFiles
from penstock.inference.spec import FunctionStep, SourceFormat, Step

KEPT = (Step("kept"),)


def _read(folder: Path, *paths: Path, format: SourceFormat | None = None) -> InferenceSummary:
    files = [str(path) for path in paths]
    return engine.run(job_of(folder, files, steps=KEPT, format=format, source_rows=3))


def test_csv_is_typed_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x,note,empty\n1,1,one,\n2,2,,\n")
    (tmp_path / "b.csv").write_bytes(gzip.compress(b"id,x,note,empty\n3,2.5,3,\n"))

    table = results(_read(tmp_path, tmp_path / "a.csv", tmp_path / "b.csv"), "kept")

    assert table.to_pydict() == {
        "id": [1, 2, 3], "x": [1.0, 2.0, 2.5], "note": ["one", None, "3"], "empty": [None] * 3,
    }  # fmt: skip
    assert [str(type_) for type_ in table.schema.types] == ["int64", "double", "string", "string"]


def test_numbers_keep_all_their_digits(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,price\n1,1234567.89\n2,0.1257302210933933\n")
    (tmp_path / "a.jsonl").write_text(
        '{"id": 1, "price": 1234567.89}\n{"id": 2, "price": 0.1257302210933933}\n'
    )

    for path in (tmp_path / "a.csv", tmp_path / "a.jsonl"):
        table = results(_read(tmp_path / path.suffix, path), "kept")
        assert table["price"].to_pylist() == [1234567.89, 0.1257302210933933]


def test_a_ragged_line_is_a_failed_row_and_its_neighbours_are_read(tmp_path: Path) -> None:
    lines = ["id,x", "1,10", "2", "3,30", "4,40,4", "5,50", "6,60", "7,70", "8"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    job = job_of(tmp_path, [str(tmp_path / "a.csv")], steps=KEPT, source_rows=3)

    summary = engine.run(job)

    assert results(summary, "kept")["id"].to_pylist() == [1, 3, 5, 6, 7]
    letters = failed_rows(job)
    assert [(letter["row_number"], letter["stage"], letter["step"]) for letter in letters] == [
        (1, "read", "source"), (3, "read", "source"), (7, "read", "source"),
    ]  # fmt: skip
    assert json.loads(letters[1]["row"]) == {"line": "4,40,4"}
    assert "3 cells, and the header 2" in letters[1]["error"]
    assert (summary.rows, summary.failed_rows) == (8, 3)


def test_a_row_behind_unreadable_ones_keeps_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1\n2\n3,30\n4\n5,\n6,60\n")
    job = job_of(tmp_path, [str(tmp_path / "a.csv")], source_rows=10)

    engine.run(job)

    letters = [letter for letter in failed_rows(job) if letter["stage"] == "inference"]
    assert [(letter["key"], letter["row_number"]) for letter in letters] == [("5", 4)]


def test_a_quote_that_is_never_closed_is_an_error_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,x\n1,2\n3,"4\n5,6\n')

    with pytest.raises(DataError, match="line 3 that is never closed"):
        _read(tmp_path, tmp_path / "a.csv")
    assert not list(tmp_path.glob("results/*"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"id,id\n1,2\n", "names a column twice"),
        (b"id,x\n1,\xff\n", "not UTF-8 in line 2"),
    ],
)
def test_a_csv_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(DataError, match=message):
        _read(tmp_path, tmp_path / "a.csv")


def test_a_csv_file_of_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    for content in ("id,x", "id,x\n"):
        (tmp_path / "a.csv").write_text(content)
        summary = _read(tmp_path, tmp_path / "a.csv")
        assert results(summary, "kept").schema.names == ["id", "x"]
        assert summary.rows == 0


def test_json_lines_are_typed_over_all_files(tmp_path: Path) -> None:
    first = ['{"id": 1, "x": 1, "tags": ["a"], "flag": true}', "", '{"id": 2, "more": {"a": 1}}']
    (tmp_path / "a.jsonl").write_text("\n".join(first))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"id": 3, "x": 0.5, "tags": [], "mixed": 1}\n'))

    table = results(_read(tmp_path, tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"), "kept")

    assert table.to_pydict() == {
        "id": [1, 2, 3],
        "x": [1.0, None, 0.5],
        "tags": [["a"], None, []],
        "flag": [1, None, None],
        "more": [None, '{"a": 1}', None],
        "mixed": [None, None, 1],
    }
    assert str(table.schema.field("x").type) == "double"


def test_a_line_that_is_no_json_object_is_a_failed_row(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n{"id": 2\n[3]\n{"id": 4}\n{"id": "\\ud800"}\n')
    job = job_of(tmp_path, [str(tmp_path / "a.jsonl")], steps=KEPT)

    summary = engine.run(job)

    assert results(summary, "kept")["id"].to_pylist() == [1, 4]
    letters = failed_rows(job)
    assert [letter["row_number"] for letter in letters] == [1, 2, 4]
    assert json.loads(letters[0]["row"]) == {"line": '{"id": 2'}
    assert "no JSON object but list" in letters[1]["error"]
    assert "not Unicode" in letters[2]["error"]


def test_parquet_keeps_its_types_and_may_lack_columns(tmp_path: Path) -> None:
    first = pa.table(
        {"id": [1, 2], "when": pa.array([0, 1], pa.timestamp("ms")), "x": pa.array([1, 2], pa.int32())}
    )
    second = pa.table(
        {"id": [3], "x": pa.array([2.5], pa.float64()), "kind": pa.array(["a"]).dictionary_encode()}
    )
    pq.write_table(first, tmp_path / "a.parquet")
    pq.write_table(second, tmp_path / "b.parquet")

    table = results(_read(tmp_path, tmp_path / "a.parquet", tmp_path / "b.parquet"), "kept")

    assert table["x"].to_pylist() == [1.0, 2.0, 2.5]
    assert table["kind"].to_pylist() == [None, None, "a"]
    assert table.schema.field("when").type == pa.timestamp("ms")
    assert table["when"].null_count == 1


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"id": ["one"]}), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("id\n1\n")

    with pytest.raises(DataError, match="column 'id' changes its type"):
        _read(tmp_path, tmp_path / "a.parquet", tmp_path / "b.parquet")
    with pytest.raises(DataError, match="differ in format"):
        _read(tmp_path, tmp_path / "a.parquet", tmp_path / "c.csv")


def test_what_is_no_parquet_is_an_error(tmp_path: Path) -> None:
    path = Path(write_rows(tmp_path / "a.parquet", 500))
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(DataError, match="cannot be read as Parquet"):
        _read(tmp_path, path)


def test_only_some_columns_may_be_read(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 5)], steps=KEPT)

    table = results(engine.run(replace(job, source=SourceFiles(job.source.files, columns=("x",)))), "kept")
    assert table.schema.names == ["x"]
    with pytest.raises(DataError, match="no column 'y'"):
        engine.run(replace(job, source=SourceFiles(job.source.files, columns=("y",))))


def test_whole_files_are_rows(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.bin" for name in "abcd"]
    for path in paths:
        path.write_bytes(path.name.encode() * 3)
    paths[2].unlink()
    job = job_of(tmp_path, [str(path) for path in paths], steps=KEPT, format="files", source_rows=2)

    summary = engine.run(job)

    table = results(summary, "kept")
    left = [paths[0], paths[1], paths[3]]
    assert table["file"].to_pylist() == [str(path) for path in left]
    assert table["content"].to_pylist() == [path.read_bytes() for path in left]
    (letter,) = failed_rows(job)
    assert (letter["file"], letter["stage"], letter["row_number"]) == (str(paths[2]), "read", 2)


def test_a_file_that_a_model_refuses_is_named(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.bin" for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode())
    (tmp_path / "decoding.py").write_text(
        "def decoded(batch):\n"
        "    assert b'b.bin' not in batch.column('content').to_pylist(), 'no picture'\n"
        "    return batch\n"
    )
    steps = (Step("kept", function=FunctionStep("decoding.decoded")),)
    job = job_of(tmp_path, [str(path) for path in paths], steps=steps, format="files")

    assert engine.run(job).failed_rows == 1

    (letter,) = failed_rows(job)
    assert (letter["file"], letter["row_number"]) == (str(paths[1]), 1)
    assert json.loads(letter["row"]) == {"file": str(paths[1]), "content": "b.bin"}


def test_no_file_at_all_is_no_row(tmp_path: Path) -> None:
    assert engine.run(job_of(tmp_path, [])) == InferenceSummary()


@pytest.mark.tensorflow
@pytest.mark.parametrize("format", ["tfrecord", "parquet"])
def test_examples_of_an_artifact(tmp_path: Path, format: SourceFormat) -> None:
    pytest.importorskip("tfx_bsl")
    from penstock.examples.reader import find_shards
    from penstock.examples.writer import ExamplesWriter

    with ExamplesWriter(str(tmp_path / "examples"), format=format) as writer:  # type: ignore[arg-type]  # two of them
        rows = pa.table(
            {"id": range(7), "x": [0.5 * n for n in range(7)], "name": [f"n{n}" for n in range(7)]}
        )
        writer.write("train", rows.to_batches()[0])
    shards = find_shards([str(tmp_path / "examples" / "Split-train")])

    table = results(_read(tmp_path, *map(Path, shards)), "kept")

    assert table["id"].to_pylist() == list(range(7))
    assert table["name"].to_pylist() == [f"n{n}" for n in range(7)]
    assert str(table.schema.field("x").type) == "float"


def test_files_may_be_in_an_object_store(tmp_path: Path, bucket: str) -> None:
    from penstock import files

    local = write_rows(tmp_path / "a.parquet", 500)
    files.copy_tree(local, f"{bucket}/in/a.parquet")
    job = job_of(tmp_path, [f"{bucket}/in/a.parquet"])
    job = replace(job, result_uri=f"{bucket}/out", dead_letters_uri=f"{bucket}/failed")

    summary = engine.run(job, ["--direct_num_workers=2"])

    assert files.listdir(f"{bucket}/out") == [Path(file).name for file in summary.outputs["add"].files]
    rows = []
    for file in summary.outputs["add"].files:
        with files.open(file) as opened:
            rows += pq.read_table(opened)["sum"].to_pylist()
    assert rows == list(range(1, 501))
