# SPDX-License-Identifier: Apache-2.0
"""Result files as the engine writes them, for tests of what comes after it."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BOX = pa.struct([("label", pa.string()), ("score", pa.float32()), ("box", pa.list_(pa.float32()))])
"""One object that a segmentation model has found."""

_UTC = datetime.timezone.utc


def write_results(folder: Path, table: pa.Table, files: int = 1) -> list[str]:
    """Writes a table as so many Parquet files of equal size, and returns their paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = -(-table.num_rows // files)
    paths = []
    for index in range(files):
        path = folder / f"results-{index:05d}-of-{files:05d}.parquet"
        pq.write_table(table.slice(index * rows, rows), path)
        paths.append(str(path))
    return paths


def every_type() -> pa.Table:
    """Returns three rows with a column of each type that results may have; the last row has no values but its key."""
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    columns = {
        "key": pa.array(["a", "ä 'b\"", "c"]),
        "whole": pa.array([1, -(2**53) - 1, None], pa.int64()),
        "small": pa.array([1, 255, None], pa.uint8()),
        "single": pa.array([0.1, float("nan"), None], pa.float32()),
        "double": pa.array([0.1, float("inf"), None], pa.float64()),
        "truth": pa.array([True, False, None]),
        "bytes": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "day": pa.array([datetime.date(2024, 1, 31), datetime.date(1969, 7, 20), None]),
        "moment": pa.array(["2024-01-31T12:00:00.000005", "1969-07-20", None]).cast(pa.timestamp("us")),
        "instant": pa.array(
            [
                datetime.datetime(2024, 1, 31, 12, tzinfo=berlin),
                datetime.datetime(1969, 7, 20, tzinfo=_UTC),
                None,
            ],
            pa.timestamp("us", "Europe/Berlin"),
        ),
        "price": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-2.25"), None], pa.decimal128(10, 2)),
        "numbers": pa.array([[0.1, 0.2], [], None], pa.list_(pa.float32())),
        "found": pa.array(
            [[{"label": "cat", "score": 0.9, "box": [0.0, 1.5]}], [], None],
            pa.list_(BOX),
        ),
        "kind": pa.array(["x", "y", None]).dictionary_encode(),
    }
    return pa.table(columns)
