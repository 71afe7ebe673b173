# SPDX-License-Identifier: Apache-2.0
"""PredictionLogs of SavedModels are what tfx-bsl's RunInference writes, record for record."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from component_runs import make_examples
from inference_runs import infer, model_in, prediction_logs

from penstock import proto
from penstock.artifacts.standard import Examples, Model
from penstock.errors import ParameterError
from penstock.examples.layout import encode_examples
from penstock.examples.reader import read_split
from penstock.inference import InferenceConfig
from penstock.inference.prediction_log_reading import read_prediction

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

TABLE = pa.table(
    {
        "x": pa.array([0.0, 1.5, -2.5, 1e10], pa.float32()),
        "count": pa.array([1, 2, 3, None], pa.int64()),
        "name": pa.array(["a", None, "naïve", ""], pa.string()),
    }
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    return make_examples(tmp_path_factory.mktemp("examples"), {"train": TABLE, "eval": TABLE.slice(0, 2)})


@pytest.fixture(scope="module")
def predicting(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A SavedModel with outputs of every type and shape behind one signature, and named inputs behind another."""
    import tensorflow as tf

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def of_examples(self, examples: Any) -> dict[str, Any]:
            x = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]
            flat = tf.reshape(x, [-1])
            return {
                "column": x,
                "scalar": flat,
                "double": tf.cast(flat, tf.float64) / 3,
                "pair": tf.concat([x, -x], axis=1),
                "matrix": tf.stack([tf.concat([x, x], 1), tf.concat([-x, x], 1)], axis=1),
                "whole": tf.cast(flat > 0, tf.int64) - 1,
                "small": tf.cast(flat > 0, tf.int32),
                "truth": flat > 0,
                "truths": tf.concat([x > 0, x < 0], axis=1),
                "texts": tf.strings.as_string(tf.concat([x, x], axis=1)),
            }

        @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
        def of_x(self, x: Any) -> dict[str, Any]:
            # A vector of text: tfx-bsl has no way to write one.
            return {"doubled": 2 * x, "text": tf.strings.as_string(tf.reshape(x, [-1]))}

    module = Module()
    model = model_in(tmp_path_factory.mktemp("predicting"))
    signatures = {"serving_default": module.of_examples, "by_name": module.of_x}
    tf.saved_model.save(module, model.serving_uri, signatures=signatures)
    return model


@pytest.fixture(scope="module")
def classifying(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A SavedModel of TensorFlow 1's form whose signatures classify and regress, as estimators export it."""
    import tensorflow as tf

    v1 = tf.compat.v1
    model = model_in(tmp_path_factory.mktemp("classifying"))
    graph = v1.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        serialized = v1.placeholder(tf.string, [None], name="input_example_tensor")
        x = v1.parse_example(serialized, {"x": v1.FixedLenFeature([1], tf.float32)})["x"]
        labels = tf.tile(tf.constant([["no", "yes"]]), [tf.shape(x)[0], 1])
        scores = tf.concat([tf.zeros_like(x), tf.sigmoid(x)], axis=1)
        definitions = v1.saved_model.signature_def_utils
        signatures = {
            "classification": definitions.classification_signature_def(serialized, labels, scores),
            "regression": definitions.regression_signature_def(serialized, 3 * x),
            "serving_default": definitions.predict_signature_def({"examples": serialized}, {"x": x}),
        }
        builder = v1.saved_model.Builder(f"{model.serving_uri}/v1")
        builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING], signatures)
        builder.save()
    for file in Path(model.serving_uri, "v1").iterdir():
        file.rename(Path(model.serving_uri, file.name))
    return model


def of_tfx_bsl(
    model: Model, signatures: Sequence[str], examples: Examples, splits: Sequence[str]
) -> list[Any]:
    """Returns what tfx-bsl predicts for the rows of some splits."""
    import apache_beam as beam
    from tfx_bsl.public.beam import run_inference
    from tfx_bsl.public.proto import model_spec_pb2

    spec = model_spec_pb2.InferenceSpecType(
        saved_model_spec=model_spec_pb2.SavedModelSpec(
            model_path=model.serving_uri, signature_name=signatures
        )
    )
    records = [r for split in splits for b in read_split(examples.uri, split) for r in encode_examples(b)]

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.Create(list(enumerate(records)))
            | run_inference.RunInference(spec)
            | beam.Map(lambda pair: (pair[0], pair[1].SerializeToString()))
            | beam.combiners.ToList()
            | beam.Map(lambda pairs: (Path(model.uri) / "bsl").write_text(repr(sorted(pairs))))
        )
    found = ast.literal_eval((Path(model.uri) / "bsl").read_text())
    return [record for _, record in found]


def comparable(record: bytes) -> Any:
    """Returns a record without what Penstock adds, and with its example decoded: an Example's bytes have no order."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog.FromString(record)
    log.ClearField("log_metadata")
    example = None
    for tensor in log.predict_log.request.inputs.values():
        if tensor.string_val:
            example = tf.train.Example.FromString(tensor.string_val[0])
            del tensor.string_val[:]
    return log, example


def assert_same(records: Sequence[bytes], wanted: Sequence[bytes]) -> None:
    assert len(records) == len(wanted) > 0
    for record, other in zip(records, wanted, strict=True):
        assert comparable(record) == comparable(other)


def test_predictions(tmp_path: Path, examples: Examples, predicting: Model) -> None:
    ran = infer(tmp_path, examples, predicting)
    records = prediction_logs(ran.uri("inference_result"))
    assert_same(records, of_tfx_bsl(predicting, [], examples, ["train", "eval"]))
    assert (tmp_path / "inference_result" / "0" / "prediction_logs-00000-of-00001.gz").exists()
    assert ran.record.rows == 6
    assert ran.outputs["inference_result"][0].get_string_custom_property("format") == "prediction_log"


def test_a_record_says_which_model_has_made_it_and_can_be_read_without_tensorflow(
    tmp_path: Path, examples: Examples, predicting: Model
) -> None:
    from tensorflow_serving.apis import prediction_log_pb2

    record = prediction_logs(infer(tmp_path, examples, predicting).uri("inference_result"))[1]
    spec = prediction_log_pb2.PredictionLog.FromString(record).log_metadata.model_spec
    assert (spec.name, spec.version_label) == ("14", "training")
    read = read_prediction(record)
    assert (read.kind, read.signature, read.model) == ("predict", "serving_default", ("14", "training"))
    assert read.inputs == {"count": 2, "name": None, "x": 1.5} or read.inputs == {"count": 2, "x": 1.5}
    assert read.outputs["pair"] == [1.5, -1.5]
    assert read.outputs["matrix"] == [1.5, 1.5, -1.5, 1.5]
    assert (read.outputs["whole"], read.outputs["truth"], read.outputs["truths"]) == (0, True, [True, False])
    assert read.outputs["double"] == 0.5
    assert read.outputs["texts"] == ["1.500000", "1.500000"]


@pytest.mark.parametrize("signatures", [["classification"], ["regression"], ["classification", "regression"]])
def test_classifications_and_regressions(
    tmp_path: Path, examples: Examples, classifying: Model, signatures: list[str]
) -> None:
    spec = proto.ModelSpec(model_signature_name=signatures)
    ran = infer(tmp_path, examples, classifying, model_spec=spec)
    records = prediction_logs(ran.uri("inference_result"))
    assert_same(records, of_tfx_bsl(classifying, signatures, examples, ["train", "eval"]))
    read = read_prediction(records[1])
    assert read.inputs["x"] == 1.5
    if signatures == ["classification"]:
        assert read.outputs["classes"] == ["no", "yes"]
    elif signatures == ["regression"]:
        assert read.outputs == {"value": 4.5}
    else:
        assert read.outputs["regression"] == 4.5
        assert read.outputs["classification.classes"] == ["no", "yes"]


def test_signatures_that_predict_make_a_record_each(
    tmp_path: Path, examples: Examples, predicting: Model
) -> None:
    from tensorflow_serving.apis import prediction_log_pb2

    spec = proto.ModelSpec(model_signature_name=["by_name", "serving_default"])
    ran = infer(tmp_path, examples, predicting, model_spec=spec)
    records = prediction_logs(ran.uri("inference_result"))
    read = [read_prediction(record) for record in records]
    assert [one.signature for one in read[:3]] == ["by_name", "serving_default", "by_name"]
    assert len(read) == 12
    assert (read[2].inputs, read[2].outputs) == ({"x": 1.5}, {"doubled": 3.0, "text": "1.500000"})
    tensor = prediction_log_pb2.PredictionLog.FromString(records[2]).predict_log.request.inputs["x"]
    assert [dim.size for dim in tensor.tensor_shape.dim] == [1, 1]
    assert_same(records[1::2], of_tfx_bsl(predicting, ["serving_default"], examples, ["train", "eval"]))
    assert ran.result.summary.rows == 6
    assert ran.result.summary.models["model"].batches == 4


def test_answers_become_features_of_examples(tmp_path: Path, examples: Examples, classifying: Model) -> None:
    spec = proto.OutputExampleSpec(
        output_columns_spec=[
            proto.OutputColumnsSpec(
                signature_name="classification",
                classify_output=proto.ClassifyOutput(label_column="labels", score_column="scores"),
            ),
            proto.OutputColumnsSpec(
                signature_name="regression", regress_output=proto.RegressOutput(value_column="value")
            ),
        ]
    )
    signatures = proto.ModelSpec(model_signature_name=["classification", "regression"])
    for format in ("parquet", "tfrecord"):
        ran = infer(
            tmp_path / format, examples, classifying, output_example_spec=spec, model_spec=signatures,
            examples_format=format,
        )  # fmt: skip
        (made,) = ran.outputs["output_examples"]
        assert made.splits == ("train", "eval")
        rows = pa.Table.from_batches(read_split(made.uri, "train")).to_pylist()
        assert [row["x"] for row in rows] == TABLE["x"].to_pylist()
        assert [row["name"] for row in rows] == ["a", None, "naïve", ""]
        assert rows[1]["labels"] == ["no", "yes"]
        assert rows[1]["scores"] == pytest.approx([0.0, 1 / (1 + np.exp(-1.5))])
        assert rows[1]["value"] == 4.5
        assert sum(batch.num_rows for batch in read_split(made.uri, "eval")) == 2


def test_parquet_on_request(tmp_path: Path, examples: Examples, predicting: Model) -> None:
    config = InferenceConfig(result_format="parquet", key="name", outputs={"pair": "both", "whole": "whole"})
    ran = infer(tmp_path, examples, predicting, inference_config=config)
    rows = pa.parquet.read_table(ran.uri("inference_result")).to_pylist()
    assert rows[1] == {
        "name": None, "both": [1.5, -1.5], "whole": 0, "model_id": 14, "model_version": "training",
    }  # fmt: skip


def test_tags_must_be_those_of_the_model(tmp_path: Path, examples: Examples, predicting: Model) -> None:
    assert infer(tmp_path / "a", examples, predicting, model_spec=proto.ModelSpec(tag=["serve"])).record.rows
    with pytest.raises(ParameterError, match="no graph with the tags") as caught:
        infer(tmp_path / "b", examples, predicting, model_spec=proto.ModelSpec(tag=["serve", "tpu"]))
    assert caught.value.expected == "serve"
