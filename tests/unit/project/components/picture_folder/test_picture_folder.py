# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.picture_folder import PictureFolder
from penstock import testing
from penstock.dsl import Channel
from penstock.errors import DataError
from penstock.types.standard_artifacts import InferenceResult


def results(**shards: list[dict[str, Any]]) -> Channel:
    return testing.artifact(
        InferenceResult, {f"{name}/results.parquet": parquet(rows) for name, rows in shards.items()}
    )


def parquet(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def test_a_file_a_row_from_all_shards() -> None:
    given = results(
        one=[{"file": "/in/a.png", "annotated": b"A"}],
        two=[{"file": "s3://in/b.png", "annotated": b"BB"}, {"file": "/in/c.png", "annotated": None}],
    )
    ran = testing.run_component(PictureFolder(given))
    made = ran.artifact("pictures")
    assert {path.name: path.read_bytes() for path in Path(made.uri).iterdir()} == {
        "a.png": b"A",
        "b.png": b"BB",
    }
    assert ran.rows == 2
    assert made.get_int_custom_property("bytes") == 3
    assert made.uri in ran.summary


def test_results_without_such_a_column() -> None:
    with pytest.raises(DataError, match="no column 'annotated'"):
        testing.run_component(PictureFolder(results(one=[{"file": "/in/a.png", "anotated": b"A"}])))


def test_two_pictures_of_one_name() -> None:
    rows = [{"file": f"/{folder}/a.png", "annotated": b"A"} for folder in "xy"]
    with pytest.raises(DataError, match=r"two pictures are called a\.png"):
        testing.run_component(PictureFolder(results(one=rows)))
