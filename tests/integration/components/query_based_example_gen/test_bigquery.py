# SPDX-License-Identifier: Apache-2.0
"""BigQuery with Google's own client, against a server that answers one query as the REST API does.

The Storage API speaks gRPC and is not imitated. No lock has the libraries, so this runs where someone has installed
``penstock[bigquery]``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from penstock.components.query_based_example_gen import bigquery as ours
from penstock.components.query_based_example_gen.bigquery_place import place_of
from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.errors import ParameterError, StorageError, UsageError

pytestmark = pytest.mark.integration

FIELDS = [
    {"name": "i", "type": "INTEGER", "mode": "NULLABLE"},
    {"name": "x", "type": "FLOAT", "mode": "NULLABLE"},
    {"name": "exact", "type": "NUMERIC", "mode": "NULLABLE"},
    {"name": "truth", "type": "BOOLEAN", "mode": "NULLABLE"},
    {"name": "text", "type": "STRING", "mode": "NULLABLE"},
    {"name": "day", "type": "DATE", "mode": "NULLABLE"},
    {"name": "moment", "type": "TIMESTAMP", "mode": "NULLABLE"},
    {"name": "many", "type": "INTEGER", "mode": "REPEATED"},
]
ROWS = [
    ["1", "0.5", "2.25", "true", "a", "1970-01-11", "1500000", [{"v": "1"}, {"v": "2"}]],
    [None, None, None, None, None, None, None, []],
]
FEATURES = [
    {
        "i": 1,
        "x": 0.5,
        "exact": 2.25,
        "truth": 1,
        "text": "a",
        "day": 10,
        "moment": 1_500_000,
        "many": [1, 2],
    },
    {
        "i": None,
        "x": None,
        "exact": None,
        "truth": None,
        "text": None,
        "day": None,
        "moment": None,
        "many": [],
    },
]


class _Api(BaseHTTPRequestHandler):
    jobs: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        configuration = body["configuration"]
        if "nowhere" in configuration["query"]["query"]:
            self._answer(
                404, {"error": {"code": 404, "message": "Not found: Table nowhere", "status": "NOT_FOUND"}}
            )
            return
        if "forbidden" in configuration["query"]["query"]:
            self._answer(
                403, {"error": {"code": 403, "message": "Access Denied", "status": "PERMISSION_DENIED"}}
            )
            return
        self.jobs.append(configuration)
        self._answer(200, self._job(configuration))

    def do_GET(self) -> None:
        if "/queries/" in self.path:
            rows = [{"f": [{"v": value} for value in row]} for row in ROWS]
            self._answer(
                200,
                {
                    "jobComplete": True,
                    "schema": {"fields": FIELDS},
                    "totalRows": str(len(rows)),
                    "rows": rows,
                    "jobReference": {"projectId": "payer", "jobId": "j", "location": "EU"},
                },
            )
        elif "/data" in self.path:
            self._answer(200, {"totalRows": "2", "rows": [{"f": [{"v": v} for v in row]} for row in ROWS]})
        else:
            self._answer(200, self._job(self.jobs[-1]))

    def _job(self, configuration: dict[str, Any]) -> dict[str, Any]:
        destination = {"projectId": "payer", "datasetId": "d", "tableId": "t"}
        query = {**configuration["query"], "destinationTable": destination}
        return {
            "jobReference": {"projectId": "payer", "jobId": "j", "location": "EU"},
            "status": {"state": "DONE"},
            "configuration": {"jobType": "QUERY", "query": query},
            "statistics": {"query": {"statementType": "SELECT"}},
        }

    def _answer(self, code: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    pytest.importorskip("google.cloud.bigquery")
    import google.auth
    from google.auth.credentials import AnonymousCredentials

    api = type("Api", (_Api,), {"jobs": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(google.auth, "default", lambda scopes: (AnonymousCredentials(), "from-credentials"))
    monkeypatch.setattr(ours, "_storage_client", lambda credentials: None)
    yield api.jobs  # type: ignore[attr-defined]  # made above
    server.shutdown()
    server.server_close()


def test_rows_are_features(jobs: list[dict[str, Any]]) -> None:
    from penstock.components.query_based_example_gen.features import FeatureRows

    source = ours.BigQuerySource("bigquery://payer/events?location=EU&maximum_bytes_billed=1000")
    features = FeatureRows()
    found = [
        (split, row)
        for split, batch in source.batches([SplitQuery("all", "SELECT * FROM t")])
        for row in features.of(batch).to_pylist()
    ]
    assert found == [("all", row) for row in FEATURES]
    (job,) = jobs
    assert job["query"]["query"] == "SELECT * FROM t"
    assert job["query"]["defaultDataset"] == {"projectId": "payer", "datasetId": "events"}
    assert job["query"]["maximumBytesBilled"] == "1000"
    assert job["query"]["useLegacySql"] is False


@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("SELECT * FROM nowhere", UsageError, "Not found: Table nowhere"),
        ("forbidden", StorageError, "Access Denied"),
    ],
)
def test_errors_of_the_service_are_one_error(
    jobs: list[dict[str, Any]], query: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"cannot run the query of split 'all' in BigQuery.*{said}"):
        list(ours.BigQuerySource("bigquery://payer").batches([SplitQuery("all", query)]))


def test_without_credentials_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("google.cloud.bigquery")
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    def refuse(scopes: Any) -> Any:
        raise DefaultCredentialsError("none were found")

    monkeypatch.setattr(google.auth, "default", refuse)
    with pytest.raises(
        StorageError, match="no credentials that Google takes.*GOOGLE_APPLICATION_CREDENTIALS"
    ):
        list(ours.BigQuerySource("bigquery://payer").batches([SplitQuery("all", "SELECT 1")]))


def test_the_url_says_project_dataset_and_options() -> None:
    place = place_of("bigquery://payer/events?location=EU")
    assert (place.project, place.dataset, place.options) == ("payer", "events", {"location": "EU"})
    assert place_of("bigquery://", ["--project=by-beam"]).project == "by-beam"
    assert place_of("bigquery://payer", ["--project=by-beam"]).project == "payer"
    with pytest.raises(ParameterError, match="did you mean 'location'"):
        place_of("bigquery://payer?locaton=EU")
    with pytest.raises(ParameterError, match="too many parts"):
        place_of("bigquery://payer/events/t")
