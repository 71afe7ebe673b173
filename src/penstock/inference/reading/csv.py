# SPDX-License-Identifier: Apache-2.0
"""CSV, typed over all files before the first row is given out; a ragged row is a failed row, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.csv as arrow_csv

from penstock import files
from penstock.errors import DataError, PenstockError, did_you_mean
from penstock.examples.batching import rebatch
from penstock.examples.csv.cells import parse
from penstock.examples.csv.lines import common_header, find_problem, is_gzip
from penstock.examples.kinds import FeatureKind
from penstock.examples.shards import open_input
from penstock.inference.columns import Kind
from penstock.inference.flow import Failure
from penstock.inference.reading.units import Piece, Unit, shared_out
from penstock.inference.reading.wanted_cells import SetAside, kind_of, numbers_of
from penstock.inference.spec import SOURCE

_BLOCK_BYTES = 4 << 20
_TYPES = {"int": pa.int64(), "float": pa.float64(), "bytes": pa.string(), None: pa.null()}


class CsvFiles:
    """CSV files of one header that are read as one table.

    All files are read once beforehand, to know the columns' types.

    Args:
        uris: Their URIs.
        columns: Columns to read; ``None`` means all.
        rows: Rows in a batch.
        wanted: Kinds that models want of columns; a row with a cell that is not of it is a failed row.

    Raises:
        DataError: A header is missing, wrong, or different from the first file's, or a file is no UTF-8.
    """

    def __init__(
        self,
        uris: Sequence[str],
        columns: Sequence[str] | None,
        rows: int,
        wanted: Mapping[str, Kind] | None = None,
    ) -> None:
        self._uris = tuple(uris)
        self._rows = rows
        self._header = common_header(self._uris)
        for name in columns or ():
            if name not in self._header:
                raise DataError(
                    f"the source has no column {name!r}", input=name, hint=did_you_mean(name, self._header)
                )
        self._wanted = dict(wanted or {})
        kinds = self._find_kinds()
        names = self._header if columns is None else columns
        self._kinds = {name: kinds[name] for name in names}
        self.schema = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in self._kinds.items()])

    def units(self, workers: int) -> list[Unit]:  # noqa: ARG002  where a quoted cell may end a line, only a reader knows
        """Returns a piece of work a file."""
        return shared_out(self._uris)

    def read(self, unit: Unit) -> Iterator[Piece]:
        """Yields the rows of one file; failed are those that have the wrong number of cells, or an unreadable one."""
        cells, aside = _Cells(unit.files[0], self._header), SetAside(unit.files[0], self._wanted)
        first_row = 0
        for batch in rebatch(map(partial(self._typed, aside), cells.batches()), self._rows):
            ragged = cells.take_bad(first_row + batch.num_rows)
            yield aside.piece(batch, first_row, ragged)
            first_row += batch.num_rows + len(ragged)
        rest = cells.take_bad(None)
        if rest:
            yield Piece(self._typed(aside, _no_cells(self._header)), rest)

    def _find_kinds(self) -> dict[str, FeatureKind | None]:
        kinds: dict[str, FeatureKind | None] = dict.fromkeys(self._header)
        for uri in self._uris:
            for batch in _Cells(uri, self._header).batches():
                for name, column in zip(self._header, batch.columns, strict=True):
                    kinds[name] = kind_of(column, kinds[name], self._wanted.get(name))
        return kinds

    def _typed(self, aside: SetAside, cells: pa.RecordBatch) -> pa.RecordBatch:
        columns, bad = [], {}
        for name, kind in self._kinds.items():
            column, wanted = cells.column(cells.schema.get_field_index(name)), self._wanted.get(name)
            if wanted is None or wanted == "bytes" or kind is None:
                columns.append(self._column(column, name, kind))
                continue
            values, bad[name] = numbers_of(column, kind, _TYPES[kind])
            columns.append(values)
        aside.add(bad, cells.num_rows)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _column(self, column: pa.Array, name: str, kind: FeatureKind | None) -> pa.Array:
        values = pa.nulls(len(column)) if kind is None else parse(column, kind, _TYPES["float"])
        if values is None or (kind is None and column.null_count < len(column)):
            raise DataError(
                f"the CSV files have changed while they were read: column {name!r} has other types of value",
                input=name,
                hint="let their writer finish, and run again",
            )
        return values


class _Cells:
    """The cells of one file as text, null where they are empty; what is ragged is kept aside."""

    def __init__(self, uri: str, header: tuple[str, ...]) -> None:
        self._uri = uri
        self._header = header
        self._bad: list[Failure] = []
        self._bad_across_lines = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        last = None
        try:
            with open_input(self._uri) as source, self._decompressed(source) as stream:
                for batch in arrow_csv.open_csv(stream, *self._options()):
                    last = batch if batch.num_rows else last
                    yield batch
        except (pa.ArrowInvalid, OSError) as error:
            # A header without a line end is this to Arrow.
            if "Empty CSV file" not in str(error):
                raise self._explained(error) from error
        if (last is not None and _ends_across_lines(last)) or self._bad_across_lines:
            self._refuse_open_quote()

    def take_bad(self, before: int | None) -> tuple[Failure, ...]:
        """Returns, and forgets, ragged rows: those before the row that has this number once they are counted too."""
        taken = 0
        while taken < len(self._bad) and (before is None or self._bad[taken].row < before + taken):
            taken += 1
        bad, self._bad = tuple(self._bad[:taken]), self._bad[taken:]
        return bad

    def _options(
        self,
    ) -> tuple[arrow_csv.ReadOptions, arrow_csv.ParseOptions, arrow_csv.ConvertOptions]:
        return (
            # With threads, Arrow does not know the numbers of the rows that it refuses.
            arrow_csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
            arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=self._set_aside),
            arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in self._header},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def _set_aside(self, row: arrow_csv.InvalidRow) -> str:
        # The header is row 1.
        cause = f"the row has {row.actual_columns} cells, and the header {row.expected_columns}"
        self._bad_across_lines = "\n" in (row.text or "")
        self._bad.append(Failure(row.number - 2, SOURCE, "read", "DataError", cause, row.text, self._uri))
        return "skip"

    def _decompressed(self, source: pa.NativeFile) -> pa.NativeFile:
        return pa.CompressedInputStream(source, "gzip") if is_gzip(self._uri) else source

    def _explained(self, error: Exception) -> PenstockError:
        problem = find_problem(self._uri, len(self._header))
        if problem is not None and "wrong number of cells" not in problem.message:
            return problem
        if isinstance(error, OSError):
            return files.storage_error("read", self._uri, error)
        return DataError(
            f"{self._uri} cannot be read as CSV",
            input=self._uri,
            got=str(error),
            hint="look for a quote that is not closed, or text that is not UTF-8",
        )

    def _refuse_open_quote(self) -> None:
        problem = find_problem(self._uri, len(self._header))
        if problem is not None and "never closed" in problem.message:
            raise problem


def _no_cells(header: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in header], list(header))


def _ends_across_lines(batch: pa.RecordBatch) -> bool:
    """Says whether the last row's last cell has a line end: either it is quoted, or a quote was never closed."""
    cell = batch.column(batch.num_columns - 1)[batch.num_rows - 1].as_py()
    return cell is not None and "\n" in cell
