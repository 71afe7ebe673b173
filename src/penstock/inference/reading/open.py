# SPDX-License-Identifier: Apache-2.0
"""Finds the reader for a source's files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.errors import DataError
from penstock.examples.shards import format_of
from penstock.inference.job import SourceFiles
from penstock.inference.reading.csv import CsvFiles
from penstock.inference.reading.json_lines import JsonLines
from penstock.inference.reading.parquet import ParquetSource
from penstock.inference.reading.tfrecord import TFRecordSource
from penstock.inference.reading.units import SourceReader
from penstock.inference.reading.whole_files import WholeFiles
from penstock.inference.spec import SourceFormat

_READERS: dict[SourceFormat, Callable[[Sequence[str], Sequence[str] | None, int], SourceReader]] = {
    "parquet": ParquetSource,
    "tfrecord": TFRecordSource,
    "files": WholeFiles,
}
_OF_TEXT: dict[SourceFormat, type[CsvFiles] | type[JsonLines]] = {"csv": CsvFiles, "json_lines": JsonLines}
_SUFFIXES: dict[str, SourceFormat] = {
    ".csv": "csv",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".json": "json_lines",
    ".parquet": "parquet",
    ".tfrecord": "tfrecord",
}


def open_source(source: SourceFiles, rows: int) -> SourceReader:
    """Returns what reads a source's files.

    Args:
        source: The files, at least one.
        rows: Rows in a batch.

    Raises:
        DataError: A file cannot be read at all, the files differ in format or in their columns, or a column is missing.
    """
    format_ = source.format or _format(source.files)
    if format_ in _OF_TEXT:
        return _OF_TEXT[format_](source.files, source.columns, rows, source.kinds)
    return _READERS[format_](source.files, source.columns, rows)


def _format(files: Sequence[str]) -> SourceFormat:
    found = {file: _format_of(file) for file in files}
    first = found[files[0]]
    for file, format_ in found.items():
        if format_ != first:
            raise DataError(
                "the source's files differ in format",
                input=file,
                expected=f"{first}, as {files[0]}",
                got=format_,
                hint="keep files of one format in a folder, or name those that are meant with a pattern",
            )
    return first


def _format_of(file: str) -> SourceFormat:
    name = file.lower().removesuffix(".gz")
    for suffix, format_ in _SUFFIXES.items():
        if name.endswith(suffix):
            return format_
    return format_of(file)
