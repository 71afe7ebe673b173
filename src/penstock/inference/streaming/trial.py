# SPDX-License-Identifier: Apache-2.0
"""Tries newer models on rows that came in before, ere they serve: one that fits fails not on all of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from penstock import files
from penstock.errors import PenstockError
from penstock.inference.job import InferenceJob, InferenceSummary, ModelRef, SourceFiles
from penstock.inference.spec import InferenceGraph
from penstock.inference.streaming.incoming import Incoming
from penstock.inference.streaming.scoring import KindsOfModels, Places, RunJob, TickResult

_SAMPLE_ROWS = 16

Models = Mapping[str, ModelRef]


class Trial:
    """Tries models on a sample of the rows that the stream has scored without a failure.

    Args:
        graph: What is done with the rows.
        places: Where the stream writes.
        run_job: The engine.
    """

    def __init__(self, graph: InferenceGraph, places: Places, run_job: RunJob) -> None:
        self._graph = graph
        self._places = places
        self._run_job = run_job
        self._kinds = KindsOfModels(graph)
        self._sample = os.path.join(os.path.dirname(places.work), "sample.parquet")
        self._wanted = not os.path.exists(self._sample)

    def remember(self, result: TickResult) -> None:
        """Keeps some rows of what was scored, unless there are some."""
        if not self._wanted:
            return
        for item, outcome in result.done:
            if outcome.rows and not outcome.failed:
                # A file may have been taken away since; another one will come.
                with suppress(PenstockError):
                    self._wanted = not self._keep(item, outcome.models)
                return

    def refusal(self, before: Models, after: Models) -> str:
        """Returns why models do not fit where others have served, ``""`` where they do, or nothing is known."""
        if not os.path.exists(self._sample):
            return ""
        try:
            known = self._tried(before)
        except PenstockError:
            return ""
        try:
            found = self._tried(after)
        except PenstockError as error:
            return str(error)
        if _rows(known) and not _rows(found):
            cause = found.failures[0][1] if found.failures else "no row is left"
            return f"it fails on every row that came in before: {cause}"
        return _lost_columns(known, found)

    def _keep(self, item: Incoming, models: Models) -> bool:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from penstock.inference.reading import open_source

        source = SourceFiles((item.uri,), item.format, kinds=self._kinds(models))
        reader = open_source(source, _SAMPLE_ROWS)
        piece = next(iter(reader.read(reader.units(1)[0])), None)
        if piece is None or not piece.batch.num_rows:
            return False
        temporary = f"{self._sample}.tmp"
        with files.storage_errors("write", temporary):
            pq.write_table(pa.Table.from_batches([piece.batch.slice(0, _SAMPLE_ROWS)]), temporary)
            os.replace(temporary, self._sample)
        return True

    def _tried(self, models: Models) -> InferenceSummary:
        work = self._places.work
        files.remove_tree(work)
        try:
            return self._run_job(
                InferenceJob(
                    graph=self._graph,
                    models=models,
                    source=SourceFiles((self._sample,), "parquet"),
                    result_uri=os.path.join(work, "results"),
                    dead_letters_uri=os.path.join(work, "failed"),
                    project_root=self._places.project_root,
                    temp_dir=os.path.join(work, "temp"),
                    component="stream",
                )
            )
        finally:
            files.remove_tree(work)


def _rows(summary: InferenceSummary) -> int:
    return sum(output.rows for output in summary.outputs.values())


def _lost_columns(known: InferenceSummary, found: InferenceSummary) -> str:
    """Says which columns of the results would be gone, or of another type; whoever reads the results counts on them."""
    for step, output in known.outputs.items():
        other = found.outputs.get(step)
        types = {column["name"]: column["type"] for column in (other.schema if other else ())}
        for column in output.schema if output.rows else ():
            name, type_ = column["name"], column["type"]
            if name not in types:
                return f"its results have no column {name!r}"
            if types[name] != type_:
                return f"column {name!r} of its results is {types[name]} and was {type_}"
    return ""
