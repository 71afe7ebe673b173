# SPDX-License-Identifier: Apache-2.0
"""Folders of an object store: what counts, when, and what a killed delivery leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from result_files import write_results

from penstock import files
from penstock.errors import DataError, StorageError
from penstock.inference.sinks import SinkReport, check, deliver
from penstock.inference.sinks.folder import remote
from penstock.inference.spec import SinkSpec
from penstock.metadata.owner import Owner

ROWS = pa.table({"id": pa.array(range(10)), "label": [f"l{i}" for i in range(10)]})


def delivered(
    folder: Path, bucket: str, table: pa.Table = ROWS, run_token: str = "run-1", **spec: Any
) -> SinkReport:
    results = write_results(folder / f"results-{run_token}", table, 2)
    described = SinkSpec(**{"path": f"{bucket}/out", **spec})
    return deliver(described, results, project_root=str(folder), run_token=run_token)


def note(bucket: str) -> dict[str, Any]:
    with files.open(f"{bucket}/out/_SUCCESS") as file:
        document: dict[str, Any] = json.loads(file.read())
    return document


def read(uri: str) -> pa.Table:
    with files.open(uri) as file:
        return pq.read_table(file)


@pytest.mark.parametrize("format", ["parquet", "json_lines", "csv", "tfrecord"])
def test_the_note_names_the_files_that_count(bucket: str, tmp_path: Path, format: str) -> None:
    report = delivered(tmp_path, bucket, format=format, options={"rows_per_file": 4})
    found = note(bucket)
    assert [f"{bucket}/out/{name}" for name in found["files"]] == list(report.files)
    assert [name.rpartition("/")[2].split(".")[0] for name in found["files"]] == [
        f"part-0000{index}-of-00003" for index in range(3)
    ]
    assert (found["rows"], found["delivery"], report.rows) == (10, "run-1", 10)
    assert all(files.size(uri) for uri in report.files)


def test_a_later_delivery_takes_the_place_of_an_earlier_one(bucket: str, tmp_path: Path) -> None:
    first = delivered(tmp_path, bucket)
    second = delivered(tmp_path, bucket, ROWS.slice(0, 3), "run-2")
    assert note(bucket)["delivery"] == "run-2"
    assert read(second.files[0]).num_rows == 3
    assert not files.exists(first.files[0])


def test_what_was_there_counts_until_the_last_moment(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = delivered(tmp_path, bucket)
    finish = remote.finish

    def look_first(folder: str, own: str, said: Any) -> None:
        assert note(bucket)["delivery"] == "run-1"
        assert read(first.files[0]).equals(ROWS)
        finish(folder, own, said)

    monkeypatch.setattr(remote, "finish", look_first)
    delivered(tmp_path, bucket, run_token="run-2")
    assert note(bucket)["delivery"] == "run-2"


def test_a_failure_leaves_what_was_there_and_nothing_else(bucket: str, tmp_path: Path) -> None:
    first = delivered(tmp_path, bucket)
    with pytest.raises(DataError, match="int64 cannot hold"):
        delivered(
            tmp_path, bucket, pa.table({"id": pa.array([1, 2**63], pa.uint64())}), "run-2", format="tfrecord"
        )
    assert note(bucket)["delivery"] == "run-1"
    generation = first.files[0].split("/")[-2]
    assert files.listdir(f"{bucket}/out") == ["_SUCCESS", generation]


def test_what_killed_deliveries_left_is_swept(bucket: str, tmp_path: Path) -> None:
    ours = Owner.current()
    dead = Owner(ours.host, ours.boot_id, ours.pid_namespace, ours.pid, ours.start_ticks - 1)
    for name, owner in (("generation-dead", dead), ("generation-alive", ours)):
        files.write_atomic(f"{bucket}/out/{name}/part-00000-of-00001.parquet", b"half")
        document = {"owner": owner.to_text(), "started": 4e9}
        files.write_atomic(f"{bucket}/out/{name}/_owner.json", json.dumps(document))
    delivered(tmp_path, bucket)
    left = files.listdir(f"{bucket}/out")
    assert "generation-alive" in left
    assert "generation-dead" not in left


def test_objects_of_others_are_left_alone(bucket: str, tmp_path: Path) -> None:
    files.write_atomic(f"{bucket}/out/mine.txt", b"precious")
    with pytest.raises(StorageError, match="no earlier delivery.*got: mine.txt"):
        delivered(tmp_path, bucket)
    assert files.listdir(f"{bucket}/out") == ["mine.txt"]


def test_deliveries_beside_each_other(bucket: str, tmp_path: Path) -> None:
    for token in ("run-1", "run-2", "run-1"):
        delivered(tmp_path, bucket, run_token=token, options={"mode": "append"})
    assert files.listdir(f"{bucket}/out") == ["run-1", "run-2"]
    assert len(files.glob(f"{bucket}/out/*/*/part-*.parquet")) == 2


def test_checking_writes_nothing(bucket: str, tmp_path: Path) -> None:
    check(SinkSpec(path=f"{bucket}/out"), ROWS.schema, str(tmp_path))
    assert not files.exists(f"{bucket}/out")
