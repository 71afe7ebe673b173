# SPDX-License-Identifier: Apache-2.0
"""Executor of CsvExampleGen: typed rows from CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from penstock.components.csv_example_gen.component import CsvExampleGenWork
from penstock.components.example_gen.executor import FileBasedExampleGenExecutor
from penstock.examples.csv.source import CsvSource
from penstock.examples.ingest import SourceRows
from penstock.examples.kinds import FeatureKind, FeatureSet


class CsvExampleGenExecutor(FileBasedExampleGenExecutor):
    """Streams CSV files into splits of examples."""

    WIDENING = ("int", "float", "bytes")

    def reader(self, work: CsvExampleGenWork) -> Callable[[], Iterator[SourceRows]]:
        if work.inputs.schema is None:
            return _reader(work, None)
        from penstock.examples.schema_kinds import read_kinds

        return _reader(work, read_kinds(work.inputs.schema.schema_file))

    def typed_reader(
        self, work: CsvExampleGenWork, features: FeatureSet
    ) -> Callable[[], Iterator[SourceRows]]:
        return _reader(work, {feature.name: feature.kind for feature in features})


def _reader(
    work: CsvExampleGenWork, declared: Mapping[str, FeatureKind] | None
) -> Callable[[], Iterator[SourceRows]]:
    files = [(split.name, file.uri) for split in work.plan.source.splits for file in split.files]
    rule = work.plan.rule
    # One source for all splits, so that a column has one type in all of them.
    source = CsvSource(
        [uri for _, uri in files],
        declared,
        # TFX hashes a missing int and a missing float differently.
        types_missing=rule is not None and rule.algorithm == "tfx-sha256",
    )

    def read() -> Iterator[SourceRows]:
        for batch in source.batches():
            split, uri = files[batch.file]
            yield SourceRows(split, batch.rows, uri)

    return read
