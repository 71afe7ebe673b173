# SPDX-License-Identifier: Apache-2.0
"""Models of Keras 3 and Keras 2, side by side in one process, whichever of them tf.keras is."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from penstock.errors import DataError, DependencyError, ParameterError
from penstock.models import LoadOptions, describe, load, recognise, save

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

GENERATIONS = ("keras", "tf_keras")
NAMES = ("a", "b", "c")


@pytest.fixture(params=GENERATIONS)
def keras(request: pytest.FixtureRequest) -> Any:
    library = pytest.importorskip(request.param)
    if request.param == "keras" and library.__version__.startswith("2."):
        pytest.skip("this keras is of generation 2")
    library.utils.set_random_seed(0)
    return library


def sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([layers.Input((3,), name="x"), layers.Dense(4, "relu"), layers.Dense(1)])


def functional(keras: Any) -> Any:
    layers = keras.layers
    size, colour = layers.Input((1,), name="size"), layers.Input((2,), name="colour")
    both = layers.Concatenate()([size, colour])
    return keras.Model(
        [size, colour], [layers.Dense(1, name="price")(both), layers.Dense(2, name="kind")(both)]
    )


def batch(rows: int = 5) -> pa.RecordBatch:
    values = np.random.default_rng(0).random((rows, 3), dtype=np.float32)
    return pa.RecordBatch.from_arrays([*(pa.array(values[:, i]) for i in range(3))], list(NAMES))


def matrix(rows: pa.RecordBatch) -> Any:
    return np.stack([column.to_numpy() for column in rows.columns], axis=1)


def test_columns_side_by_side(keras: Any, tmp_path: Path) -> None:
    model = sequential(keras)

    info = save(model, tmp_path / "model", inputs=NAMES, outputs=["price"])

    assert getattr(recognise(str(tmp_path / "model")), "name", None) == "keras"
    assert describe(str(tmp_path / "model")) == info
    assert info.library_version == keras.__version__
    assert str(info.signature) == (
        "serving_default(a: float32[?], b: float32[?], c: float32[?]) -> (price: float32[?, 1])"
    )
    predictor = load(str(tmp_path / "model"))
    for rows in (1, 5, 4096):
        expected = np.asarray(model(matrix(batch(rows))))
        assert np.allclose(predictor.predict(batch(rows))["price"], expected, atol=1e-6)
    assert predictor.device == "cpu"
    assert predictor.size_bytes == 4 * (3 * 4 + 4 + 4 + 1)


def test_several_inputs_and_outputs_by_their_own_names(keras: Any, tmp_path: Path) -> None:
    model = functional(keras)
    info = save(model, tmp_path / "model")
    assert [str(spec) for spec in (info.signature.inputs if info.signature else ())] == [
        "size: float32[?, 1]",
        "colour: float32[?, 2]",
    ]
    rows = pa.RecordBatch.from_arrays(
        [pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32())), pa.array([5.0, 6.0], pa.float32())],
        ["colour", "size"],
    )
    found = load(str(tmp_path / "model")).predict(rows)
    price, kind = model([np.array([[5.0], [6.0]], "float32"), np.array([[1.0, 2.0], [3.0, 4.0]], "float32")])
    assert list(found) == ["price", "kind"]
    assert np.allclose(found["price"], price, atol=1e-6)
    assert np.allclose(found["kind"], kind, atol=1e-6)


def test_inputs_and_outputs_in_mappings(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    b, a = layers.Input((1,), name="first"), layers.Input((1,), name="second")
    model = keras.Model({"z": b, "k": a}, {"sum": layers.Add()([a, b]), "a": layers.Rescaling(2.0)(a)})
    model.save(str(tmp_path / "model.keras"))

    described = describe(str(tmp_path / "model.keras")).signature
    assert described is not None
    assert [spec.name for spec in described.inputs] == ["z", "k"]
    assert [spec.name for spec in described.outputs] == ["sum", "a"]
    rows = pa.RecordBatch.from_arrays([pa.array([1.0, 2.0]), pa.array([10.0, 20.0])], ["k", "z"])
    found = load(str(tmp_path / "model.keras")).predict(rows)
    assert found["sum"].tolist() == [[11.0], [22.0]]
    assert found["a"].tolist() == [[2.0], [4.0]]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_files_that_keras_saves_itself(keras: Any, tmp_path: Path, suffix: str) -> None:
    model = sequential(keras)
    model.save(str(tmp_path / f"model{suffix}"))

    info = describe(str(tmp_path))

    if suffix == ".keras":
        assert info.library_version == keras.__version__
        assert str(info.signature) == "serving_default(x: float32[?, 3]) -> (output: float32[...])"
    lists = pa.array(list(matrix(batch())), pa.list_(pa.float32()))
    expected = np.asarray(model(matrix(batch())))
    by_name = load(str(tmp_path)).predict(pa.RecordBatch.from_arrays([lists], ["x"]))
    assert np.allclose(by_name["output"], expected, atol=1e-6)
    by_feature = load(str(tmp_path), options=LoadOptions(features=NAMES)).predict(batch())
    assert np.allclose(by_feature["output"], expected, atol=1e-6)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name == "modules" or name.startswith("modules.")]:
        del sys.modules[name]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_layer_of_the_projects_own(project: Path, tmp_path: Path, generation: str) -> None:
    keras = pytest.importorskip(generation)
    (project / f"penstock_layers_{generation}.py").write_text(
        f"import {generation} as keras\n\n\nclass Twice(keras.layers.Layer):\n"
        "    def call(self, values):\n        return values * 2\n"
    )
    importlib.invalidate_caches()
    module = importlib.import_module(f"modules.penstock_layers_{generation}")
    model = keras.Sequential([keras.layers.Input((1,), name="x"), module.Twice()])
    rows = pa.RecordBatch.from_arrays([pa.array([1.0, 2.0])], ["x"])

    save(model, tmp_path / "saved")
    assert load(str(tmp_path / "saved")).predict(rows)["output"].tolist() == [[2.0], [4.0]]

    model.save(str(tmp_path / "bare.keras"))
    with pytest.raises(DataError, match="does not load with.*custom_objects"):
        load(str(tmp_path / "bare.keras"))
    options = LoadOptions(arguments={"custom_objects": [f"modules.penstock_layers_{generation}.Twice"]})
    assert load(str(tmp_path / "bare.keras"), options=options).predict(rows)["output"].tolist() == [
        [2.0],
        [4.0],
    ]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_lambdas_are_refused_unless_trusted(keras: Any, tmp_path: Path, suffix: str) -> None:
    model = keras.Sequential([keras.layers.Input((1,), name="x"), keras.layers.Lambda(lambda x: x * 3)])
    model.save(str(tmp_path / f"model{suffix}"))
    with pytest.raises(ParameterError, match="a Python lambda.*say trusted"):
        load(str(tmp_path))
    rows = pa.RecordBatch.from_arrays([pa.array([1.0, 2.0])], ["x"])
    found = load(str(tmp_path), options=LoadOptions(trusted=True)).predict(rows)
    assert found["output"].tolist() == [[3.0], [6.0]]


def test_a_generation_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras = pytest.importorskip("tf_keras")
    save(sequential(keras), tmp_path / "model", inputs=NAMES)
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    with pytest.raises(DependencyError, match="tf_keras is not installed.*pip install 'tf-keras'"):
        load(str(tmp_path / "model"))


def test_damaged_files(keras: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    sequential(keras).save(str(path))
    content = path.read_bytes()
    for damaged in (b"", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"model.keras cannot be read"):
            load(str(tmp_path))
    (tmp_path / "model.keras").unlink()
    (tmp_path / "model.h5").write_bytes(b"no such format")
    with pytest.raises(DataError, match=r"model.h5 cannot be read"):
        load(str(tmp_path))


def test_rows_and_signatures_that_do_not_fit(keras: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not take rows of its signature"):
        save(sequential(keras), tmp_path / "model", inputs=["a", "b"])
    with pytest.raises(ParameterError, match="another number of inputs than columns"):
        save(functional(keras), tmp_path / "model", inputs=["a", "b", "c"])
    save(sequential(keras), tmp_path / "model", inputs=NAMES)
    with pytest.raises(DataError, match="c: float32.*no such feature"):
        load(str(tmp_path / "model")).predict(pa.RecordBatch.from_arrays(batch().columns[:2], ["a", "b"]))
    with pytest.raises(ParameterError, match="no signature 'other'"):
        load(str(tmp_path / "model"), signature_name="other")
