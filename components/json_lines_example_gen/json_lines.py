# SPDX-License-Identifier: Apache-2.0
"""Streams JSON Lines files as typed record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import pyarrow as pa

from components.json_lines_example_gen.columns import MisfitError, as_column, widen
from components.json_lines_example_gen.lines import Rows, read_rows
from penstock.data import FeatureKind, ReadAgainError
from penstock.errors import DataError


class JsonLines:
    """A set of JSON Lines files, read as one table.

    The first pass types by what it has seen so far. Should an int feature turn out to be float after rows were given
    out, the pass reads on to the end and raises :class:`~penstock.data.ReadAgainError`; the next one gives all rows in
    their final types.

    Args:
        uris: The files, in order.
        kinds: Kinds of features that are known from other files.
    """

    def __init__(self, uris: Sequence[str], kinds: Mapping[str, FeatureKind] | None = None) -> None:
        self._uris = tuple(uris)
        self._kinds: dict[str, FeatureKind | None] = dict(kinds or {})

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yields all rows, file by file, each batch with the index of its file.

        Raises:
            ReadAgainError: Forget what was given out, and call this again.
            DataError: A line is no JSON object or has a value that no feature can have; the error names file and line.
        """
        given_out, must_repeat = False, False
        for index, uri in enumerate(self._uris):
            for rows in read_rows(uri):
                ints = [name for name, kind in self._kinds.items() if kind == "int"]
                batch = self._typed(uri, rows)
                if given_out and any(self._kinds[name] == "float" for name in ints):
                    must_repeat = True
                if not must_repeat:
                    given_out = True
                    yield index, batch
        if must_repeat:
            raise ReadAgainError

    def _typed(self, uri: str, rows: Rows) -> pa.RecordBatch:
        for name in dict.fromkeys(chain.from_iterable(rows.objects)):
            self._kinds.setdefault(name, None)
        if not self._kinds:
            raise DataError(f"{uri} has no object with a key up to line {rows.numbers[-1]}", input=uri)
        columns = []
        for name, kind in self._kinds.items():
            values = [row.get(name) for row in rows.objects]
            try:
                self._kinds[name] = widen(values, kind)
                columns.append(as_column(values, self._kinds[name]))
            except MisfitError as error:
                raise _located(error, name, uri, rows.numbers[error.index]) from error
        return pa.RecordBatch.from_arrays(columns, list(self._kinds))


def _located(error: MisfitError, feature: str, uri: str, line: int) -> DataError:
    return DataError(
        f"feature {feature!r} in line {line} of {uri} is {error.problem}",
        input=uri,
        expected="a number, text, true, false or null, or a list of numbers or of text; one kind in all lines",
        hint="where the data is made, flatten objects into keys of their own, and give every key one kind",
    )
