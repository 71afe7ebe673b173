# SPDX-License-Identifier: Apache-2.0
"""How a user's module opens examples, whatever their format: ``FnArgs.data_accessor``. Light until it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock.errors import DataError, PenstockError

if TYPE_CHECKING:
    import pyarrow as pa
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

_AUTOTUNE = -1
_TFRECORD_ERRORS = ("DataLossError", "InvalidArgumentError", "FailedPreconditionError")


class TensorFlowDatasetOptions(NamedTuple):
    """What a ``tf.data.Dataset`` of examples is to be like; the same as tfx-bsl's, which is accepted too.

    Attributes:
        batch_size: Rows in a batch.
        drop_final_batch: Whether to leave out a last batch with fewer rows; always so where epochs are endless.
        num_epochs: How often to go through the rows; ``None`` without end.
        shuffle: Whether to shuffle files and rows.
        shuffle_buffer_size: Rows among which the next one is drawn.
        shuffle_seed: Makes the order the same each time.
        prefetch_buffer_size: Batches to prepare ahead; -1 lets TensorFlow choose.
        reader_num_threads: Threads that read; -1 lets TensorFlow choose. Has no effect on Parquet.
        parser_num_threads: Threads that parse; -1 lets TensorFlow choose. Has no effect on Parquet.
        sloppy_ordering: Whether the order of rows may differ each time without shuffling. Has no effect on Parquet.
        label_key: Feature to take out as label; elements are then pairs of features and label.
    """

    batch_size: int
    drop_final_batch: bool = False
    num_epochs: int | None = None
    shuffle: bool = True
    shuffle_buffer_size: int = 10000
    shuffle_seed: int | None = None
    prefetch_buffer_size: int = _AUTOTUNE
    reader_num_threads: int = _AUTOTUNE
    parser_num_threads: int = _AUTOTUNE
    sloppy_ordering: bool = False
    label_key: str | None = None


class RecordBatchesOptions(NamedTuple):
    """What a stream of record batches is to be like; the same as tfx-bsl's, which is accepted too.

    Attributes:
        batch_size: Rows in a batch.
        drop_final_batch: Whether to leave out a last batch with fewer rows; always so where epochs are endless.
        num_epochs: How often to go through the rows; ``None`` without end.
        shuffle: Whether to shuffle files and rows.
        shuffle_buffer_size: Rows among which the next one is drawn.
        shuffle_seed: Makes the order the same each time.
    """

    batch_size: int
    drop_final_batch: bool = False
    num_epochs: int | None = None
    shuffle: bool = True
    shuffle_buffer_size: int = 10000
    shuffle_seed: int | None = None


class DataAccessor(NamedTuple):
    """Opens examples as datasets or record batches; see the functions of this module.

    Attributes:
        tf_dataset_factory: :func:`tf_dataset_factory`.
        record_batch_factory: :func:`record_batch_factory`.
        data_view_decode_fn: Decodes records as a DataView says; ``None``, as there are no DataViews here.
    """

    tf_dataset_factory: Callable[..., tf.data.Dataset]
    record_batch_factory: Callable[..., Iterator[pa.RecordBatch]]
    data_view_decode_fn: Callable[..., Any] | None = None


def data_accessor() -> DataAccessor:
    """Returns the accessor that a user's module gets."""
    return DataAccessor(tf_dataset_factory, record_batch_factory)


def tf_dataset_factory(
    file_pattern: str | Sequence[str],
    options: TensorFlowDatasetOptions,
    schema: schema_pb2.Schema | None = None,
) -> tf.data.Dataset:
    """Returns a dataset of batches of examples, the same from Parquet as from TFRecord.

    Args:
        file_pattern: Files, patterns or folders of splits.
        options: Batch size, epochs, shuffling, label. tfx-bsl's ``TensorFlowDatasetOptions`` will do as well.
        schema: Says which features there are and how each becomes a tensor: by its tensor representation, else dense
            where it has a shape, else sparse. Without a schema all features come as sparse tensors.

    Returns:
        A dataset whose elements are dictionaries of dense, sparse or ragged tensors; with ``label_key``, pairs of such
        a dictionary and the label.

    Raises:
        DataError: There are no such files, or they do not fit the schema.
    """
    from penstock.examples.tf_dataset import make_dataset

    return make_dataset(file_pattern, options, schema)


def record_batch_factory(
    file_pattern: str | Sequence[str],
    options: RecordBatchesOptions,
    schema: schema_pb2.Schema | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yields examples as record batches in example layout: every column a ``large_list``.

    Args:
        file_pattern: Files, patterns or folders of splits.
        options: Batch size, epochs, shuffling. tfx-bsl's ``RecordBatchesOptions`` will do as well.
        schema: Says which features there are, in this order; ``None`` means all that the files have.

    Raises:
        DataError: There are no such files, or they do not fit the schema.
    """
    from penstock.examples.epochs import record_batches

    return record_batches(file_pattern, options, schema)


def explain_format_error(error: BaseException, file_pattern: str | Sequence[str]) -> PenstockError | None:
    """Says what to do where a user's module opened Parquet as TFRecord.

    Args:
        error: What the module raised.
        file_pattern: Files that it was given.

    Returns:
        The error to raise instead, or ``None`` if the cause is another.
    """
    if not any(type(cause).__name__ in _TFRECORD_ERRORS for cause in _causes(error)):
        return None
    from penstock.examples.reader import find_shards
    from penstock.examples.shards import format_of

    try:
        shards = find_shards((file_pattern,) if isinstance(file_pattern, str) else tuple(file_pattern))
        parquet = [shard for shard in shards if format_of(shard) == "parquet"]
    except PenstockError:
        return None
    if not parquet or not any(_is_about_records(cause) for cause in _causes(error)):
        return None
    return DataError(
        "the module reads the examples as TFRecord, but they are stored as Parquet",
        input=parquet[0],
        hint="set Pipeline(examples_format='tfrecord'), or read them with fn_args.data_accessor, which takes both",
    )


def _is_about_records(cause: BaseException) -> bool:
    text = str(cause)
    signs = (
        "corrupted record",
        "truncated record",
        "inflate() failed",
        "Could not parse example",
        "serialized Example",
    )
    return any(sign in text for sign in signs)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
