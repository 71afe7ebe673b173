# SPDX-License-Identifier: Apache-2.0
"""Parquet, by whoever wrote it: columns keep their types, and large files are cut at their row groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from penstock.errors import DataError, did_you_mean
from penstock.examples.batching import rebatch
from penstock.examples.shards import open_parquet
from penstock.inference.reading.units import Piece, Unit
from penstock.inference.schemas import common_schema, conform

_UNITS_PER_WORKER = 4


@dataclass(frozen=True, slots=True)
class _Footer:
    file: str
    schema: pa.Schema
    group_rows: tuple[int, ...]


class ParquetSource:
    """Parquet files that are read as one table.

    Args:
        files: Their URIs.
        columns: Columns to read; ``None`` means all.
        rows: Rows in a batch.

    Raises:
        DataError: A file is no Parquet, or the files' columns do not fit together.
    """

    def __init__(self, files: Sequence[str], columns: Sequence[str] | None, rows: int) -> None:
        self._footers = tuple(_footer(file) for file in files)
        self._rows = rows
        found = common_schema(footer.schema for footer in self._footers)
        self.schema = found if columns is None else _selected(found, columns)

    def units(self, workers: int) -> list[Unit]:
        """Returns a piece of work a file, or several where there are fewer files than workers need."""
        wanted = workers * _UNITS_PER_WORKER if workers > 1 else 1
        total = sum(sum(footer.group_rows) for footer in self._footers)
        most_rows = max(-(-total // wanted), 1) if wanted > len(self._footers) else None
        units: list[Unit] = []
        for footer in self._footers:
            for start, stop in _ranges(footer.group_rows, most_rows):
                first_row = sum(footer.group_rows[:start])
                units.append(Unit(len(units), (footer.file,), (start, stop), first_row))
        return units

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields the rows of some row groups."""
        with open_parquet(unit.files[0]) as file:
            names = [name for name in self.schema.names if name in file.schema_arrow.names]
            groups = range(*unit.row_groups) if unit.row_groups else range(file.num_row_groups)
            try:
                found = file.iter_batches(
                    batch_size=self._rows, row_groups=list(groups), columns=names, use_threads=False
                )
                for batch in rebatch((conform(batch, self.schema) for batch in found), self._rows):
                    yield Piece(batch)
            except pa.ArrowException as error:
                raise DataError(
                    f"{unit.files[0]} cannot be read as Parquet",
                    input=unit.files[0],
                    got=str(error),
                    hint="check that the file was copied whole",
                ) from error


def _footer(file: str) -> _Footer:
    with open_parquet(file) as opened:
        metadata = opened.metadata
        groups = tuple(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        fields = [pa.field(field.name, _decoded(field.type)) for field in opened.schema_arrow]
        return _Footer(file, pa.schema(fields), groups)


def _decoded(type_: pa.DataType) -> pa.DataType:
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _ranges(group_rows: Sequence[int], most_rows: int | None) -> Iterator[tuple[int, int]]:
    """Yields runs of row groups, each of as many rows as it may have, and of at least one row group."""
    start, rows = 0, 0
    for index, count in enumerate(group_rows):
        if most_rows is not None and rows and rows + count > most_rows:
            yield start, index
            start, rows = index, 0
        rows += count
    yield start, len(group_rows)


def _selected(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    for name in columns:
        if name not in schema.names:
            raise DataError(
                f"the source has no column {name!r}", input=name, hint=did_you_mean(name, schema.names)
            )
    return pa.schema([schema.field(name) for name in columns])
