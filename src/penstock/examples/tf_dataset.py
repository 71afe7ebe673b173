# SPDX-License-Identifier: Apache-2.0
"""Examples as a ``tf.data.Dataset``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock import files
from penstock.errors import DataError, did_you_mean
from penstock.examples.accessor import TensorFlowDatasetOptions
from penstock.examples.batching import rebatch
from penstock.examples.csv.lines import is_gzip
from penstock.examples.epochs import CHUNK_ROWS, drops_final_batch, stream_rows
from penstock.examples.kinds import FeatureSet
from penstock.examples.layout import encode_examples
from penstock.examples.parsing import ParsingSpec, parsing_spec
from penstock.examples.reader import ExamplesReader
from penstock.examples.shares import Share
from penstock.examples.tf_columns import TensorColumn, tensor_column


def make_dataset(
    source: str | Sequence[str], options: TensorFlowDatasetOptions, schema: schema_pb2.Schema | None
) -> tf.data.Dataset:
    """Returns a dataset of batches; see ``penstock.examples.accessor.tf_dataset_factory``."""
    reader = ExamplesReader(source)
    spec = parsing_spec(schema, reader)
    if options.label_key is not None:
        _check_label(options.label_key, spec, reader)
    if reader.format == "tfrecord":
        dataset = _parsed(_records(reader, options), spec, options)
    else:
        columns = {key: tensor_column(key, wanted, reader.features) for key, wanted in spec.features.items()}
        known = {key: column for key, column in columns.items() if column is not None}
        if len(known) == len(columns):
            dataset = _from_columns(reader, known, options)
        else:
            dataset = _parsed(_encoded(reader, spec, options), spec, options)
    dataset = dataset.map(lambda features: _finish(features, spec, options.label_key))
    return dataset.prefetch(options.prefetch_buffer_size)


def _check_label(label: str, spec: ParsingSpec, reader: ExamplesReader) -> None:
    if label not in spec.tensor_names:
        raise DataError(
            f"there is no feature {label!r} to be the label",
            input="label_key",
            hint=did_you_mean(label, spec.tensor_names),
        )
    (key,) = (key for key in spec.features if spec.renamed.get(key, key) == label)
    if isinstance(spec.features[key], (tf.io.FixedLenFeature, tf.io.VarLenFeature)) and not _has_value(
        reader, key
    ):
        raise DataError(
            f"label {label!r} is missing in all {reader.num_rows} examples",
            input="label_key",
            expected="a value in at least one example",
            hint="is this the right feature, and was it in the data of this span?",
        )


def _has_value(reader: ExamplesReader, name: str) -> bool:
    """Says whether a feature has a value in any row; where it has, that mostly shows in the first few."""
    for batch in ExamplesReader(reader.shards, columns=[name]).found_batches():
        index = batch.schema.get_field_index(name)
        if index >= 0 and batch.column(index).null_count < batch.num_rows:
            return True
    return False


def _finish(features: dict[str, Any], spec: ParsingSpec, label_key: str | None) -> Any:
    named = {spec.renamed.get(key, key): tensor for key, tensor in features.items()}
    if label_key is None:
        return named
    label = named.pop(label_key)
    return named, label


def _from_columns(
    reader: ExamplesReader, columns: dict[str, TensorColumn], options: TensorFlowDatasetOptions
) -> tf.data.Dataset:
    """Hands arrays to TensorFlow, whole chunks at a time where these can be cut into batches in there."""
    features = FeatureSet(tuple(dict.fromkeys(column.feature for column in columns.values())))
    reader = ExamplesReader(
        reader.shards, columns=[name for name in features.names if name in reader.features]
    )
    drop = drops_final_batch(options)
    cut_inside = all(column.is_row_aligned for column in columns.values())
    rows = max(CHUNK_ROWS, options.batch_size) if cut_inside else options.batch_size

    def chunks() -> Iterator[tuple[npt.NDArray[Any], ...]]:
        for batch in rebatch(stream_rows(Share(reader), features, options, "table"), rows):
            if cut_inside or not drop or batch.num_rows == rows:
                yield tuple(_arrays(batch, columns))

    signature = [spec for column in columns.values() for spec in column.signature()]
    dataset = tf.data.Dataset.from_generator(chunks, output_signature=tuple(signature))
    if cut_inside:
        dataset = dataset.rebatch(options.batch_size, drop_remainder=drop)
    return dataset.map(lambda *parts: _tensors(parts, columns), num_parallel_calls=options.parser_num_threads)


def _arrays(batch: pa.RecordBatch, columns: dict[str, TensorColumn]) -> Iterator[npt.NDArray[Any]]:
    for column in columns.values():
        yield from column.arrays(batch.column(batch.schema.get_field_index(column.feature.name)))


def _tensors(parts: tuple[tf.Tensor, ...], columns: dict[str, TensorColumn]) -> dict[str, Any]:
    tensors, start = {}, 0
    for key, column in columns.items():
        end = start + len(column.signature())
        tensors[key] = column.tensor(list(parts[start:end]))
        start = end
    return tensors


def _records(reader: ExamplesReader, options: TensorFlowDatasetOptions) -> tf.data.Dataset:
    """Returns the serialized examples of TFRecord files, one by one, shuffled and repeated."""
    paths = [files.local_path(shard) if files.is_local(shard) else shard for shard in reader.shards]
    compression = ["GZIP" if is_gzip(shard) else "" for shard in reader.shards]
    dataset = tf.data.Dataset.from_tensor_slices((paths, compression))
    if options.shuffle:
        dataset = dataset.shuffle(len(paths), seed=options.shuffle_seed)
    dataset = dataset.interleave(
        tf.data.TFRecordDataset,
        num_parallel_calls=options.reader_num_threads,
        deterministic=not options.sloppy_ordering,
    )
    if options.shuffle:
        dataset = dataset.shuffle(options.shuffle_buffer_size, seed=options.shuffle_seed)
    return dataset.repeat(options.num_epochs)


def _encoded(reader: ExamplesReader, spec: ParsingSpec, options: TensorFlowDatasetOptions) -> tf.data.Dataset:
    """Returns rows of Parquet files as serialized examples, for tensors that only parsing can make."""
    names = [name for name in spec.source_columns() if name in reader.features]
    features = reader.features.select(names)
    reader = ExamplesReader(reader.shards, columns=names)

    def records() -> Iterator[list[bytes]]:
        for batch in stream_rows(Share(reader), features, options, "examples"):
            yield encode_examples(batch)

    dataset = tf.data.Dataset.from_generator(records, output_signature=tf.TensorSpec([None], tf.string))
    return dataset.unbatch()


def _parsed(
    dataset: tf.data.Dataset, spec: ParsingSpec, options: TensorFlowDatasetOptions
) -> tf.data.Dataset:
    batches = dataset.batch(options.batch_size, drop_remainder=drops_final_batch(options))
    return batches.map(
        lambda records: tf.io.parse_example(records, spec.features),
        num_parallel_calls=options.parser_num_threads,
    )
