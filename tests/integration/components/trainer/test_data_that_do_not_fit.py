# SPDX-License-Identifier: Apache-2.0
"""Modules that read their data with TensorFlow, and data that are not what they take them for: one clear error each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.artifacts.standard import Examples, Model, ModelRun, Schema
from penstock.components.trainer.component import (
    TrainerInputs,
    TrainerOutputs,
    TrainerParameters,
    TrainerPlan,
)
from penstock.components.trainer.executor import TrainerExecutor
from penstock.errors import PenstockError
from penstock.examples.kinds import FeatureSet, FeatureSpec
from penstock.examples.payload import ExamplesFormat
from penstock.examples.writer import ExamplesWriter
from penstock.runtime import user_code
from penstock.runtime.roles import ExecutorContext, Work

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

SCHEMA = """
    feature { name: "fare" type: FLOAT presence { min_fraction: 1.0 } shape { dim { size: 1 } } }
    feature { name: "label" type: INT presence { min_fraction: 1.0 } shape { dim { size: 1 } } }
"""


@pytest.fixture(autouse=True)
def fresh_modules(tmp_path: Path) -> Iterator[None]:
    with user_code.session(str(tmp_path)):
        yield


def train(tmp_path: Path, source: str, labels: list[int | None], file_format: ExamplesFormat) -> Any:
    examples = Examples(str(tmp_path / "examples"), properties={"split_names": '["train", "eval"]'})
    features = FeatureSet((FeatureSpec("fare", "float"), FeatureSpec("label", "int")))
    writer = ExamplesWriter(examples.uri, features, file_format)
    rows = {"fare": pa.array([1.0] * len(labels), pa.float32()), "label": pa.array(labels, pa.int64())}
    for split in examples.splits:
        writer.write(split, pa.RecordBatch.from_pydict(rows))
    writer.close()
    (tmp_path / "schema.pbtxt").write_text(SCHEMA)
    (tmp_path / "module.py").write_text(textwrap.dedent(source))
    work: Any = Work(
        TrainerInputs([examples], schema=Schema(str(tmp_path))),
        TrainerOutputs(Model(str(tmp_path / "model")), ModelRun(str(tmp_path / "model_run"))),
        TrainerParameters(module_file="module.py"),
        TrainerPlan(("train",), ("eval",)),
        ExecutorContext("p", "r", "Trainer", 1, str(tmp_path), str(tmp_path / "tmp")),
    )
    return TrainerExecutor().execute(work)


READS_TFRECORD = """
    import glob
    import tensorflow as tf

    def run_fn(fn_args):
        files = [path for pattern in fn_args.train_files for path in glob.glob(pattern)]
        for record in tf.data.TFRecordDataset(files, compression_type="GZIP"):
            tf.io.parse_single_example(record, {"fare": tf.io.FixedLenFeature([1], tf.float32)})
        tf.saved_model.save(tf.Module(), fn_args.serving_model_dir)
"""

READS_DATASET = """
    import tensorflow as tf
    from penstock.utils import parse_pbtxt_file
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx_bsl.public import tfxio

    def run_fn(fn_args):
        options = tfxio.TensorFlowDatasetOptions(batch_size=2, num_epochs=1, label_key="label")
        schema = parse_pbtxt_file(fn_args.schema_path, schema_pb2.Schema())
        rows = 0
        for features, label in fn_args.data_accessor.tf_dataset_factory(fn_args.train_files, options, schema):
            rows += len(label)
        tf.saved_model.save(tf.Module(), fn_args.serving_model_dir)
        return {"rows": rows}
"""


def test_a_module_that_opens_parquet_as_tfrecord_is_told_the_switch(tmp_path: Path) -> None:
    with pytest.raises(PenstockError) as caught:
        train(tmp_path, READS_TFRECORD, [0, 1], "parquet")
    error = str(caught.value)
    assert error.startswith(
        "Trainer: the module reads the examples as TFRecord, but they are stored as Parquet"
    )
    assert "Pipeline(examples_format='tfrecord')" in error
    assert "module.py" in getattr(caught.value, "traceback", "")


def test_with_the_switch_it_works(tmp_path: Path) -> None:
    assert train(tmp_path, READS_TFRECORD, [0, 1], "tfrecord").model.flavor == "tensorflow"


@pytest.mark.parametrize("file_format", ["parquet", "tfrecord"])
def test_the_accessor_takes_either(tmp_path: Path, file_format: ExamplesFormat) -> None:
    assert train(tmp_path, READS_DATASET, [0, 1, 1], file_format).metrics == {"rows": 3.0}


@pytest.mark.parametrize("file_format", ["parquet", "tfrecord"])
def test_a_label_that_is_all_missing_is_named(tmp_path: Path, file_format: ExamplesFormat) -> None:
    with pytest.raises(PenstockError, match="Trainer: label 'label' is missing in all 2 examples"):
        train(tmp_path, READS_DATASET, [None, None], file_format)


def test_a_label_that_does_not_exist_is_named(tmp_path: Path) -> None:
    source = READS_DATASET.replace('label_key="label"', 'label_key="lable"')
    with pytest.raises(PenstockError, match=r"no feature 'lable' to be the label.*did you mean 'label'"):
        train(tmp_path, source, [0, 1], "parquet")
