# SPDX-License-Identifier: Apache-2.0
"""Executor of CsvExampleGen: typed rows from CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.components.csv_example_gen.component import CsvExampleGenWork
from penstock.components.example_gen.executor import FileBasedExampleGenExecutor
from penstock.examples.csv.source import CsvSource
from penstock.examples.ingest import SourceRows
from penstock.examples.schema_kinds import read_kinds


class CsvExampleGenExecutor(FileBasedExampleGenExecutor):
    """Streams CSV files into splits of examples."""

    def reader(self, work: CsvExampleGenWork) -> Callable[[], Iterator[SourceRows]]:
        files = [(split.name, file.uri) for split in work.plan.source.splits for file in split.files]
        schema = work.inputs.schema
        # One source for all splits, so that a column has one type in all of them.
        source = CsvSource([uri for _, uri in files], read_kinds(schema.schema_file) if schema else None)

        def read() -> Iterator[SourceRows]:
            for batch in source.batches():
                split, uri = files[batch.file]
                yield SourceRows(split, batch.rows, uri)

        return read
