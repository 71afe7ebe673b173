# SPDX-License-Identifier: Apache-2.0
"""What a URL stands for: a database that SQLAlchemy or ADBC reads, or BigQuery."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from penstock.components.query_based_example_gen.queries import SplitQuery
from penstock.errors import DataError, PenstockError
from penstock.inference.databases.reading import read_rows, read_rows_by_adbc
from penstock.inference.databases.url import database_url

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_FINGERPRINT_ROWS = 100
_FINGERPRINT_CHARACTERS = 500


class QuerySource(Protocol):
    """Answers queries."""

    def batches(self, queries: Sequence[SplitQuery]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yields the rows of queries, each batch with its split, from the start each time it is called."""
        ...


def open_source(
    url: str, driver: str | None, project_root: str, *, beam_pipeline_args: Sequence[str] = ()
) -> QuerySource:
    """Returns what answers queries; nothing is connected yet.

    Args:
        url: The database, with ``${NAME}`` for environment variables.
        driver: ``sqlalchemy``, ``adbc`` or ``None``.
        project_root: Folder that a file of SQLite is relative to.
        beam_pipeline_args: Beam arguments, whose ``--project`` BigQuery takes where the URL has none.

    Raises:
        ParameterError: The URL cannot be read, or driver and database do not go together.
        DependencyError: A library or a driver is missing.
    """
    if url.startswith("bigquery:"):
        from penstock.components.query_based_example_gen.bigquery import BigQuerySource

        return BigQuerySource(url, beam_pipeline_args)
    return SqlSource(database_url(url, project_root), by_adbc=driver == "adbc")


@dataclass(frozen=True, slots=True)
class SqlSource:
    """A database that SQLAlchemy knows.

    Attributes:
        url: The database.
        by_adbc: Whether ADBC reads it.
    """

    url: URL
    by_adbc: bool = False

    def batches(self, queries: Sequence[SplitQuery]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yields the rows of queries, each batch with its split."""
        named = [(query.split, query.query) for query in queries]
        try:
            yield from (read_rows_by_adbc if self.by_adbc else read_rows)(self.url, named)
        except PenstockError as error:
            if error.hint is None:
                error.hint = "the queries are: " + "; ".join(query for _, query in named)
            raise


def fingerprint(url: str, driver: str | None, query: str, project_root: str) -> str:
    """Returns the answer of a query as text, or its SHA-256 where that is long.

    Raises:
        DataError: It answers with nothing, or with more than a few rows.
        StorageError: The database cannot be reached, or refuses.
    """
    rows: list[dict[str, object]] = []
    for _, batch in open_source(url, driver, project_root).batches([SplitQuery("fingerprint_query", query)]):
        rows += batch.to_pylist()
        if len(rows) > _FINGERPRINT_ROWS:
            break
    if not 0 < len(rows) <= _FINGERPRINT_ROWS:
        raise DataError(
            "fingerprint_query says nothing" if not rows else "fingerprint_query gives too many rows",
            input="fingerprint_query",
            expected=f"1 to {_FINGERPRINT_ROWS} rows, such as SELECT COUNT(*), MAX(updated_at) FROM trips",
        )
    text = json.dumps(rows[0] if len(rows) == 1 else rows, default=str, ensure_ascii=False)
    return (
        text
        if len(text) <= _FINGERPRINT_CHARACTERS
        else "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    )
