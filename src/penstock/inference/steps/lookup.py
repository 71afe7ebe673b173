# SPDX-License-Identifier: Apache-2.0
"""The step that adds columns of a table in a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.errors import DataError, did_you_mean
from penstock.inference.failures import BrokenContractError
from penstock.inference.flow import Stage
from penstock.inference.spec import LookupStep, Step
from penstock.inference.steps.base import RowStep, StepContext, StepResult

CACHED_KEYS = 200_000
"""Keys whose rows a worker keeps; when there are more, it begins anew with the next batch."""

_SEVERAL = -2
_MISSING = -1


class Tables(Protocol):
    """A database, as far as this step needs one."""

    def fetch(
        self, table: str, key_column: str, keys: Sequence[Any], columns: Sequence[str] = ()
    ) -> pa.Table:
        """Returns the rows with these keys: the key's column, and ``columns`` (all where none is named)."""

    def close(self) -> None:
        """Closes the connection."""


class LookupAtWork:
    """Asks the table for the keys of each batch that it has not met yet.

    Args:
        name: Name of the step.
        spec: Which table, by which columns.
        database: The database that has it; connected at the first use, also after it was pickled.
    """

    stage: Stage = "lookup"

    def __init__(self, name: str, spec: LookupStep, database: Tables) -> None:
        self._name = name
        self._spec = spec
        self._database = database
        self._known = _Known(spec.key or spec.on)

    def setup(self) -> None:
        """Has nothing to open: the database connects at its first use."""

    def apply(self, batch: pa.RecordBatch) -> StepResult:
        """Returns the table's columns for each row, and the rows that it does not have where these fail."""
        keys = self._keys(batch)
        self._learn(keys)
        places = self._known.places(keys)
        found = self._known.rows.take(pa.array(places, mask=places < 0))
        columns = pa.RecordBatch.from_arrays(
            [_one_array(column) for column in found.columns], schema=found.schema
        )
        return StepResult(columns=columns, failed=self._failed(keys, places))

    def close(self) -> None:
        """Closes the connection, and forgets what was read."""
        self._database.close()
        self._known = _Known(self._spec.key or self._spec.on)

    def _keys(self, batch: pa.RecordBatch) -> list[Any]:
        index = batch.schema.get_field_index(self._spec.on)
        if index < 0:
            raise DataError(
                f"lookup {self._name!r} goes by column {self._spec.on!r}, which its rows do not have",
                input=self._spec.on,
                hint=did_you_mean(self._spec.on, batch.schema.names),
            )
        return [_as_text(key) for key in batch.column(index).to_pylist()]

    def _learn(self, keys: Sequence[Any]) -> None:
        """Fetches what is not known yet; once even without keys, to learn the columns."""
        if self._known.is_full:
            self._known.forget()
        new = [key for key in dict.fromkeys(keys) if key is not None and key not in self._known]
        if not new and self._known.has_columns:
            return
        spec = self._spec
        try:
            fetched = self._database.fetch(spec.table, spec.key or spec.on, new, spec.columns)
        except DataError as error:  # of the column, whatever the row
            raise BrokenContractError(
                f"lookup {self._name!r}: {error.message}",
                input=error.input,
                expected=error.expected,
                got=error.got,
                hint=error.hint,
            ) from error
        self._known.add(new, fetched)

    def _failed(self, keys: Sequence[Any], places: npt.NDArray[np.int64]) -> dict[int, tuple[str, str]]:
        failed = {}
        table, column = self._spec.table, self._spec.key or self._spec.on
        for row in np.flatnonzero(places < 0).tolist():
            if places[row] == _SEVERAL:
                failed[row] = ("DataError", f"table {table} has several rows with {column} = {keys[row]!r}")
            elif self._spec.missing == "fail":
                failed[row] = ("DataError", f"table {table} has no row with {column} = {keys[row]!r}")
        return failed


class _Known:
    """The part of the table that is known, and where each key is in it."""

    def __init__(self, key_column: str) -> None:
        self._key_column = key_column
        self._place: dict[Any, int] = {}
        self.rows: Any = None

    def __contains__(self, key: object) -> bool:
        return key in self._place

    @property
    def has_columns(self) -> bool:
        """Whether it is known which columns the table has."""
        return self.rows is not None

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew; to be asked between batches, since a batch needs all of its keys."""
        return len(self._place) > CACHED_KEYS

    def forget(self) -> None:
        """Forgets the rows; which columns there are stays known."""
        self._place, self.rows = {}, self.rows.slice(0, 0)

    def add(self, asked: Sequence[Any], fetched: pa.Table) -> None:
        """Takes in the rows that were found for some keys."""
        start = self.rows.num_rows if self.rows is not None else 0
        self._place.update(dict.fromkeys(asked, _MISSING))
        found = [_as_text(key) for key in fetched.column(self._key_column).to_pylist()]
        for index, key in enumerate(found):
            self._place[key] = start + index if self._place.get(key, _MISSING) == _MISSING else _SEVERAL
        kept = fetched.select([name for name in fetched.schema.names if name != self._key_column])
        self.rows = kept if self.rows is None else _appended(self.rows, kept)

    def places(self, keys: Sequence[Any]) -> npt.NDArray[np.int64]:
        """Returns where the row of each key is, below 0 where there is none, or more than one."""
        return np.fromiter((self._place.get(key, _MISSING) for key in keys), np.int64, len(keys))


def _appended(rows: pa.Table, more: pa.Table) -> pa.Table:
    """Joins rows whose columns may have been empty, and so of no type, in one of the two."""
    fields = [
        b if pa.types.is_null(a.type) else a
        for a, b in zip(rows.schema, more.select(rows.schema.names).schema, strict=True)
    ]
    schema = pa.schema(fields)
    return pa.concat_tables([rows.cast(schema), more.select(rows.schema.names).cast(schema)])


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _as_text(key: Any) -> Any:
    """Returns a key as databases have it: text that a source holds as bytes becomes text."""
    return key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else key


def make(step: Step, context: StepContext) -> RowStep:
    """Returns what does the work of a lookup's step."""
    from penstock.inference.databases.lookup import Database

    assert step.lookup is not None
    return LookupAtWork(step.name, step.lookup, Database(step.lookup.url, context.project_root))
