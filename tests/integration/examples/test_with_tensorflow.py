# SPDX-License-Identifier: Apache-2.0
"""What is written here is what TensorFlow reads, and the same from Parquet as from TFRecord."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from penstock.artifacts.standard import Examples
from penstock.components.import_example_gen.component import ImportExampleGen
from penstock.components.import_example_gen.driver import ImportExampleGenDriver
from penstock.components.import_example_gen.executor import ImportExampleGenExecutor
from penstock.errors import DataError
from penstock.examples.accessor import TensorFlowDatasetOptions, explain_format_error, tf_dataset_factory
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.examples.tfrecord import RecordFile
from penstock.examples.tfx_hash import bucket_feature, bucket_rows, serialize_rows
from penstock.examples.writer import ExamplesWriter
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import DriverContext, ExecutorContext, Work

pytestmark = pytest.mark.tensorflow

ROWS = 250
TABLE = pa.record_batch(
    [
        pa.array(range(ROWS)),
        pa.array([None if i % 3 == 0 else i / 4 for i in range(ROWS)], pa.float32()),
        pa.array([None if i % 100 < 50 else f"text {i}" for i in range(ROWS)]),
        pa.array([None if i % 5 == 0 else [i] * (i % 4) for i in range(ROWS)]),
        pa.array([[i / 2, 1.5, -i] for i in range(ROWS)], pa.list_(pa.float32())),
        pa.array([[b"\xff" * (i % 3), b"x"] for i in range(ROWS)]),
    ],
    ["id", "maybe", "text", "many", "three", "blobs"],
)
SCHEMA = """
feature { name: "id" type: INT presence { min_fraction: 1 } shape {} }
feature { name: "maybe" type: FLOAT }
feature { name: "text" type: BYTES }
feature { name: "many" type: INT }
feature { name: "three" type: FLOAT presence { min_fraction: 1 } shape { dim { size: 3 } } }
feature { name: "blobs" type: BYTES }
feature { name: "absent" type: INT }
"""
REPRESENTATIONS = """
tensor_representation_group { key: "" value {
  tensor_representation { key: "filled" value {
    dense_tensor { column_name: "maybe" shape { dim { size: 1 } } default_value { float_value: -1 } } } }
  tensor_representation { key: "ragged" value { ragged_tensor { feature_path { step: "many" } } } }
  tensor_representation { key: "text ragged" value {
    ragged_tensor { feature_path { step: "text" } row_partition_dtype: INT32 } } }
} }
"""
ONLY_PARSING_CAN_TELL = """
feature { name: "indices" type: INT } feature { name: "values" type: FLOAT }
tensor_representation_group { key: "" value {
  tensor_representation { key: "wide" value { sparse_tensor {
    dense_shape { dim { size: 10 } } index_column_names: "indices" value_column_name: "values" } } }
} }
"""


def parse(*texts: str) -> schema_pb2.Schema:
    return text_format.Parse("".join(texts), schema_pb2.Schema())


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same rows in both formats, in several files."""
    written: dict[str, str] = {}
    formats: tuple[ExamplesFormat, ...] = ("parquet", "tfrecord")
    for format_ in formats:
        folder = tmp_path_factory.mktemp(format_)
        with ExamplesWriter(str(folder), format=format_, rows_per_shard=100) as writer:
            for start in range(0, ROWS, 50):
                writer.write("train", TABLE.slice(start, 50))
        written[format_] = str(folder / "Split-train" / "*")
    return written


def plain(tensor: Any) -> Any:
    if isinstance(tensor, tf.SparseTensor):
        parts = (tensor.indices, tensor.values, tensor.dense_shape)
        return tuple(part.numpy().tolist() for part in parts)
    return tensor.to_list() if isinstance(tensor, tf.RaggedTensor) else tensor.numpy().tolist()


def batches(
    pattern: str, options: TensorFlowDatasetOptions, schema: schema_pb2.Schema | None
) -> list[dict[str, Any]]:
    dataset = tf_dataset_factory([pattern], options, schema)
    return [{name: plain(tensor) for name, tensor in batch.items()} for batch in dataset]


ORDERED = TensorFlowDatasetOptions(40, num_epochs=1, shuffle=False)


def test_tensorflow_reads_the_records_and_finds_the_values(splits: dict[str, str]) -> None:
    paths = sorted(tf.io.gfile.glob(splits["tfrecord"]))
    records = list(tf.data.TFRecordDataset(paths, compression_type="GZIP").as_numpy_iterator())
    assert len(records) == ROWS
    for row, record in zip(TABLE.to_pylist(), records, strict=True):
        features = tf.train.Example.FromString(record).features.feature
        assert features["id"].int64_list.value == [row["id"]]
        assert features["maybe"].float_list.value == ([] if row["maybe"] is None else [row["maybe"]])
        assert features["text"].bytes_list.value == ([] if row["text"] is None else [row["text"].encode()])
        assert features["many"].HasField("kind") == (row["many"] is not None)
        assert features["many"].int64_list.value == (row["many"] or [])
        assert features["blobs"].bytes_list.value == row["blobs"]


def test_records_that_tensorflow_writes_are_read(tmp_path: Path) -> None:
    def feature(**kind: Any) -> tf.train.Feature:
        return tf.train.Feature(**kind)

    examples = [
        tf.train.Example(features=tf.train.Features(feature=features))
        for features in (
            {"a": feature(int64_list=tf.train.Int64List(value=[1, 2])), "b": feature()},
            {
                "a": feature(int64_list=tf.train.Int64List()),
                "b": feature(float_list=tf.train.FloatList(value=[0.5])),
            },
            {},
        )
    ]
    for suffix, compression in (("gz", "GZIP"), ("tfrecord", "")):
        path = str(tmp_path / f"x.{suffix}")
        with tf.io.TFRecordWriter(path, compression) as writer:
            for example in examples:
                writer.write(example.SerializeToString())
        (batch,) = ExamplesReader(path).batches()
        assert batch.to_pydict() == {"a": [[1, 2], [], None], "b": [None, 0.5, None]}


@pytest.mark.parametrize(
    "schema", [None, SCHEMA, SCHEMA + REPRESENTATIONS], ids=["none", "inferred", "given"]
)
def test_both_formats_give_the_same_tensors(splits: dict[str, str], schema: str | None) -> None:
    parsed = None if schema is None else parse(schema)
    from_parquet, from_tfrecord = (
        batches(splits[format_], ORDERED, parsed) for format_ in ("parquet", "tfrecord")
    )
    assert len(from_parquet) == 7
    assert from_parquet == from_tfrecord
    specs = [tf_dataset_factory(splits[format_], ORDERED, parsed).element_spec for format_ in splits]
    assert {name: (spec.dtype, spec.shape.rank) for name, spec in specs[0].items()} == {
        name: (spec.dtype, spec.shape.rank) for name, spec in specs[1].items()
    }


def test_rows_that_can_be_cut_inside_are_the_same_too(splits: dict[str, str]) -> None:
    texts = SCHEMA.strip().splitlines()
    parsed = parse(*texts[:3], texts[4])
    from_parquet, from_tfrecord = (
        batches(splits[format_], ORDERED, parsed) for format_ in ("parquet", "tfrecord")
    )
    assert from_parquet == from_tfrecord
    assert [len(batch["id"]) for batch in from_parquet] == [40] * 6 + [10]
    assert [n for batch in from_parquet for n in batch["id"]] == list(range(ROWS))


def test_sparse_representations_of_several_columns(tmp_path: Path) -> None:
    table = pa.record_batch(
        [pa.array([[1, 7], [], [9]]), pa.array([[0.5, 1.5], [], [2.5]], pa.list_(pa.float32()))],
        ["indices", "values"],
    )
    found = []
    for format_ in ("parquet", "tfrecord"):
        with ExamplesWriter(str(tmp_path / format_), format=format_) as writer:
            writer.write("s", table)
        found.append(
            batches(str(tmp_path / format_ / "Split-s" / "*"), ORDERED, parse(ONLY_PARSING_CAN_TELL))
        )
    assert found[0] == found[1]
    assert found[0][0]["wide"] == ([[0, 1], [0, 7], [2, 9]], [0.5, 1.5, 2.5], [3, 10])


@pytest.mark.parametrize("format_", ["parquet", "tfrecord"])
def test_epochs_shuffling_and_label(splits: dict[str, str], format_: str) -> None:
    options = TensorFlowDatasetOptions(ROWS, num_epochs=2, shuffle_seed=5, label_key="id")
    epochs = [labels.numpy() for _, labels in tf_dataset_factory(splits[format_], options, parse(SCHEMA))]
    assert [sorted(epoch.tolist()) for epoch in epochs] == [list(range(ROWS))] * 2
    assert epochs[0].tolist() != epochs[1].tolist()
    assert np.abs(epochs[0] - np.arange(ROWS)).mean() > ROWS / 6
    endless = TensorFlowDatasetOptions(40, shuffle=False, label_key="id")
    sizes = [
        len(labels) for _, labels in tf_dataset_factory(splits[format_], endless, parse(SCHEMA)).take(20)
    ]
    assert sizes == [40] * 20


def test_options_of_tfx_bsl_are_accepted(splits: dict[str, str]) -> None:
    from tfx_bsl.tfxio import dataset_options

    theirs = dataset_options.TensorFlowDatasetOptions(batch_size=10, num_epochs=1, shuffle=False)
    assert TensorFlowDatasetOptions._fields == dataset_options.TensorFlowDatasetOptions._fields
    assert tuple(TensorFlowDatasetOptions(10)) == tuple(dataset_options.TensorFlowDatasetOptions(10))
    assert len(batches(splits["parquet"], theirs, None)) == 25


def test_a_dense_feature_that_is_missing_somewhere_is_named(splits: dict[str, str]) -> None:
    schema = parse('feature { name: "maybe" type: FLOAT presence { min_fraction: 1 } shape {} }')
    with pytest.raises(tf.errors.OpError, match="'maybe' is missing in some row.*infer_feature_shape=False"):
        batches(splits["parquet"], ORDERED, schema)
    schema = parse(
        'feature { name: "many" type: INT presence { min_fraction: 1 } shape { dim { size: 2 } } }'
    )
    with pytest.raises(tf.errors.OpError, match="'many' has another number of values"):
        batches(splits["parquet"], ORDERED, schema)


def test_schemas_that_do_not_fit_are_errors(splits: dict[str, str]) -> None:
    with pytest.raises(DataError, match="'id' has another type in the examples.*expected: float.*got: int"):
        batches(splits["parquet"], ORDERED, parse('feature { name: "id" type: FLOAT }'))
    with pytest.raises(DataError, match="no feature 'idd' to be the label.*did you mean 'id'"):
        tf_dataset_factory(splits["parquet"], ORDERED._replace(label_key="idd"), parse(SCHEMA))
    with pytest.raises(DataError, match="does not say how its features become tensors"):
        batches(splits["parquet"], ORDERED, parse('feature { name: "id" type: INT shape {} }'))


@pytest.mark.parametrize("compression", ["", "GZIP"])
def test_parquet_opened_as_tfrecord_is_explained(splits: dict[str, str], compression: str) -> None:
    with pytest.raises(tf.errors.OpError) as caught:
        next(iter(tf.data.TFRecordDataset(tf.io.gfile.glob(splits["parquet"]), compression)))
    explained = explain_format_error(caught.value, splits["parquet"])
    assert isinstance(explained, DataError)
    assert "Pipeline(examples_format='tfrecord')" in str(explained)
    assert explain_format_error(caught.value, splits["tfrecord"]) is None
    assert explain_format_error(ValueError("corrupted record"), splits["parquet"]) is None
    assert explain_format_error(caught.value, "/no/such/files") is None


def as_tfx_writes(row: dict[str, Any]) -> tf.train.Example:
    """A row as TFX's CsvExampleGen writes it: a missing value is an empty list of its kind."""
    features = {}
    for name, cell in row.items():
        values = [] if cell is None else cell if isinstance(cell, list) else [cell]
        type_ = TABLE.schema.field(name).type
        type_ = type_.value_type if pa.types.is_list(type_) else type_
        if pa.types.is_integer(type_):
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        elif pa.types.is_floating(type_):
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
        else:
            encoded = [value.encode() if isinstance(value, str) else value for value in values]
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
    return tf.train.Example(features=tf.train.Features(feature=features))


def tfx_bucket(serialized: bytes, buckets: int) -> int:
    return int(hashlib.sha256(serialized).hexdigest(), 16) % buckets


def test_tfx_membership_is_that_of_the_deterministic_serialization() -> None:
    expected = [as_tfx_writes(row).SerializeToString(deterministic=True) for row in TABLE.to_pylist()]
    assert serialize_rows(TABLE) == expected
    assert bucket_rows(TABLE, 3) == [tfx_bucket(serialized, 3) for serialized in expected]
    ids = [
        tf.train.Feature(int64_list=tf.train.Int64List(value=[i])).SerializeToString() for i in range(ROWS)
    ]
    assert bucket_feature(TABLE.column(0), 10) == [tfx_bucket(serialized, 10) for serialized in ids]


def test_imported_records_have_tfx_membership_whatever_they_leave_out(tmp_path: Path) -> None:
    examples = []
    for i in range(100):
        features = {"id": tf.train.Feature(int64_list=tf.train.Int64List(value=[i]))}
        if i % 2:
            features["odd"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"yes"]))
        if i % 3 == 0:
            features["empty"] = tf.train.Feature(float_list=tf.train.FloatList())
        examples.append(tf.train.Example(features=tf.train.Features(feature=features)))
    (tmp_path / "in").mkdir()
    file = RecordFile(str(tmp_path / "in" / "x.gz"))
    file.write([example.SerializeToString() for example in examples])
    file.close()

    component = ImportExampleGen("in", split_algorithm="tfx-sha256")
    parameters = ImportExampleGen.Parameters(**component.exec_properties)
    context = DriverContext("p", "r", "n", "root", str(tmp_path), "parquet", store=None)  # type: ignore[arg-type]
    plan = ImportExampleGenDriver().decide(NoInputs(), parameters, context).plan
    outputs = ImportExampleGen.Outputs(Examples(str(tmp_path / "out")))
    work = Work(NoInputs(), outputs, parameters, plan, ExecutorContext("p", "r", "n", 1, "", ""))
    ImportExampleGenExecutor().execute(work)

    serialized = [example.SerializeToString(deterministic=True) for example in examples]
    expected = [i for i in range(100) if tfx_bucket(serialized[i], 3) == 2]
    (batch,) = ExamplesReader(str(tmp_path / "out" / "Split-eval")).batches()
    assert batch.to_pydict()["id"] == expected
