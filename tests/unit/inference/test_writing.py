# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.errors import DataError
from penstock.inference import writing
from penstock.inference.finishing import Report, clear, finish
from penstock.inference.flow import Place
from penstock.inference.parquet_results import ParquetResults
from penstock.inference.writing import PartWriter, ResultRows


def _write(writer: PartWriter, unit: int, number: int, is_last: bool = False, **columns: Any) -> None:
    batch = pa.RecordBatch.from_pydict(columns)
    writer.write(Place(unit, number, f"{unit}.csv", 0, is_last), ResultRows(batch, batch, batch))


def _finish(folder: Path, writers: Sequence[PartWriter]) -> pa.Table | None:
    results = ParquetResults("s", str(folder))
    report = Report()
    for writer in writers:
        parts, schema = writer.take()
        report.include(Report(parts=parts, schemas={} if schema is None else {0: schema}))
    (output,) = finish([results], report, "t", optional=-1)
    clear([results], "t")
    assert sorted(entry.name for entry in folder.iterdir()) == [Path(file).name for file in output.files]
    assert len({pq.read_schema(file) for file in output.files}) == 1
    return pa.concat_tables([pq.read_table(file) for file in output.files])


def _writer(folder: Path) -> PartWriter:
    return PartWriter(0, ParquetResults("s", str(folder)), "t")


def test_rows_of_several_workers_come_in_the_order_of_the_source(tmp_path: Path) -> None:
    one, other = _writer(tmp_path), _writer(tmp_path)
    _write(one, 0, 0, is_last=True, x=[0])
    _write(one, 2, 0, x=[3])
    _write(other, 1, 0, x=[1])
    _write(one, 2, 1, is_last=True, x=[4])
    _write(other, 1, 1, is_last=True, x=[2])
    _write(other, 3, 0, is_last=True, x=[5])

    table = _finish(tmp_path, [other, one])

    assert table is not None
    assert table["x"].to_pylist() == [0, 1, 2, 3, 4, 5]


def test_pieces_of_work_that_follow_each_other_share_a_file(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    for unit in range(5):
        _write(writer, unit, 0, is_last=True, x=[unit])

    parts, _ = writer.take()

    assert [(part.start, part.rows) for part in parts] == [((0, 0), 5)]


def test_a_file_ends_where_it_is_large_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROWS_PER_FILE", 4)
    writer = _writer(tmp_path)
    for number in range(5):
        _write(writer, 0, number, x=[number] * 2)

    table = _finish(tmp_path, [writer])

    assert table is not None
    assert table["x"].to_pylist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert len(list(tmp_path.iterdir())) == 3


def test_all_files_get_the_widest_types_and_all_columns(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    _write(writer, 0, 0, x=pa.nulls(1), y=[1])
    _write(writer, 0, 1, x=[1], y=[2])
    _write(writer, 0, 2, x=[0.5], y=[3], late=["l"])

    table = _finish(tmp_path, [writer])

    assert table is not None
    assert table.to_pydict() == {"x": [None, 1.0, 0.5], "y": [1, 2, 3], "late": [None, None, "l"]}


def test_a_type_that_fits_no_other_is_told(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    _write(writer, 0, 0, x=[1])

    with pytest.raises(DataError, match="column 'x' changes its type"):
        _write(writer, 0, 1, x=["one"])
    writer.abandon()


def test_without_rows_there_is_a_file_of_the_columns(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    writer.write(
        Place(0, 0, "0.csv", 0, True),
        ResultRows(*[pa.RecordBatch.from_arrays([pa.array([], pa.int64())], ["x"])] * 3),
    )

    table = _finish(tmp_path, [writer])

    assert table is not None
    assert (table.num_rows, table.schema.names) == (0, ["x"])


def test_before_the_end_nothing_is_to_be_seen(tmp_path: Path) -> None:
    writer = _writer(tmp_path)
    _write(writer, 0, 0, x=[1])
    writer.take()

    assert all(entry.name.startswith(".") for entry in tmp_path.iterdir())
