# SPDX-License-Identifier: Apache-2.0
"""Folders on a disk: what is written, what is replaced, and what a killed delivery leaves."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from result_files import every_type, write_results

from penstock.errors import DataError, ParameterError, StorageError
from penstock.examples.tfrecord import read_records
from penstock.inference.sinks import SinkReport, deliver
from penstock.inference.sinks.folder import local
from penstock.inference.sinks.folder.destination import Note
from penstock.inference.spec import SinkSpec
from penstock.metadata.owner import Owner

ROWS = pa.table({"id": pa.array(range(10)), "label": pa.array([f"l{i}" for i in range(10)])})


@pytest.fixture
def results(tmp_path: Path) -> list[str]:
    return write_results(tmp_path / "results", ROWS, files=3)


def delivered(tmp_path: Path, files: list[str], run_token: str = "run-1", **spec: Any) -> SinkReport:
    return deliver(
        SinkSpec(**{"path": "out", **spec}), files, project_root=str(tmp_path), run_token=run_token
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_parquet_has_the_rows_in_order(tmp_path: Path, results: list[str]) -> None:
    report = delivered(tmp_path, results)
    assert names(tmp_path / "out") == ["_SUCCESS", "part-00000-of-00001.parquet"]
    assert pq.read_table(report.files[0]).equals(ROWS)
    assert (report.rows, report.destination) == (10, str(tmp_path / "out"))
    assert report.sentence == f"{tmp_path / 'out'}: 10 rows"


def test_files_are_cut_at_so_many_rows(tmp_path: Path, results: list[str]) -> None:
    report = delivered(tmp_path, results, options={"rows_per_file": 3})
    assert [Path(path).name for path in report.files] == [f"part-0000{i}-of-00004.parquet" for i in range(4)]
    assert [pq.read_metadata(path).num_rows for path in report.files] == [3, 3, 3, 1]
    assert pa.concat_tables([pq.read_table(path) for path in report.files]).equals(ROWS)


def test_only_the_columns_that_are_asked_for(tmp_path: Path, results: list[str]) -> None:
    report = delivered(tmp_path, results, columns=("label", "id"))
    assert pq.read_table(report.files[0]).equals(ROWS.select(["label", "id"]))


def test_no_rows_make_a_file_without_rows(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", ROWS.slice(0, 0))
    for format, content in [("csv", '"id","label"\n'), ("json_lines", "")]:
        report = delivered(tmp_path, files, format=format)
        assert Path(report.files[0]).read_text() == content
    assert pq.read_table(delivered(tmp_path, files).files[0]).schema.equals(ROWS.schema)


def test_no_files_make_a_folder_without_rows(tmp_path: Path) -> None:
    assert delivered(tmp_path, []).files == ()
    assert names(tmp_path / "out") == ["_SUCCESS"]


def test_json_lines_of_every_type(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", every_type())
    report = delivered(tmp_path, files, format="json_lines", options={"compression": "gzip"})
    assert report.files[0].endswith("part-00000-of-00001.jsonl.gz")
    with gzip.open(report.files[0], "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    assert [row["key"] for row in rows] == ["a", "ä 'b\"", "c"]
    assert rows[0]["found"] == [{"label": "cat", "score": 0.9, "box": [0, 1.5]}]
    assert set(rows[2].values()) == {"c", None}


def test_csv_of_every_type(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", every_type())
    report = delivered(tmp_path, files, format="csv")
    with open(report.files[0], newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert first == {
        "key": "a", "whole": "1", "small": "1", "single": "0.1", "double": "0.1", "truth": "true", "bytes": "AP8=",
        "day": "2024-01-31", "moment": "2024-01-31T12:00:00.000005", "instant": "2024-01-31T11:00:00.000000Z",
        "price": "1.50", "numbers": "[0.1,0.2]", "found": '[{"label":"cat","score":0.9,"box":[0.0,1.5]}]', "kind": "x",
    }  # fmt: skip
    assert (second["key"], second["single"], second["double"]) == ("ä 'b\"", "nan", "inf")
    assert set(third.values()) == {"c", ""}


def test_csv_tells_missing_from_empty(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", pa.table({"a": ["", None], "b": [1, 2]}))
    assert Path(delivered(tmp_path, files, format="csv").files[0]).read_text() == '"a","b"\n"",1\n,2\n'


def test_csv_options(tmp_path: Path, results: list[str]) -> None:
    options = {"delimiter": ";", "header": False, "compression": "zstd"}
    report = delivered(tmp_path, results, format="csv", options=options)
    with pa.CompressedInputStream(report.files[0], "zstd") as stream:
        read = pa_csv.read_csv(
            stream,
            pa_csv.ReadOptions(column_names=["id", "label"]),
            pa_csv.ParseOptions(delimiter=";"),
        )
    assert read.equals(ROWS)


def test_tfrecord_has_a_record_for_each_row(tmp_path: Path, results: list[str]) -> None:
    report = delivered(tmp_path, results, format="tfrecord", options={"rows_per_file": 4})
    records = [record for path in report.files for batch in read_records(path, 100) for record in batch]
    assert len(records) == 10
    assert all(f"l{row}".encode() in record for row, record in enumerate(records))


def test_prediction_logs_name_the_model_of_each_row(tmp_path: Path) -> None:
    rows = {
        "x": [1.0, 2.0, 3.0],
        "y": [5.0, 10.0, 15.0],
        "model_id": [7, 7, 8],
        "model_version": ["v1", "v1", "v2"],
    }
    files = write_results(tmp_path / "results", pa.table(rows))
    report = delivered(
        tmp_path, files, format="prediction_log", options={"inputs": ["x"], "signature": "fives"}
    )
    (records,) = read_records(report.files[0], 10)
    assert [record.count(b"fives") for record in records] == [2, 2, 2]
    assert [(b"v1" in record, b"v2" in record) for record in records] == [(True, False)] * 2 + [(False, True)]


def test_prediction_log_of_every_type(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", every_type())
    report = delivered(tmp_path, files, format="prediction_log")
    (records,) = read_records(report.files[0], 10)
    assert b"AP8=" not in records[0]
    assert b'"label":"cat"' in records[0]


def test_a_later_delivery_replaces_an_earlier_one_whole(tmp_path: Path, results: list[str]) -> None:
    delivered(tmp_path, results, options={"rows_per_file": 1})
    delivered(tmp_path, results[:1], run_token="run-2", format="csv")
    assert names(tmp_path / "out") == ["_SUCCESS", "part-00000-of-00001.csv"]
    assert json.loads((tmp_path / "out" / "_SUCCESS").read_text())["delivery"] == "run-2"
    assert names(tmp_path) == ["out", "results"]


def test_without_an_exchange_of_folders_the_old_one_goes_first(
    tmp_path: Path, results: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_renameat2", lambda: None)
    delivered(tmp_path, results)
    delivered(tmp_path, results[:1])
    assert pq.read_table(tmp_path / "out" / "part-00000-of-00001.parquet").num_rows == 4


def test_what_is_appended_stands_beside(tmp_path: Path, results: list[str]) -> None:
    options = {"mode": "append"}
    delivered(tmp_path, results, options=options)
    delivered(tmp_path, results[:1], run_token="run/2", options=options)
    delivered(tmp_path, results, options=options)
    first, second = names(tmp_path / "out")
    assert (first, second[:6]) == ("run-1", "run-2-")
    assert pq.read_table(tmp_path / "out" / first / "part-00000-of-00001.parquet").equals(ROWS)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, results: list[str]) -> None:
    delivered(tmp_path, results)
    (tmp_path / "out" / "notes.txt").write_text("precious")
    with pytest.raises(StorageError, match="got: notes.txt"):
        delivered(tmp_path, results)
    assert (tmp_path / "out" / "notes.txt").read_text() == "precious"


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path, results: list[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").symlink_to("elsewhere")
    delivered(tmp_path, results)
    delivered(tmp_path, results)
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "elsewhere") == ["_SUCCESS", "part-00000-of-00001.parquet"]


def test_a_failure_leaves_what_was_there(tmp_path: Path, results: list[str]) -> None:
    delivered(tmp_path, results)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no PAR1")
    before = (tmp_path / "out" / "_SUCCESS").read_text()
    with pytest.raises(DataError, match="is no result file"):
        delivered(tmp_path, [*results, str(tmp_path / "broken.parquet")])
    large = write_results(tmp_path / "large", pa.table({"id": pa.array([2**63], pa.uint64())}))
    with pytest.raises(DataError, match="int64 cannot hold"):
        delivered(tmp_path, large, format="tfrecord")
    assert (tmp_path / "out" / "_SUCCESS").read_text() == before
    assert not list(tmp_path.glob(".penstock-sink-*"))


def test_files_with_other_columns_are_refused(tmp_path: Path, results: list[str]) -> None:
    others = write_results(tmp_path / "others", pa.table({"id": ["x"], "label": ["y"]}))
    with pytest.raises(DataError, match="differ from those of.*expected: id int64.*got: id string"):
        delivered(tmp_path, [*results, *others])


def test_a_disk_without_room_leaves_nothing(
    tmp_path: Path, results: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(local, "_to_disk", fill_up)
    with pytest.raises(StorageError, match="the disk is full"):
        delivered(tmp_path, results)
    assert names(tmp_path) == ["results"]


def staging_of(tmp_path: Path, owner: Owner, *, old: bool = False) -> Path:
    staging = tmp_path / f".penstock-sink-out-{os.urandom(16).hex()}"
    (staging / "new").mkdir(parents=True)
    if old:
        (staging / "old").mkdir()
        (staging / "old" / "_SUCCESS").write_text(Note(0, (), "the old one").to_json())
    (staging / "owner.json").write_text(owner.to_text())
    return staging


@pytest.fixture
def dead() -> Owner:
    ours = Owner.current()
    return Owner(ours.host, ours.boot_id, ours.pid_namespace, ours.pid, ours.start_ticks - 1)


def test_what_killed_deliveries_left_is_swept(tmp_path: Path, results: list[str], dead: Owner) -> None:
    abandoned, alive = staging_of(tmp_path, dead), staging_of(tmp_path, Owner.current())
    other = tmp_path / f".penstock-sink-out-2-{os.urandom(16).hex()}"
    other.mkdir()
    delivered(tmp_path, results)
    assert (abandoned.exists(), alive.exists(), other.exists()) == (False, True, True)


def test_the_old_files_come_back_where_a_kill_came_between(tmp_path: Path, dead: Owner) -> None:
    staging_of(tmp_path, dead, old=True)
    with pytest.raises(ZeroDivisionError), local.filled(str(tmp_path / "out")):
        raise ZeroDivisionError
    assert "the old one" in (tmp_path / "out" / "_SUCCESS").read_text()
    assert names(tmp_path) == ["out"]


def test_a_column_that_is_not_there(tmp_path: Path, results: list[str]) -> None:
    with pytest.raises(DataError, match="no column 'lable'.*did you mean 'label'"):
        delivered(tmp_path, results, columns=("lable",))


def test_the_root_is_no_sink(tmp_path: Path, results: list[str]) -> None:
    with pytest.raises(ParameterError, match="root of the file system"):
        delivered(tmp_path, results, path="/")
