# SPDX-License-Identifier: Apache-2.0
"""Real SavedModels: what is read without TensorFlow is what TensorFlow says, and predictions come out right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, ParameterError
from penstock.examples.layout import to_example_layout
from penstock.models import LoadOptions, describe, load, save

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]


@pytest.fixture(scope="module")
def model_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    import tensorflow as tf

    class Doubling(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def from_examples(self, examples: Any) -> Any:
            spec = {"x": tf.io.FixedLenFeature([1], tf.float32), "name": tf.io.VarLenFeature(tf.string)}
            parsed = tf.io.parse_example(examples, spec)
            names = tf.sparse.to_dense(parsed["name"], default_value=b"?")
            return {"doubled": parsed["x"] * self.factor, "names": names}

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 1], tf.float32, name="x"),
                tf.TensorSpec([None], tf.int32, name="count"),
            ]
        )
        def from_columns(self, x: Any, count: Any) -> Any:
            return {"product": x[:, 0] * tf.cast(count, tf.float32) * self.factor}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="name")])
        def of_text(self, name: Any) -> Any:
            return {"length": tf.strings.length(name)}

    module = Doubling()
    signatures = {
        "serving_default": module.from_examples,
        "columns": module.from_columns,
        "text": module.of_text,
    }
    path = tmp_path_factory.mktemp("model") / "saved"
    tf.saved_model.save(module, str(path), signatures=signatures)
    return str(path)


@pytest.fixture(scope="module")
def batch() -> pa.RecordBatch:
    columns = [
        pa.array([[1.0], [2.5]], pa.large_list(pa.float32())),
        pa.array([[3], [4]], pa.large_list(pa.int64())),
        pa.array([[b"ab"], None], pa.large_list(pa.large_binary())),
    ]
    return pa.RecordBatch.from_arrays(columns, ["x", "count", "name"])


def test_the_description_is_what_tensorflow_loads(model_uri: str) -> None:
    described = describe(model_uri)
    assert [signature.name for signature in described.signatures] == ["columns", "serving_default", "text"]
    predictor = load(model_uri)
    for signature in described.signatures:
        assert predictor.with_signature(signature.name).signature == signature


def test_serialized_examples_are_fed_to_a_signature_with_one_input_of_strings(
    model_uri: str, batch: pa.RecordBatch
) -> None:
    predictions = load(model_uri).predict(batch)
    np.testing.assert_array_equal(predictions["doubled"], np.array([[2.0], [5.0]], np.float32))
    assert predictions["names"].tolist() == [[b"ab"], [b"?"]]


def test_columns_are_fed_to_a_signature_with_named_inputs(model_uri: str, batch: pa.RecordBatch) -> None:
    predictions = load(model_uri, "tensorflow", signature_name="columns").predict(batch)
    assert predictions["product"].tolist() == [6.0, 20.0]


def test_an_input_of_strings_named_after_a_feature_takes_that_feature(
    model_uri: str, batch: pa.RecordBatch
) -> None:
    assert load(model_uri, signature_name="text").predict(batch.slice(0, 1))["length"].tolist() == [2]


def test_an_empty_batch_gives_empty_predictions(model_uri: str, batch: pa.RecordBatch) -> None:
    assert load(model_uri).predict(batch.slice(0, 0))["doubled"].shape == (0, 1)


def test_a_model_on_another_file_system_loads(model_uri: str, batch: pa.RecordBatch) -> None:
    remote = "memory://models/tensorflow-flavor"
    fsspec.filesystem("memory").put(model_uri, remote, recursive=True)
    assert describe(remote) == describe(model_uri)
    assert load(remote).predict(batch)["doubled"].tolist() == [[2.0], [5.0]]


def test_a_missing_feature_is_one_error_for_examples_and_for_columns(
    model_uri: str, batch: pa.RecordBatch
) -> None:
    without_x = pa.RecordBatch.from_arrays(batch.columns[1:], ["count", "name"])
    with pytest.raises(DataError, match=r"refused the examples in signature 'serving_default'.*x"):
        load(model_uri).predict(without_x)
    with pytest.raises(DataError, match=r"the model takes x: float32\[\?, 1\].*no such feature"):
        load(model_uri, signature_name="columns").predict(without_x)


def test_a_feature_of_another_type_is_one_error(model_uri: str, batch: pa.RecordBatch) -> None:
    wrong = pa.RecordBatch.from_arrays([batch.column(1), batch.column(0)], ["x", "count"])
    with pytest.raises(DataError, match="refused the examples"):
        load(model_uri).predict(wrong)
    with pytest.raises(DataError, match="'count' is of another type"):
        load(model_uri, signature_name="columns").predict(wrong)


def test_an_unknown_signature_is_named(model_uri: str) -> None:
    with pytest.raises(
        ParameterError, match=r"no signature 'servin_default'.*did you mean 'serving_default'"
    ):
        load(model_uri, signature_name="servin_default")


def test_a_model_without_signatures_says_how_to_save_one(tmp_path: Path) -> None:
    import tensorflow as tf

    tf.saved_model.save(tf.Module(), str(tmp_path / "bare"))
    assert describe(str(tmp_path / "bare")).signatures == ()
    with pytest.raises(
        ParameterError, match=r"no signature 'serving_default'.*signatures=\.\.\..*no signature at all"
    ):
        load(str(tmp_path / "bare"))


def test_damaged_weights_are_one_error(model_uri: str, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(model_uri, tmp_path / "damaged")
    for path in (tmp_path / "damaged" / "variables").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="does not load with TensorFlow"):
        load(str(tmp_path / "damaged"))


class TestSavingAndOptions:
    def test_a_module_is_saved_with_its_functions_as_signatures(self, tmp_path: Path) -> None:
        import tensorflow as tf

        class Tripling(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
            def triple(self, x: Any) -> Any:
                return {"y": 3.0 * x}

        module = Tripling()
        info = save(module, tmp_path, signatures={"serving_default": module.triple})
        assert info == describe(str(tmp_path))
        assert str(info.signature) == "serving_default(x: float32[?]) -> (y: float32[?])"
        predictor = load(str(tmp_path), options=LoadOptions(device="cpu"))
        table = pa.RecordBatch.from_arrays([pa.array([1.0, 2.0], pa.float32())], ["x"])
        for rows in (table, to_example_layout(table)):
            assert predictor.predict(rows)["y"].tolist() == [3.0, 6.0]
        assert predictor.device == "cpu"
        assert predictor.size_bytes > 0
        with pytest.raises(ParameterError, match="has no signature.*signatures="):
            save(tf.Module(), tmp_path / "none")
        with pytest.raises(ParameterError, match="says what it takes and gives by its functions"):
            save(module, tmp_path / "named", inputs=["x"])

    def test_options_that_a_saved_model_cannot_follow_are_refused(self, model_uri: str) -> None:
        with pytest.raises(ParameterError, match="without an argument 'task'"):
            load(model_uri, options=LoadOptions(arguments={"task": 1}))
        with pytest.raises(ParameterError, match="names its own inputs"):
            load(model_uri, options=LoadOptions(features=("x",)))
        with pytest.raises(ParameterError, match="no device 'cuda:99'"):
            load(model_uri, options=LoadOptions(device="cuda:99"))

    def test_threads_are_limited_before_tensorflow_starts_and_told_after(self, model_uri: str) -> None:
        code = (
            "import logging, sys; logging.basicConfig(stream=sys.stdout); import tensorflow as tf;"
            "from penstock.models import LoadOptions, load;"
            "load(sys.argv[1], options=LoadOptions(threads=1));"
            "assert tf.config.threading.get_intra_op_parallelism_threads() == 1;"
            "assert tf.config.threading.get_inter_op_parallelism_threads() == 1;"
            "load(sys.argv[1], options=LoadOptions(threads=1)); print('quiet');"
            "load(sys.argv[1], options=LoadOptions(threads=2))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, model_uri], check=True, capture_output=True, text=True
        )
        before, _, after = done.stdout.partition("quiet")
        assert "too late" not in before
        assert "2 is too late" in after
