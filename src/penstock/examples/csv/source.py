# SPDX-License-Identifier: Apache-2.0
"""Streams CSV files as typed record batches."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv as arrow_csv

from penstock import files
from penstock.errors import DataError, PenstockError
from penstock.examples.csv.cells import Change, first_misfit, parse, widen
from penstock.examples.csv.lines import common_header, find_problem, is_gzip, line_of_row
from penstock.examples.ingest import ReadAgainError
from penstock.examples.kinds import FeatureKind
from penstock.examples.shards import open_input

_LOG = logging.getLogger(__name__)

_BLOCK_BYTES = 4 << 20
LATE_VALUES = 1000
"""A column whose type changes after this many values of the narrower type is worth a warning."""


@dataclass(frozen=True, slots=True)
class CsvBatch:
    """Some rows of one file.

    Attributes:
        file: Index of the file among the source's.
        rows: The rows, with plain columns of int64, float, string, or null where no cell so far had a value.
    """

    file: int
    rows: pa.RecordBatch


class CsvSource:
    """A set of CSV files of one header, read as one table.

    The first pass types optimistically: what it has seen so far. Should a column widen after rows were given out,
    the pass reads on to the end to learn all types and raises
    :class:`~penstock.examples.ingest.ReadAgainError`; the next pass gives all rows in their final types.

    Args:
        uris: The files, in order.
        declared: Kinds that are given by a schema; a cell that is not of its column's kind is an error. Other columns
            are inferred.
        types_missing: Whether a missing value must have its column's final type too, so that rows are also given out
            again where a column has its first value late.

    Attributes:
        names: The columns' names.

    Raises:
        DataError: A header is missing, wrong, or different from the first file's.
    """

    def __init__(
        self,
        uris: Sequence[str],
        declared: Mapping[str, FeatureKind] | None = None,
        *,
        types_missing: bool = False,
    ) -> None:
        self._uris = tuple(uris)
        self._types_missing = types_missing
        self.names = common_header(self._uris)
        declared = declared or {}
        self._declared = {name: declared[name] for name in self.names if name in declared}
        self._kinds: dict[str, FeatureKind | None] = {name: self._declared.get(name) for name in self.names}
        self._values = dict.fromkeys(self.names, 0)
        self._is_final = False

    @property
    def kinds(self) -> Mapping[str, FeatureKind | None]:
        """The columns' kinds as known so far; ``None`` where no cell had a value."""
        return dict(self._kinds)

    def batches(self) -> Iterator[CsvBatch]:
        """Yields all rows, file by file.

        Raises:
            ReadAgainError: Forget what was given out, and call this again.
            DataError: A file has no rows, ragged rows, bytes that are not UTF-8, or a value that is not of its
                column's declared kind.
        """
        given_out, must_repeat = False, False
        for file, uri in enumerate(self._uris):
            start = 0
            for cells in _read_cells(uri, self.names):
                rows, changed = self._type(uri, start, cells)
                must_repeat = must_repeat or (changed and given_out)
                if not must_repeat:
                    given_out = True
                    yield CsvBatch(file, rows)
                start += cells.num_rows
        self._is_final = True
        if must_repeat:
            raise ReadAgainError

    def _type(self, uri: str, start: int, cells: pa.RecordBatch) -> tuple[pa.RecordBatch, bool]:
        """Types the cells of a batch; says whether earlier batches would have been typed otherwise."""
        columns, changed = [], False
        for name, column in zip(self.names, cells.columns, strict=True):
            if self._is_final or name in self._declared:
                columns.append(self._fit(uri, start, name, column))
                continue
            before = self._kinds[name]
            kind, values, changes = widen(column, before)
            changed = changed or (kind != before and (before is not None or self._types_missing))
            for change in changes:
                self._warn(uri, start, name, column, change)
            self._kinds[name] = kind
            self._values[name] += len(column) - column.null_count
            columns.append(values)
        return pa.RecordBatch.from_arrays(columns, list(self.names)), changed

    def _fit(self, uri: str, start: int, name: str, column: pa.Array) -> pa.Array:
        kind = self._kinds[name]
        if kind is None:
            return pa.nulls(len(column))
        values = parse(column, kind)
        if values is not None:
            return values
        index = first_misfit(column, kind)
        line = line_of_row(uri, start + index)
        if name not in self._declared:
            raise DataError(
                f"{uri} has changed while it was read", input=uri, hint="let its writer finish, and run again"
            )
        raise DataError(
            f"column {name!r} has a value of the wrong type in line {line} of {uri}",
            input=name,
            expected=f"{kind}, as the schema says",
            got=repr(column[index].as_py()),
            hint="correct the value, or the feature's type in the schema",
        )

    def _warn(self, uri: str, start: int, name: str, column: pa.Array, change: Change) -> None:
        before = column.slice(0, change.index)
        if self._values[name] + len(before) - before.null_count < LATE_VALUES:
            return
        _LOG.warning(
            "column %r changes from %s to %s in line %d of %s, where it has %r: all its rows are typed so",
            name,
            change.before,
            change.after,
            line_of_row(uri, start + change.index),
            uri,
            column[change.index].as_py(),
        )


def _read_cells(uri: str, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yields a file's cells as text, null where they are empty."""
    rows, last = 0, None
    try:
        with open_input(uri) as source, _decompressed(uri, source) as stream:
            for batch in arrow_csv.open_csv(stream, *_options(names)):
                rows += batch.num_rows
                last = batch
                yield batch
    except (pa.ArrowInvalid, OSError) as error:
        # A header without a line end is this to Arrow.
        if "Empty CSV file" not in str(error):
            raise _explained(uri, len(names), error) from error
    if not rows:
        raise DataError(
            f"{uri} has a header but no rows",
            input=uri,
            expected="at least one row",
            hint="fill it, or take it away",
        )
    if last is not None and _ends_across_lines(last):
        problem = find_problem(uri, len(names))
        if problem is not None:
            raise problem


def _options(
    names: Sequence[str],
) -> tuple[arrow_csv.ReadOptions, arrow_csv.ParseOptions, arrow_csv.ConvertOptions]:
    return (
        arrow_csv.ReadOptions(block_size=_BLOCK_BYTES),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _decompressed(uri: str, source: pa.NativeFile) -> pa.NativeFile:
    return pa.CompressedInputStream(source, "gzip") if is_gzip(uri) else source


def _explained(uri: str, columns: int, error: Exception) -> PenstockError:
    """Returns the error that tells what is wrong with a file that Arrow would not read, and where."""
    problem = find_problem(uri, columns)
    if problem is not None:
        return problem
    if isinstance(error, OSError):
        return files.storage_error("read", uri, error)
    if "straddl" in str(error):
        return DataError(
            f"{uri} has a row that is larger than {_BLOCK_BYTES >> 20} MiB",
            input=uri,
            hint="look for a quote that is not closed; keep large values in files of their own",
        )
    return DataError(f"{uri} cannot be read as CSV", input=uri, got=str(error))


def _ends_across_lines(batch: pa.RecordBatch) -> bool:
    """Says whether the last row's last cell has a line end: either it is quoted, or a quote was never closed."""
    if not batch.num_rows or not batch.num_columns:
        return False
    cell = batch.column(batch.num_columns - 1)[batch.num_rows - 1].as_py()
    return cell is not None and "\n" in cell
