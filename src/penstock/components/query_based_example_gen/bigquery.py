# SPDX-License-Identifier: Apache-2.0
"""Rows of BigQuery, as the record batches of its Storage API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa

from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.errors import DependencyError, ParameterError, StorageError, UsageError, did_you_mean
from penstock.inference.databases.url import expanded

_OPTIONS = ("location", "priority", "maximum_bytes_billed")


@dataclass(frozen=True, slots=True)
class BigQueryPlace:
    """What ``bigquery://project/dataset?location=EU`` names.

    Attributes:
        project: Project that pays for the queries; ``None`` for that of the credentials.
        dataset: Dataset of tables that a query names without one.
        options: Location, priority and most bytes to pay for, where they are given.
    """

    project: str | None
    dataset: str | None
    options: dict[str, str]


def place_of(url: str, beam_pipeline_args: Sequence[str] = ()) -> BigQueryPlace:
    """Returns what a URL names.

    Raises:
        ParameterError: It has more parts, or options that there are not.
    """
    parts = urlsplit(url)
    dataset = parts.path.strip("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = next((name for name in options if name not in _OPTIONS), None)
    if "/" in dataset or unknown is not None:
        raise ParameterError(
            f"the URL of BigQuery has an option {unknown!r}"
            if unknown
            else "the URL of BigQuery has too many parts",
            input=url,
            expected="bigquery://project/dataset?location=EU",
            hint=did_you_mean(unknown, _OPTIONS) if unknown else None,
        )
    by_beam = [
        argument[len("--project=") :] for argument in beam_pipeline_args if argument.startswith("--project=")
    ]
    return BigQueryPlace(parts.netloc or (by_beam[-1] if by_beam else None), dataset or None, options)


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
