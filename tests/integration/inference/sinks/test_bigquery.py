# SPDX-License-Identifier: Apache-2.0
"""BigQuery with Google's libraries, as far as it goes without the service: Beam's own transform on a client that only
remembers. No lock has the libraries, so most of this runs where someone has installed ``penstock[bigquery]``.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pyarrow as pa
import pytest
from result_files import BOX, every_type, write_results

from penstock.errors import DependencyError, ExecutionError, ParameterError
from penstock.inference.sinks import check, deliver
from penstock.inference.sinks.bigquery.delivery import deliver_to_bigquery
from penstock.inference.sinks.options import options_of
from penstock.inference.sinks.result_rows import ResultRows
from penstock.inference.spec import SinkSpec

TABLE = "project:dataset.segments"


def installed() -> bool:
    try:
        return importlib.util.find_spec("google.cloud.bigquery") is not None
    except ModuleNotFoundError:
        return False


needs_google = pytest.mark.skipif(not installed(), reason="penstock[bigquery] is not installed")


def segments() -> pa.Table:
    found = [[{"label": "cat", "score": 0.9, "box": [0.0, 1.5]}], [], None]
    return pa.table({"file": ["a.png", "b.png", "c.png"], "predictions": pa.array(found, pa.list_(BOX))})


@pytest.mark.skipif(installed(), reason="the libraries are installed")
def test_without_the_libraries_the_extra_is_named(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", segments())
    with pytest.raises(DependencyError, match=r"penstock\[bigquery\]"):
        deliver(SinkSpec(bigquery=TABLE), files, project_root=str(tmp_path), run_token="r")


@needs_google
def test_file_loads_need_a_place(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="temp_location"):
        check(SinkSpec(bigquery=TABLE), segments().schema, str(tmp_path), beam_pipeline_args=())
    check(SinkSpec(bigquery=TABLE), segments().schema, str(tmp_path))
    check(
        SinkSpec(bigquery=TABLE),
        segments().schema,
        str(tmp_path),
        beam_pipeline_args=["--temp_location=gs://b/t"],
    )
    check(SinkSpec(bigquery=TABLE, options={"method": "STREAMING_INSERTS"}), segments().schema, str(tmp_path))


class Jobs:
    """Notes load jobs in a folder, because Beam works on copies of it, with the rows of the files that they name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def Insert(self, request: Any, **_: Any) -> Any:  # noqa: N802  as in Google's client
        load = request.job.configuration.load
        if load is not None:
            lines = [line for uri in load.sourceUris for line in Path(uri).read_text().splitlines()]
            said = {
                "rows": [json.loads(line) for line in lines],
                "dispositions": [load.writeDisposition, load.createDisposition],
                "schema": [_field(field) for field in load.schema.fields],
            }
            (self._folder / f"{uuid4().hex}.json").write_text(json.dumps(said))
        return self.Get(request)

    def Get(self, request: Any) -> Any:  # noqa: N802  as in Google's client
        from apache_beam.io.gcp.internal.clients import bigquery

        reference = bigquery.JobReference(projectId="project", jobId="job", location="US")
        return bigquery.Job(jobReference=reference, status=bigquery.JobStatus(state="DONE"))


class Client:
    """Stands in for Google's client."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.jobs = Jobs(folder)
        self.tables = mock.Mock()
        self.datasets = mock.Mock()


def _field(field: Any) -> list[Any]:
    return [field.name, field.type, field.mode, [_field(part) for part in field.fields]]


def loads(folder: Path) -> list[Any]:
    return [json.loads(path.read_text()) for path in folder.iterdir()]


@needs_google
def test_rows_are_loaded_from_files_of_json(tmp_path: Path) -> None:
    files = write_results(tmp_path / "results", segments(), 2)
    client, seen = Client(tmp_path / "seen"), tmp_path / "seen"
    options = {"temp_location": str(tmp_path / "temp"), "write_disposition": "WRITE_TRUNCATE"}
    spec = SinkSpec(bigquery=TABLE, options=options)
    report = deliver_to_bigquery(ResultRows(files), TABLE, options_of(spec), test_client=client)
    assert (report.rows, report.destination) == (3, f"bigquery {TABLE}")
    rows = sorted((row for load in loads(seen) for row in load["rows"]), key=lambda row: str(row["file"]))
    assert rows == [
        {"file": "a.png", "predictions": [{"label": "cat", "score": 0.9, "box": [0, 1.5]}]},
        {"file": "b.png", "predictions": []},
        {"file": "c.png", "predictions": []},
    ]
    load = loads(seen)[0]
    assert load["dispositions"] == ["WRITE_TRUNCATE", "CREATE_IF_NEEDED"]
    parts = [
        ["label", "STRING", "NULLABLE", []],
        ["score", "FLOAT", "NULLABLE", []],
        ["box", "FLOAT", "REPEATED", []],
    ]
    assert load["schema"] == [
        ["file", "STRING", "NULLABLE", []],
        ["predictions", "RECORD", "REPEATED", parts],
    ]


@needs_google
def test_every_type_is_json_that_can_be_loaded(tmp_path: Path) -> None:
    client, seen = Client(tmp_path / "seen"), tmp_path / "seen"
    options = options_of(SinkSpec(bigquery=TABLE, options={"temp_location": str(tmp_path / "temp")}))
    files = write_results(tmp_path / "results", every_type())
    deliver_to_bigquery(ResultRows(files), TABLE, options, test_client=client)
    first = next(row for load in loads(seen) for row in load["rows"] if row["key"] == "a")
    assert (first["bytes"], first["instant"], first["price"]) == (
        "AP8=",
        "2024-01-31T11:00:00.000000Z",
        "1.50",
    )


@needs_google
def test_a_refusal_is_one_error(tmp_path: Path) -> None:
    client = mock.Mock()
    client.jobs.Insert.side_effect = RuntimeError("Access Denied: Dataset project:dataset")
    options = options_of(SinkSpec(bigquery=TABLE, options={"temp_location": str(tmp_path / "temp")}))
    files = write_results(tmp_path / "results", segments())
    with pytest.raises(
        ExecutionError, match="nightly: writing to BigQuery project:dataset.segments failed.*Access Denied"
    ):
        deliver_to_bigquery(ResultRows(files), TABLE, options, component="nightly", test_client=client)
