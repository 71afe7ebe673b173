# SPDX-License-Identifier: Apache-2.0
"""Examples for pandas, NumPy, scikit-learn and PyTorch, without TensorFlow (TFRecord needs tfx-bsl)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from penstock.examples.accessor import RecordBatchesOptions
from penstock.examples.batching import rebatch
from penstock.examples.epochs import BatchOptions, drops_final_batch, stream_rows
from penstock.examples.layout import is_list, table_schema
from penstock.examples.reader import ExamplesReader
from penstock.examples.shares import Share

if TYPE_CHECKING:
    import pandas as pd

Arrays = Mapping[str, npt.NDArray[Any]]


def read_table(source: str | Sequence[str], *, columns: Sequence[str] | None = None) -> pa.Table:
    """Returns examples as one Arrow table in memory.

    Args:
        source: Folder of a split, a file pattern, or several of either.
        columns: Which features, in this order; ``None`` means all.

    Raises:
        DataError: There are no such files or features.
    """
    reader = ExamplesReader(source, columns=columns)
    return pa.Table.from_batches(list(reader.batches()), table_schema(reader.features))


def read_pandas(source: str | Sequence[str], *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Returns examples as one data frame in memory; see :func:`read_table`."""
    return read_table(source, columns=columns).to_pandas()


def read_numpy(
    source: str | Sequence[str], *, columns: Sequence[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Returns examples as one array per feature, in memory; see :func:`to_numpy` and :func:`read_table`."""
    table = read_table(source, columns=columns)
    return {
        name: _concatenated(column) for name, column in zip(table.column_names, table.columns, strict=True)
    }


def numpy_batches(
    source: str | Sequence[str], options: RecordBatchesOptions, *, columns: Sequence[str] | None = None
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Yields batches of arrays, in constant memory: what ``partial_fit`` is given, one after the other.

    Args:
        source: Folder of a split, a file pattern, or several of either.
        options: Batch size, epochs, shuffling.
        columns: Which features; ``None`` means all.
    """
    return map(to_numpy, table_batches(ExamplesReader(source, columns=columns), options))


def pandas_batches(
    source: str | Sequence[str], options: RecordBatchesOptions, *, columns: Sequence[str] | None = None
) -> Iterator[pd.DataFrame]:
    """Yields batches as data frames, in constant memory; see :func:`numpy_batches`."""
    return (batch.to_pandas() for batch in table_batches(ExamplesReader(source, columns=columns), options))


def table_batches(
    reader: ExamplesReader, options: BatchOptions, *, share: int = 0, shares: int = 1
) -> Iterator[pa.RecordBatch]:
    """Yields batches in table layout.

    Args:
        reader: Where the rows are.
        options: Batch size, epochs, shuffling.
        share: Which share of the rows, from 0.
        shares: Among how many readers the rows are shared out; see :class:`~penstock.examples.shares.Share`.
    """
    rows = stream_rows(Share(reader, share, shares), reader.features, options, "table")
    for batch in rebatch(rows, options.batch_size):
        if batch.num_rows == options.batch_size or not drops_final_batch(options):
            yield batch


def to_numpy(batch: pa.RecordBatch) -> dict[str, npt.NDArray[Any]]:
    """Returns the columns of a batch in table layout as arrays with one entry a row.

    Floats are float32 with NaN for missing; ints int64, or float64 with NaN where one is missing; text and bytes
    objects, ``None`` for missing; lists objects, each an array, ``None`` for missing.
    """
    return {name: _array(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _concatenated(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.concatenate([_array(chunk) for chunk in column.chunks or [pa.array([], column.type)]])


def _array(column: pa.Array) -> npt.NDArray[Any]:
    if is_list(column.type):
        rows = np.empty(len(column), dtype=object)
        for index, row in enumerate(column):
            rows[index] = row.values.to_numpy(zero_copy_only=False) if row.is_valid else None
        return rows
    if column.null_count and pa.types.is_integer(column.type):
        column = pc.cast(column, pa.float64(), safe=False)
    return np.asarray(column.to_numpy(zero_copy_only=False))
