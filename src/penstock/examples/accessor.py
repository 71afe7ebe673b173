# SPDX-License-Identifier: Apache-2.0
"""How a user's module opens examples, whatever their format: ``FnArgs.data_accessor``. Light until it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock.errors import DataError, DependencyError, PenstockError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from penstock.examples.torch_data import ExamplesDataset

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
    """Opens examples, whatever their format, as the module's framework takes them.

    As a tuple it is TFX's: two factories and a function, which are called. The methods are Penstock's own, and of
    these none but what its name says is imported; ``penstock.data`` has the same as functions.

    Attributes:
        tf_dataset_factory: :func:`tf_dataset_factory`.
        record_batch_factory: :func:`record_batch_factory`.
        data_view_decode_fn: Decodes records as a DataView says; ``None``, as there are no DataViews here.
    """

    tf_dataset_factory: Callable[..., tf.data.Dataset]
    record_batch_factory: Callable[..., Iterator[pa.RecordBatch]]
    data_view_decode_fn: Callable[..., Any] | None = None

    def read_table(self, source: str | Sequence[str], *, columns: Sequence[str] | None = None) -> pa.Table:
        """Returns examples as one Arrow table in memory; see ``penstock.data.read_table``."""
        from penstock.examples import tables

        return tables.read_table(source, columns=columns)

    def read_pandas(
        self, source: str | Sequence[str], *, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Returns examples as one data frame in memory; see ``penstock.data.read_pandas``."""
        from penstock.examples import tables

        return tables.read_pandas(source, columns=columns)

    def read_numpy(
        self, source: str | Sequence[str], *, columns: Sequence[str] | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        """Returns examples as one array per feature, in memory; see ``penstock.data.read_numpy``."""
        from penstock.examples import tables

        return tables.read_numpy(source, columns=columns)

    def pandas_batches(
        self,
        source: str | Sequence[str],
        options: RecordBatchesOptions,
        *,
        columns: Sequence[str] | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Yields batches as data frames; see ``penstock.data.pandas_batches``."""
        from penstock.examples import tables

        return tables.pandas_batches(source, options, columns=columns)

    def numpy_batches(
        self,
        source: str | Sequence[str],
        options: RecordBatchesOptions,
        *,
        columns: Sequence[str] | None = None,
    ) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Yields batches as one array per feature; see ``penstock.data.numpy_batches``."""
        from penstock.examples import tables

        return tables.numpy_batches(source, options, columns=columns)

    def torch_dataset(
        self,
        source: str | Sequence[str],
        options: RecordBatchesOptions,
        *,
        columns: Sequence[str] | None = None,
        shapes: Mapping[str, Sequence[int]] | None = None,
        missing: Mapping[str, int | float | str | bytes] | None = None,
    ) -> ExamplesDataset:
        """Returns batches of tensors for a ``DataLoader``; see ``penstock.data.torch_dataset``."""
        return torch_dataset(source, options, columns=columns, shapes=shapes, missing=missing)


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


def torch_dataset(
    source: str | Sequence[str],
    options: RecordBatchesOptions,
    *,
    columns: Sequence[str] | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None,
    missing: Mapping[str, int | float | str | bytes] | None = None,
) -> ExamplesDataset:
    """Returns a ``torch.utils.data.IterableDataset`` of batches, in constant memory and without TensorFlow.

    Each element is a whole batch, a dictionary of tensors, so it goes into a ``DataLoader`` with ``batch_size=None``::

        dataset = torch_dataset(fn_args.train_files, RecordBatchesOptions(256, num_epochs=1))
        for batch in DataLoader(dataset, batch_size=None, num_workers=2):
            loss = criterion(model(batch["features"]), batch["label"])

    Workers of a ``DataLoader`` share the rows out among them, by row groups of Parquet files and by whole TFRecord
    files, so that each row comes once an epoch however many there are; a worker for which nothing is left yields
    nothing. Each ``for`` over the dataset begins anew. Shuffled, its order is another one each time and follows
    ``torch.manual_seed``; with a ``shuffle_seed`` it is the same each time.

    Args:
        source: Folder of a split, a file pattern, or several of either.
        options: Batch size, epochs, shuffling. A last batch that is left out is left out by each worker.
        columns: Which features, in this order; ``None`` means all.
        shapes: Shape of a row, by feature, for lists that have the same length in every row: ``{"pixels": (28, 28)}``.
            The tensor has the rows before it.
        missing: Value for missing ones, by feature.

    Returns:
        A dataset of dictionaries: of float32 tensors with NaN for missing values, of int64 tensors, of lists of
        tensors for features that are lists and have no shape, of lists of ``str`` or ``bytes``.

    Raises:
        DataError: There are no such files or features; while going through it, an int feature misses a value that
            ``missing`` does not give, or a row does not have the shape.
        DependencyError: PyTorch is not installed.
    """
    try:
        from penstock.examples.torch_data import ExamplesDataset
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise DependencyError(
            "torch is not installed, which torch_dataset needs",
            hint="pip install 'penstock[pytorch]'; numpy_batches does without",
        ) from error
    return ExamplesDataset(source, options, columns, shapes or {}, missing or {})


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
