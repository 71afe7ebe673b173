# SPDX-License-Identifier: Apache-2.0
"""Executor of ImportExampleGen: rows from TFRecord or Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.components.example_gen.executor import FileBasedExampleGenExecutor
from penstock.components.import_example_gen.component import ImportExampleGenWork
from penstock.errors import DataError
from penstock.examples.ingest import SourceRows
from penstock.examples.payload import PAYLOADS, ExamplesFormat
from penstock.examples.shards import format_of, read_parquet, read_tfrecord, read_tfrecord_with_records

_BATCH_ROWS = 16_384


class ImportExampleGenExecutor(FileBasedExampleGenExecutor):
    """Streams TFRecord or Parquet files into splits of examples."""

    def reader(self, work: ImportExampleGenWork) -> Callable[[], Iterator[SourceRows]]:
        rule = work.plan.rule
        # TFX hashes what a record leaves out otherwise than what it says is empty; a batch does not tell these apart.
        needs_records = rule is not None and rule.algorithm == "tfx-sha256" and rule.feature is None

        def read() -> Iterator[SourceRows]:
            for split in work.plan.source.splits:
                for file in split.files:
                    yield from _read_file(file.uri, split.name, work.parameters.payload_format, needs_records)

        return read


def _read_file(uri: str, split: str, payload_format: str | None, needs_records: bool) -> Iterator[SourceRows]:
    found = format_of(uri)
    _check_format(uri, found, payload_format)
    if found == "parquet":
        for batch in read_parquet(uri, _BATCH_ROWS):
            yield SourceRows(split, batch, uri)
    elif needs_records:
        for records, batch in read_tfrecord_with_records(uri, _BATCH_ROWS):
            yield SourceRows(split, batch, uri, records)
    else:
        for batch in read_tfrecord(uri, _BATCH_ROWS):
            yield SourceRows(split, batch, uri)


def _check_format(uri: str, found: ExamplesFormat, payload_format: str | None) -> None:
    if payload_format is not None and PAYLOADS[found].payload_format != payload_format:
        raise DataError(
            f"{uri} is not what payload_format says",
            input=uri,
            expected=payload_format,
            got=PAYLOADS[found].payload_format,
            hint="leave payload_format out: the files' content says what they are",
        )
