# SPDX-License-Identifier: Apache-2.0
"""Tables that users write in their tests, as Arrow and as examples on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Union

from penstock.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Table = Union[Mapping[str, Sequence[Any]], "pd.DataFrame", "pa.Table", "pa.RecordBatch"]
"""Columns by name: a value per row, ``None`` where it is missing, a list where a row has several."""


def to_arrow(table: Table) -> pa.RecordBatch:
    """Returns a table as one batch in the table layout.

    Raises:
        DataError: It is no table, its columns differ in length, or one mixes types.
    """
    import pyarrow as pa

    try:
        found = _as_table(table)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            "this is not a table", expected="columns of one length and one type each", got=str(error)
        ) from error
    columns = [_as_integers(column.combine_chunks()) for column in found.columns]
    arrays = [column.chunk(0) if isinstance(column, pa.ChunkedArray) else column for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=found.column_names)


def _as_table(table: Any) -> pa.Table:
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, Mapping):
        return pa.table({name: _column(values) for name, values in table.items()})
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return pa.Table.from_pandas(table, preserve_index=False)
    raise DataError(
        "this is not a table",
        expected="a dictionary of columns, a pandas data frame, or a table or batch of pyarrow",
        got=type(table).__name__,
    )


def _column(values: Any) -> pa.Array:
    import pyarrow as pa

    return values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)


def _as_integers(column: pa.Array) -> pa.Array:
    """Returns truth values as 0 and 1, which is how examples hold them."""
    import pyarrow as pa

    return column.cast(pa.int64()) if pa.types.is_boolean(column.type) else column


def write_examples(
    uri: str, splits: Mapping[str, Table], examples_format: Literal["parquet", "tfrecord"] = "parquet"
) -> None:
    """Writes tables as the splits of an Examples artifact."""
    from penstock.examples.writer import ExamplesWriter

    with ExamplesWriter(uri, format=examples_format) as writer:
        for split, table in splits.items():
            writer.write(split, to_arrow(table))


def to_columns(batch: pa.RecordBatch) -> pa.Table:
    """Returns a batch of either layout as a table: plain columns where no row has more than one value."""
    import pyarrow as pa

    from penstock.examples.discovery import FeatureDiscovery
    from penstock.examples.layout import to_table_layout

    discovery = FeatureDiscovery()
    discovery.observe(batch)
    return pa.Table.from_batches([to_table_layout(batch, discovery.features())])
