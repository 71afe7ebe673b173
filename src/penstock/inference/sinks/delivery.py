# SPDX-License-Identifier: Apache-2.0
"""Delivers the rows of result files to a sink."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from penstock.errors import PenstockError
from penstock.inference.sinks.checking import check, key_of
from penstock.inference.sinks.options import kind_of_sink, options_of
from penstock.inference.sinks.report import SinkReport
from penstock.inference.spec import SinkSpec

if TYPE_CHECKING:
    from penstock.inference.sinks.result_rows import ResultRows
    from penstock.runtime.roles import ExecutorContext


def deliver(
    spec: SinkSpec,
    files: Sequence[str],
    *,
    project_root: str,
    run_token: str,
    key: str | Sequence[str] | None = None,
    component: str | None = None,
    beam_pipeline_args: Sequence[str] = (),
) -> SinkReport:
    """Writes the rows of result files to a sink: all of them, or none.

    Memory does not grow with the number of rows. Delivering the same rows again leaves what is there as it is, but for
    BigQuery with ``WRITE_APPEND``.

    Args:
        spec: The sink.
        files: Parquet files of one schema, in the order of their rows.
        project_root: Folder of the project, which paths are relative to.
        run_token: What tells this delivery from others; the same when a delivery is tried again.
        key: Columns that tell rows apart, where the sink names none.
        component: Node that the work is for.
        beam_pipeline_args: Arguments for the Beam pipeline of a BigQuery sink.

    Raises:
        ParameterError: The sink is described wrongly.
        DataError: The sink does not take the rows.
        StorageError: It cannot be reached, or refuses.
        DependencyError: A library is not installed.
    """
    from penstock.inference.sinks.result_rows import ResultRows

    started = time.monotonic()
    try:
        kind_of_sink(spec)
        rows = ResultRows(files, spec.columns)
        schema = rows.schema if rows.uris else None
        check(spec, schema, project_root, key=key, beam_pipeline_args=beam_pipeline_args)
        report = _delivered(
            spec, rows, project_root, run_token, key_of(spec, key), component, beam_pipeline_args
        )
    except PenstockError as error:
        if component:
            error.with_component(component)
        raise
    return dataclasses.replace(report, seconds=time.monotonic() - started)


def deliver_all(
    specs: Sequence[SinkSpec],
    files_of: Callable[[str | None], Sequence[str]],
    key: str | None,
    context: ExecutorContext,
) -> tuple[SinkReport, ...]:
    """Writes the results of a node to each of its sinks, one after the other; see :func:`deliver`.

    Args:
        specs: The sinks.
        files_of: Returns the result files of a step, or of the last one.
        key: Column that tells rows apart.
        context: Where the node stands: an attempt after a failed one delivers under the same token.
    """
    node = f"{context.pipeline}/{context.run_id}/{context.node_id}"
    return tuple(
        deliver(
            spec,
            files_of(spec.source),
            project_root=context.project_root,
            run_token=f"{node}/{index}",
            key=key,
            component=context.node_id,
            beam_pipeline_args=context.beam_pipeline_args,
        )
        for index, spec in enumerate(specs)
    )


def _delivered(
    spec: SinkSpec,
    rows: ResultRows,
    project_root: str,
    run_token: str,
    key: tuple[str, ...],
    component: str | None,
    beam_pipeline_args: Sequence[str],
) -> SinkReport:
    options = options_of(spec)
    if spec.path:
        from penstock.inference.sinks.folder.delivery import deliver_files

        return deliver_files(
            rows, spec.path, spec.format, options, project_root=project_root, run_token=run_token
        )
    if not rows.uris:
        return SinkReport(spec.bigquery or f"table {spec.table}", 0)
    if spec.url and spec.table:
        from penstock.inference.sinks.sql.delivery import deliver_rows

        # Two sinks of one run may add different rows to one table.
        token = f"{run_token}/{spec.source}" if spec.source else run_token
        return deliver_rows(
            rows, spec.url, spec.table, key, options,
            project_root=project_root, run_token=token, component=component,
        )  # fmt: skip
    from penstock.inference.sinks.bigquery.delivery import deliver_to_bigquery

    return deliver_to_bigquery(
        rows, str(spec.bigquery), options, beam_pipeline_args=beam_pipeline_args, component=component
    )
