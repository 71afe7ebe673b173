# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.inference import SinkSpec
from penstock.inference.sinks import deliver


def test_a_dry_run_tells_the_schema_and_needs_nothing_of_google(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = pa.array([[{"label": "circle", "score": 0.9, "box": [1.0, 2.0, 3.0, 4.0]}]])
    pq.write_table(pa.table({"file": ["a.png"], "predictions": found}), tmp_path / "results.parquet")
    spec = SinkSpec(bigquery="project:pictures.shapes", options={"dry_run": True})
    with caplog.at_level(logging.WARNING):
        report = deliver(
            spec, [str(tmp_path / "results.parquet")], project_root=str(tmp_path), run_token="run"
        )
    assert report.destination == "bigquery project:pictures.shapes (dry run)"
    assert report.rows == 0
    assert '"mode": "REPEATED"' in caplog.text
    assert '"type": "RECORD"' in caplog.text
