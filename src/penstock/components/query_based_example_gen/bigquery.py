# SPDX-License-Identifier: Apache-2.0
"""Rows of BigQuery, as the record batches of its Storage API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pyarrow as pa

from penstock.components.query_based_example_gen.bigquery_place import place_of
from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.errors import DependencyError, StorageError, UsageError
from penstock.inference.databases.url import expanded


class BigQuerySource:
    """Answers queries of BigQuery.

    Args:
        url: ``bigquery://project/dataset?location=EU``.
        beam_pipeline_args: Beam arguments, whose ``--project`` is taken where the URL names none.

    Raises:
        ParameterError: The URL cannot be read.
        DependencyError: Google's library is not installed.
    """

    def __init__(self, url: str, beam_pipeline_args: Sequence[str] = ()) -> None:
        self._place = place_of(expanded(url), beam_pipeline_args)
        self._bigquery = _library()

    def batches(self, queries: Sequence[SplitQuery]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yields the rows of queries, each batch with its split.

        Raises:
            StorageError: There are no credentials, or BigQuery refuses.
            UsageError: A query is wrong.
        """
        with _said("connect to BigQuery"):
            credentials, project = _default_login()
            client = self._bigquery.Client(
                project=self._place.project or project,
                credentials=credentials,
                location=self._place.options.get("location"),
            )
            storage = _storage_client(credentials)
        for query in queries:
            with _said(f"run the query of split {query.split!r} in BigQuery"):
                rows = client.query(query.query, job_config=self._job_config(client.project)).result()
                for batch in rows.to_arrow_iterable(bqstorage_client=storage):
                    yield query.split, batch

    def _job_config(self, project: str) -> Any:
        options = self._place.options
        settings: dict[str, Any] = {"use_legacy_sql": False, "labels": {"made-by": "penstock"}}
        if self._place.dataset:
            settings["default_dataset"] = f"{project}.{self._place.dataset}"
        if "priority" in options:
            settings["priority"] = options["priority"].upper()
        if "maximum_bytes_billed" in options:
            settings["maximum_bytes_billed"] = int(options["maximum_bytes_billed"])
        return self._bigquery.QueryJobConfig(**settings)


def _library() -> Any:
    try:
        return import_module("google.cloud.bigquery")
    except ImportError as error:
        raise DependencyError(
            "BigQuery needs Google's library google-cloud-bigquery",
            got=str(error),
            hint="pip install 'penstock[bigquery]'",
        ) from error


def _default_login() -> tuple[Any, str | None]:
    """Returns the environment's credentials and their project."""
    import google.auth

    credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    return credentials, project


def _storage_client(credentials: Any) -> Any:
    """Returns a client of the Storage API; ``None`` where its library is missing, and rows come in JSON's pages."""
    try:
        storage = import_module("google.cloud.bigquery_storage")
    except ImportError:
        return None
    return storage.BigQueryReadClient(credentials=credentials)


@contextmanager
def _said(action: str) -> Iterator[None]:
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except GoogleAuthError as error:
        raise StorageError(
            f"cannot {action}: there are no credentials that Google takes",
            got=str(error),
            hint="set GOOGLE_APPLICATION_CREDENTIALS, or log in with gcloud auth application-default login",
        ) from error
    except GoogleAPIError as error:
        code = getattr(error, "code", None)
        kind = UsageError if code in (400, 404) else StorageError
        raise kind(
            f"cannot {action}",
            got=str(getattr(error, "message", error)).splitlines()[0],
            hint="try the query in the console"
            if kind is UsageError
            else "check the account's rights, and run again",
        ) from error
