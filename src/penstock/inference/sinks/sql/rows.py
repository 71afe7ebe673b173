# SPDX-License-Identifier: Apache-2.0
"""Rows on their way to a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from penstock.errors import DataError


def with_keys(batches: Iterator[pa.RecordBatch], key: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yields batches whose rows all have a key.

    Raises:
        DataError: A row has none.
    """
    start = 0
    for batch in batches:
        for name in key:
            column = batch.column(batch.schema.get_field_index(name))
            if column.null_count:
                row = start + column.is_null().to_pylist().index(True)
                raise DataError(
                    f"row {row} has no value in the key column {name!r}",
                    input=name,
                    expected="a value in each row",
                    hint="filter such rows out, or name another key for the sink",
                )
        yield batch
        start += batch.num_rows
