# SPDX-License-Identifier: Apache-2.0
"""Single files of examples, as they are found: which format, and their batches one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penstock import files
from penstock.errors import DataError
from penstock.examples.layout import decode_examples, is_list, kind_of
from penstock.examples.payload import ExamplesFormat
from penstock.examples.tfrecord import read_records

_DECODER_ROWS = 1000
_PARQUET_MAGIC = b"PAR1"


def format_of(uri: str) -> ExamplesFormat:
    """Returns the format of a file, by its first bytes."""
    with files.open(uri) as file, files.storage_errors("read", uri):
        return "parquet" if file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC else "tfrecord"


def read_tfrecord(uri: str, rows: int) -> Iterator[pa.RecordBatch]:
    """Yields a TFRecord file's tf.Examples in example layout, with the features that each batch happens to have."""
    for _, batch in read_tfrecord_with_records(uri, rows):
        yield batch


def read_tfrecord_with_records(uri: str, rows: int) -> Iterator[tuple[list[bytes], pa.RecordBatch]]:
    """Yields what :func:`read_tfrecord` does, each batch with its serialized records."""
    for records in read_records(uri, min(rows, _DECODER_ROWS)):
        try:
            yield records, decode_examples(records)
        except DataError as error:
            error.input = uri
            raise


def read_parquet(
    uri: str, rows: int, columns: Sequence[str] | None = None, row_groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yields a Parquet file's rows with columns of types that features can have; see :func:`as_features`.

    Args:
        uri: The file.
        rows: Most rows in a batch.
        columns: Which columns; ``None`` means all.
        row_groups: Which row groups; ``None`` means all.
    """
    with open_parquet(uri) as file, _parquet_errors(uri):
        groups = range(file.num_row_groups) if row_groups is None else row_groups
        names = None if columns is None else list(columns)
        for batch in file.iter_batches(batch_size=rows, row_groups=list(groups), columns=names):
            yield as_features(batch)


def parquet_schema(uri: str) -> tuple[pa.Schema, int]:
    """Returns a Parquet file's columns, as :func:`read_parquet` gives them, and its number of rows, from its footer.

    The schema's metadata has the features (``METADATA_KEY``) where Penstock wrote the file.
    """
    with open_parquet(uri) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
    empty = as_features(
        pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
    )
    return empty.schema.with_metadata(schema.metadata), rows


@contextmanager
def open_parquet(uri: str) -> Iterator[Any]:
    """Opens a Parquet file for the time of a ``with`` block.

    Raises:
        DataError: It is not Parquet, or damaged.
    """
    with open_input(uri) as source:
        with _parquet_errors(uri):
            file = pq.ParquetFile(source)
        yield file


def open_input(uri: str) -> Any:
    """Opens a file for Arrow to read from; usable in a ``with`` statement."""
    with files.storage_errors("open", uri):
        if files.is_local(uri):
            return pa.OSFile(files.local_path(uri), "rb")
        return pa.PythonFile(files.open(uri), "r")


def as_features(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Turns the column types that other writers of Parquet like into types that features have.

    Booleans become integers, decimals floats, and dictionaries their values.

    Raises:
        DataError: A column is neither numbers, text, bytes, nor lists of these.
    """
    columns = [
        _as_feature(field.name, column) for field, column in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _as_feature(name: str, column: pa.Array) -> pa.Array:
    type_ = column.type
    if pa.types.is_dictionary(type_):
        column = column.dictionary_decode()
    elif pa.types.is_boolean(type_):
        column = pc.cast(column, pa.int64())
    elif pa.types.is_decimal(type_):
        column = pc.cast(column, pa.float64())
    try:
        kind_of(column.type)
    except DataError as error:
        error.input = name
        raise
    if is_list(column.type) and column.flatten().null_count:
        raise DataError(
            f"column {name!r} has a list with a missing value in it",
            input=name,
            expected="lists of values; a whole list may be missing",
        )
    return column


@contextmanager
def _parquet_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise DataError(
            f"{uri} cannot be read as Parquet",
            input=uri,
            got=str(error),
            hint="check that the file is Parquet and was copied whole",
        ) from error
