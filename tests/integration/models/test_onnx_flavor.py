# SPDX-License-Identifier: Apache-2.0
"""Real graphs: what is read without a library is what ONNX says, and predictions are ONNX Runtime's own."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper

from penstock.errors import DataError, ParameterError
from penstock.examples.layout import to_example_layout
from penstock.models import LoadOptions, Signature, TensorSpec, describe, load, save
from penstock.models.descriptor import FILE_NAME

pytestmark = pytest.mark.integration

ROWS = 7
WEIGHTS = np.array([[1.0], [10.0], [100.0]], np.float32)


def model_of(nodes: Any, inputs: Any, outputs: Any, initializers: Sequence[Any] = ()) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers))
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, producer_name="tests", producer_version="1.5", opset_imports=opsets)
    model.ir_version = 8
    return model


def tensor(name: str, kind: int = TensorProto.FLOAT, shape: Sequence[Any] | None = ("n", 3)) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def linear(rows: int | str | None = "n") -> onnx.ModelProto:
    """Returns ``y = X @ [1, 10, 100]`` of a number of rows; the weights are listed as an input too, as of old."""
    return model_of(
        [helper.make_node("MatMul", ["X", "W"], ["y"])],
        [tensor("X", shape=(rows, 3)), tensor("W", shape=(3, 1))],
        [tensor("y", shape=(rows, 1))],
        [numpy_helper.from_array(WEIGHTS, "W")],
    )


def classifier(labels: Sequence[Any]) -> onnx.ModelProto:
    """Returns a classifier with a ZipMap, as converters of scikit-learn's models write it by default."""
    texts = isinstance(labels[0], str)
    key = "classlabels_strings" if texts else "classlabels_ints"
    zipped = "classlabels_strings" if texts else "classlabels_int64s"
    ml: dict[str, Any] = {"domain": "ai.onnx.ml"}
    coefficients = np.arange(3 * len(labels), dtype=np.float32) / 10
    nodes = [
        helper.make_node(
            "LinearClassifier", ["X"], ["label", "scores"], coefficients=coefficients.tolist(),
            intercepts=[0.0] * len(labels), post_transform="SOFTMAX", multi_class=1, **{**ml, key: list(labels)},
        ),
        helper.make_node("ZipMap", ["scores"], ["probabilities"], **{**ml, zipped: list(labels)}),
    ]  # fmt: skip
    kind = TensorProto.STRING if texts else TensorProto.INT64
    mapping = helper.make_map_type_proto(kind, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    given = helper.make_value_info("probabilities", helper.make_sequence_type_proto(mapping))
    return model_of(nodes, [tensor("X")], [tensor("label", kind, ("n",)), given])


def by_column() -> onnx.ModelProto:
    """Returns a graph with an input for each column, of three types."""
    nodes = [
        helper.make_node("Cast", ["count"], ["float_count"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["miles", "float_count"], ["sum"]),
        helper.make_node("Identity", ["company"], ["same"]),
    ]
    one = ("n", 1)
    return model_of(
        nodes,
        [
            tensor("miles", shape=one),
            tensor("count", TensorProto.INT64, one),
            tensor("company", TensorProto.STRING, one),
        ],
        [tensor("sum", shape=one), tensor("same", TensorProto.STRING, one)],
    )


def column_of(rows: list[Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(rows)], ["X"])


def bare(model: onnx.ModelProto, feeds: dict[str, Any]) -> list[Any]:
    result: list[Any] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    return result


@pytest.fixture(scope="module")
def values() -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).normal(size=(ROWS, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def lists(values: np.ndarray[Any, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values.tolist(), pa.list_(pa.float32()))], ["X"])


@pytest.fixture(scope="module")
def columns(values: np.ndarray[Any, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array(values[:, index].copy()) for index in range(3)], ["a", "b", "c"]
    )


class TestInputsAndOutputs:
    def test_one_array_is_fed_from_a_column_of_lists(
        self, values: np.ndarray[Any, Any], lists: pa.RecordBatch, tmp_path: Path
    ) -> None:
        info = save(linear(), tmp_path)
        assert str(info.signature) == "serving_default(X: float32[?, 3]) -> (y: float32[?, 1])"
        assert info.library_version == "tests 1.5"
        predictor = load(str(tmp_path))
        for layout in (lists, to_example_layout(lists)):
            np.testing.assert_array_equal(predictor.predict(layout)["y"], bare(linear(), {"X": values})[0])
        assert predictor.predict(lists.slice(0, 0))["y"].shape == (0, 1)
        assert predictor.device == "cpu"
        assert predictor.size_bytes >= (tmp_path / "model.onnx").stat().st_size

    def test_one_array_is_fed_from_several_columns(
        self, values: np.ndarray[Any, Any], columns: pa.RecordBatch, tmp_path: Path
    ) -> None:
        expected = bare(linear(), {"X": values})[0]
        save(linear(), tmp_path / "inputs", inputs=["a", "b", "c"])
        save(linear(), tmp_path / "example", example=columns)
        save(linear().SerializeToString(), tmp_path / "bytes", inputs=("a", "b", "c"))
        signature = Signature(
            "serving_default", tuple(TensorSpec(name, "float32", (None,)) for name in "abc")
        )
        save(linear(), tmp_path / "signature", signature=signature)
        for name in ("inputs", "example", "bytes", "signature"):
            predictor = load(str(tmp_path / name))
            assert predictor.signature.inputs == signature.inputs
            for layout in (columns, to_example_layout(columns)):
                np.testing.assert_array_equal(predictor.predict(layout)["y"], expected)
        onnx.save(linear(), tmp_path / "plain.onnx")
        named = LoadOptions(features=("c", "b", "a"))
        turned = bare(linear(), {"X": np.ascontiguousarray(values[:, ::-1])})[0]
        np.testing.assert_array_equal(
            load(str(tmp_path / "plain.onnx"), options=named).predict(columns)["y"], turned
        )

    def test_an_input_for_each_column(self, tmp_path: Path) -> None:
        save(by_column(), tmp_path)
        batch = pa.RecordBatch.from_arrays(
            [pa.array([1.5, 2.5]), pa.array([10, 20]), pa.array(["x", "é"])], ["miles", "count", "company"]
        )
        for layout in (
            batch,
            to_example_layout(
                pa.RecordBatch.from_arrays(
                    [batch[0].cast(pa.float32()), *batch.columns[1:]], batch.schema.names
                )
            ),
        ):
            answers = load(str(tmp_path)).predict(layout)
            assert answers["sum"].tolist() == [[11.5], [22.5]]
            assert answers["same"].tolist() == [["x"], ["é"]]
        renamed = LoadOptions(features=("m", "n", "company"))
        other = pa.RecordBatch.from_arrays(batch.columns, ["m", "n", "company"])
        assert load(str(tmp_path), options=renamed).predict(other)["sum"].tolist() == [[11.5], [22.5]]

    @pytest.mark.parametrize("labels", [["no", "yes", "maybe"], [3, 5, 9]], ids=["text", "numbers"])
    def test_mappings_become_an_array_in_the_order_of_the_classes(
        self, values: np.ndarray[Any, Any], lists: pa.RecordBatch, tmp_path: Path, labels: list[Any]
    ) -> None:
        model = classifier(labels)
        info = save(model, tmp_path)
        assert info.classes == tuple(labels)
        assert info.signature is not None
        assert str(info.signature.outputs[1]) == "probabilities: float32[?, 3]"
        answers = load(str(tmp_path)).predict(lists)
        expected_labels, mappings = bare(model, {"X": values})
        assert answers["label"].tolist() == list(expected_labels)
        assert answers["probabilities"].tolist() == [[row[label] for label in labels] for row in mappings]

    def test_some_outputs_can_be_left_out(self, lists: pa.RecordBatch, tmp_path: Path) -> None:
        save(classifier([0, 1, 2]), tmp_path, outputs=["label"])
        assert list(load(str(tmp_path)).predict(lists)) == ["label"]
        with pytest.raises(ParameterError, match="no output 'lable'.*label, probabilities"):
            save(classifier([0, 1, 2]), tmp_path, outputs=["lable"])

    @pytest.mark.parametrize("rows", [1, 3, 7, 20])
    def test_a_fixed_number_of_rows_is_kept_to(
        self,
        values: np.ndarray[Any, Any],
        lists: pa.RecordBatch,
        tmp_path: Path,
        rows: int,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        save(linear(rows), tmp_path)
        with caplog.at_level(logging.WARNING):
            predictor = load(str(tmp_path))
        assert f"exactly {rows} row(s) a call" in caplog.text
        np.testing.assert_allclose(predictor.predict(lists)["y"], values @ WEIGHTS, rtol=1e-5)
        assert predictor.predict(lists.slice(0, 0))["y"].shape == (0, 1)

    def test_an_output_without_rows_is_one_error(self, lists: pa.RecordBatch, tmp_path: Path) -> None:
        nodes = [
            helper.make_node("ReduceSum", ["X"], ["total"], keepdims=0),
            helper.make_node("Neg", ["X"], ["minus"]),
        ]
        model = model_of(nodes, [tensor("X")], [tensor("total", shape=()), tensor("minus")])
        save(model, tmp_path / "all")
        with pytest.raises(
            DataError, match=r"'total' of the model does not have one row per row.*outputs=\[\.\.\.\]"
        ):
            load(str(tmp_path / "all")).predict(lists)
        save(model, tmp_path / "some", outputs=["minus"])
        assert load(str(tmp_path / "some")).predict(lists)["minus"].shape == (ROWS, 3)


class TestDescribing:
    def test_it_says_what_onnx_runtime_says(self, tmp_path: Path) -> None:
        for number, model in enumerate((linear(), by_column(), linear(4))):
            path = tmp_path / f"{number}.onnx"
            onnx.save(model, path)
            signature = describe(str(path)).signature
            assert signature is not None
            session = onnxruntime.InferenceSession(str(path))
            for specs, nodes in (
                (signature.inputs, session.get_inputs()),
                (signature.outputs, session.get_outputs()),
            ):
                assert [spec.name for spec in specs] == [node.name for node in nodes]
                shapes = [
                    tuple(size if isinstance(size, int) else None for size in node.shape) for node in nodes
                ]
                assert [spec.shape for spec in specs] == shapes

    def test_it_needs_no_library(self, tmp_path: Path) -> None:
        onnx.save(linear(), tmp_path / "net.onnx")
        code = (
            "import sys; from penstock.models import describe; info = describe(sys.argv[1]);"
            "assert info.signature.inputs[0].name == 'X';"
            "assert not {'onnx', 'onnxruntime', 'numpy', 'google.protobuf'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    @pytest.mark.parametrize("keep", [0, 10, -30])
    def test_a_damaged_file_is_one_error(self, tmp_path: Path, keep: int) -> None:
        content = linear().SerializeToString()
        (tmp_path / "net.onnx").write_bytes(content[:keep])
        for call in (describe, load):
            with pytest.raises(DataError, match=r"net\.onnx cannot be read.*an ONNX model.*damaged"):
                call(str(tmp_path))

    def test_a_graph_that_onnx_runtime_refuses_is_one_error(self, tmp_path: Path) -> None:
        model = linear()
        model.graph.node[0].op_type = "Unheard"
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(DataError, match=r"does not load with ONNX Runtime.*Unheard"):
            load(str(tmp_path))


class TestFiles:
    def test_tensors_in_files_of_their_own(self, columns: pa.RecordBatch, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.mkdir()
        onnx.save(
            linear(),
            source / "big.onnx",
            save_as_external_data=True,
            location="weights.bin",
            size_threshold=0,
        )
        assert (source / "weights.bin").stat().st_size == WEIGHTS.nbytes
        signature = Signature(
            "serving_default", tuple(TensorSpec(name, "float32", (None,)) for name in "abc")
        )
        save(source, tmp_path / "copied", signature=signature)
        save(source, "memory://tabular/onnx", signature=signature)
        expected = load(str(tmp_path / "copied")).predict(columns)["y"]
        np.testing.assert_array_equal(load("memory://tabular/onnx").predict(columns)["y"], expected)
        assert FILE_NAME in {
            path.rpartition("/")[2] for path in fsspec.filesystem("memory").ls("/tabular/onnx", detail=False)
        }
        (tmp_path / "copied" / "weights.bin").unlink()
        with pytest.raises(DataError, match=r"does not load with ONNX Runtime.*external tensors"):
            load(str(tmp_path / "copied"))

    def test_a_file_is_saved_from_its_path(self, lists: pa.RecordBatch, tmp_path: Path) -> None:
        onnx.save(linear(), tmp_path / "net.onnx")
        save(tmp_path / "net.onnx", tmp_path / "serving")
        assert load(str(tmp_path / "serving")).predict(lists)["y"].shape == (ROWS, 1)

    def test_threads_and_device(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        save(linear(), tmp_path)
        predictor = load(str(tmp_path), options=LoadOptions(threads=1))
        options = predictor._session.get_session_options()  # type: ignore[attr-defined]
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
        with pytest.raises(ParameterError, match="no device 'cuda:99'"):
            load(str(tmp_path), options=LoadOptions(device="cuda:99"))
        with pytest.raises(ParameterError, match="without an argument 'task'"):
            load(str(tmp_path), options=LoadOptions(arguments={"task": 1}))
        with pytest.raises(ParameterError, match="no signature 'other'"):
            load(str(tmp_path), signature_name="other")
        assert load(str(tmp_path)).with_signature("serving_default").signature == predictor.signature

    @pytest.mark.parametrize(
        ("model", "arguments", "error", "match"),
        [
            (b"no graph", {}, DataError, "cannot be read"),
            (linear(), {"inputs": ["a", "b"]}, ParameterError, r"do not go with.*X: float32\[\?, 3\]"),
            (by_column(), {"inputs": ["a"]}, ParameterError, "a column for each of miles"),
            (linear(), {"signature": Signature()}, ParameterError, "do not go with"),
            (linear(), {"opset": 3}, ParameterError, "no argument 'opset'"),
            (linear(), {"example": {"X": [[1.0, 2.0]]}}, DataError, r"3 value\(s\) in every row; got: 2"),
            (
                model_of([helper.make_node("Neg", ["X"], ["y"])], [tensor("X", shape=())], [tensor("y", shape=())]),
                {},
                ParameterError,
                "one value for all rows",
            ),
        ],
    )  # fmt: skip
    def test_what_does_not_go_with_the_graph_is_one_error(
        self, tmp_path: Path, model: Any, arguments: dict[str, Any], error: type[Exception], match: str
    ) -> None:
        with pytest.raises(error, match=match):
            save(model, tmp_path, **arguments)


class TestBadRows:
    @pytest.mark.parametrize(
        ("arrays", "match"),
        [
            ({"a": [1.0], "c": [1.0]}, "takes b: float32.*no such feature"),
            ({"a": [1.0], "b": ["x"], "c": [1.0]}, "'b' is of another type"),
            (
                {"a": [1.0, 1.0], "b": [1.0, None], "c": [1.0, 1.0]},
                "'b' is missing.*got: 0 in row 1",
            ),
            ({"a": [1.0], "b": [[1.0, 2.0]], "c": [1.0]}, "got: 2 in row 0"),
        ],
    )
    def test_stacked_columns(self, tmp_path: Path, arrays: dict[str, Any], match: str) -> None:
        save(linear(), tmp_path, inputs=["a", "b", "c"])
        batch = pa.RecordBatch.from_arrays([pa.array(column) for column in arrays.values()], list(arrays))
        with pytest.raises(DataError, match=match):
            load(str(tmp_path)).predict(batch)

    def test_lists_and_texts(self, tmp_path: Path) -> None:
        save(linear(), tmp_path / "lists")
        with pytest.raises(DataError, match=r"3 value\(s\) in every row; got: 2 in row 1"):
            load(str(tmp_path / "lists")).predict(column_of([[1.0, 2.0, 3.0], [1.0, 2.0]]))
        with pytest.raises(DataError, match=r"a list with an empty place.*row 1"):
            load(str(tmp_path / "lists")).predict(column_of([[1.0, 2.0, 3.0], [1.0, None, 3.0]]))
        save(by_column(), tmp_path / "texts")
        batch = pa.RecordBatch.from_arrays(
            [pa.array([1.0]), pa.array([1]), pa.array([7])], ["miles", "count", "company"]
        )
        with pytest.raises(DataError, match="'company' is of another type.*string"):
            load(str(tmp_path / "texts")).predict(batch)
