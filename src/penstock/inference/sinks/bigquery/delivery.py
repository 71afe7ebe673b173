# SPDX-License-Identifier: Apache-2.0
"""Delivers rows to BigQuery with Beam's ``WriteToBigQuery``."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from penstock.inference.sinks.bigquery.requirements import check_library, check_location
from penstock.inference.sinks.bigquery.schema import bigquery_schema, rows_of, schema_json
from penstock.inference.sinks.report import SinkReport
from penstock.inference.sinks.result_rows import ResultRows

_LOG = logging.getLogger(__name__)


def deliver_to_bigquery(
    rows: ResultRows,
    table: str,
    options: Mapping[str, Any],
    *,
    beam_pipeline_args: Sequence[str] = (),
    component: str | None = None,
    test_client: Any = None,
) -> SinkReport:
    """Writes rows to a table of BigQuery.

    With ``FILE_LOADS`` they become visible together, when the load job is done.

    Args:
        rows: The rows.
        table: ``project:dataset.table``.
        options: All options of BigQuery. With ``dry_run``, the table's schema is told, and nothing is written.
        beam_pipeline_args: Arguments of the Beam pipeline.
        component: Node that the work is for.
        test_client: Stands in for BigQuery's client.

    Raises:
        DependencyError: Google's libraries are not installed.
        ExecutionError: The pipeline failed; its error names BigQuery's cause.
    """
    if options["dry_run"]:
        _LOG.warning("BigQuery's table %s would have this schema: %s", table, schema_json(rows.schema))
        return SinkReport(f"bigquery {table} (dry run)", 0)
    check_library()
    check_location(options, beam_pipeline_args)
    from apache_beam import Create, FlatMap
    from apache_beam.io.gcp.bigquery import WriteToBigQuery

    from penstock.beam.pipeline import open_pipeline

    schema = bigquery_schema(rows.schema)
    write = WriteToBigQuery(
        table,
        schema=schema,
        create_disposition=options["create_disposition"],
        write_disposition=options["write_disposition"],
        method=options["method"],
        custom_gcs_temp_location=options["temp_location"] or None,
        test_client=test_client,
        validate=test_client is None,
    )
    with open_pipeline(
        beam_pipeline_args, component=component, what=f"writing to BigQuery {table}"
    ) as pipeline:
        sources = [(uri, rows.columns) for uri in rows.uris]
        _ = pipeline | "Files" >> Create(sources) | "Rows" >> FlatMap(_rows) | "Write" >> write
    return SinkReport(f"bigquery {table}", rows.rows, replaced=None, duplicates=None)


def _rows(source: tuple[str, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    uri, columns = source
    for batch in ResultRows([uri], columns).batches():
        yield from rows_of(batch)
