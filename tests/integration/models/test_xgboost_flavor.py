# SPDX-License-Identifier: Apache-2.0
"""Real boosters: what is read without XGBoost is what XGBoost says, and predictions are its own."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xgboost

from penstock.errors import DataError, ParameterError
from penstock.examples.layout import to_example_layout
from penstock.models import LoadOptions, Signature, TensorSpec, describe, load, save
from penstock.models.descriptor import FILE_NAME

pytestmark = pytest.mark.integration

NAMES = ["a", "b", "c"]
ROWS = 60


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(random.normal(size=(ROWS, 3)).astype(np.float32), columns=NAMES)


@pytest.fixture(scope="module")
def batch(frame: pd.DataFrame) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(frame[name].to_numpy().copy()) for name in NAMES], NAMES)


def thirds(frame: pd.DataFrame) -> Any:
    return np.arange(len(frame)) % 3


def booster(frame: pd.DataFrame, target: Any, **parameters: Any) -> xgboost.Booster:
    return xgboost.train({"max_depth": 2, **parameters}, xgboost.DMatrix(frame, target), 4)


class TestBoosters:
    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"booster": "dart"},
            {"booster": "gblinear"},
            {"objective": "binary:logistic"},
            {"objective": "multi:softprob", "num_class": 3},
            {"objective": "multi:softmax", "num_class": 3},
        ],
        ids=lambda parameters: "-".join(map(str, parameters.values())) or "default",
    )
    @pytest.mark.parametrize("format", ["ubj", "json"])
    def test_predictions_are_its_own(
        self,
        frame: pd.DataFrame,
        batch: pa.RecordBatch,
        tmp_path: Path,
        parameters: dict[str, Any],
        format: str,
    ) -> None:
        target = thirds(frame) if "num_class" in parameters else (frame["a"] > 0).astype(float)
        model = booster(frame, target, **parameters)
        save(model, tmp_path, format=format)
        predictor = load(str(tmp_path))
        expected = model.predict(xgboost.DMatrix(frame))
        for layout in (batch, to_example_layout(batch)):
            answers = predictor.predict(layout)
            assert list(answers) == ["prediction"]
            np.testing.assert_allclose(answers["prediction"], expected, rtol=1e-5, atol=1e-6)
        (given,) = predictor.signature.outputs
        assert (given.dtype, given.shape) == ("float32", (None, *expected.shape[1:]))
        assert predictor.predict(batch.slice(0, 0))["prediction"].shape == (0, *expected.shape[1:])

    @pytest.mark.parametrize("format", ["ubj", "json"])
    def test_the_file_alone_says_the_same_as_the_descriptor(
        self, frame: pd.DataFrame, tmp_path: Path, format: str
    ) -> None:
        info = save(booster(frame, frame["a"]), tmp_path, format=format)
        (tmp_path / FILE_NAME).unlink()
        assert describe(str(tmp_path)) == describe(str(tmp_path / f"model.{format}")) == info
        assert info.library_version == xgboost.__version__
        assert str(info.signature) == (
            "serving_default(a: float32[?], b: float32[?], c: float32[?]) -> (prediction: float32[?])"
        )

    def test_missing_values_are_values(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        holes = frame.mask(frame > 1)
        model = booster(holes, frame["a"])
        save(model, tmp_path)
        columns = [pa.array(holes[name], from_pandas=True) for name in NAMES]
        assert any(column.null_count for column in columns)
        rows = pa.RecordBatch.from_arrays(columns, NAMES)
        expected = model.predict(xgboost.DMatrix(holes))
        for layout in (rows, to_example_layout(rows)):
            np.testing.assert_allclose(load(str(tmp_path)).predict(layout)["prediction"], expected, rtol=1e-5)

    def test_features_of_other_types_keep_them(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        table = pd.DataFrame({"count": np.arange(ROWS), "flag": np.arange(ROWS) % 2 == 0, "x": frame["a"]})
        model = booster(table, table["count"])
        signature = save(model, tmp_path).signature
        assert signature is not None
        assert [spec.dtype for spec in signature.inputs] == ["int64", "bool", "float32"]
        answers = load(str(tmp_path)).predict(pa.RecordBatch.from_pandas(table))
        np.testing.assert_allclose(answers["prediction"], model.predict(xgboost.DMatrix(table)), rtol=1e-5)

    def test_names_are_given_where_the_model_has_none(
        self, frame: pd.DataFrame, batch: pa.RecordBatch, tmp_path: Path
    ) -> None:
        model = xgboost.train({}, xgboost.DMatrix(frame.to_numpy(), frame["a"]), 2)
        expected = model.predict(xgboost.DMatrix(frame.to_numpy()))
        signature = Signature("mine", tuple(TensorSpec(name, "float32", (None,)) for name in NAMES))
        given: list[dict[str, Any]] = [{"inputs": NAMES}, {"example": frame}, {"signature": signature}]
        for number, arguments in enumerate(given):
            save(model, tmp_path / str(number), **arguments)
            answers = load(str(tmp_path / str(number))).predict(batch)
            np.testing.assert_allclose(answers["prediction"], expected, rtol=1e-5)
        model.save_model(tmp_path / "plain.ubj")
        assert describe(str(tmp_path / "plain.ubj")).signatures == ()
        with pytest.raises(ParameterError, match=r"does not say which columns.*3 name\(s\)"):
            load(str(tmp_path / "plain.ubj"))
        answers = load(str(tmp_path / "plain.ubj"), options=LoadOptions(features=tuple(NAMES))).predict(batch)
        np.testing.assert_allclose(answers["prediction"], expected, rtol=1e-5)
        with pytest.raises(ParameterError, match=r"names do not go.*3 name\(s\).*got: 1: a"):
            save(model, tmp_path / "x", inputs=["a"])


class TestScikitLearnsManner:
    @pytest.mark.parametrize("classes", [2, 3])
    def test_a_classifier_gives_labels_and_probabilities(
        self, frame: pd.DataFrame, batch: pa.RecordBatch, tmp_path: Path, classes: int
    ) -> None:
        model = xgboost.XGBClassifier(n_estimators=4).fit(frame, np.arange(ROWS) % classes)
        info = save(model, tmp_path)
        (tmp_path / FILE_NAME).unlink()
        assert describe(str(tmp_path)) == info
        assert info.classes == tuple(range(classes))
        answers = load(str(tmp_path)).predict(batch)
        np.testing.assert_array_equal(answers["label"], model.predict(frame))
        np.testing.assert_allclose(answers["probabilities"], model.predict_proba(frame), rtol=1e-5)
        empty = load(str(tmp_path)).predict(batch.slice(0, 0))
        assert {name: values.shape for name, values in empty.items()} == {
            "label": (0,),
            "probabilities": (0, classes),
        }

    def test_the_best_iteration_predicts(
        self, frame: pd.DataFrame, batch: pa.RecordBatch, tmp_path: Path
    ) -> None:
        model = xgboost.XGBRegressor(n_estimators=50, early_stopping_rounds=3, learning_rate=1.0)
        model.fit(frame[:40], frame["a"][:40], eval_set=[(frame[40:], -frame["a"][40:])], verbose=False)
        assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
        save(model, tmp_path)
        np.testing.assert_allclose(
            load(str(tmp_path)).predict(batch)["prediction"], model.predict(frame), rtol=1e-5
        )

    def test_several_targets(self, frame: pd.DataFrame, batch: pa.RecordBatch, tmp_path: Path) -> None:
        several = frame[["a", "b"]]
        regressor = xgboost.XGBRegressor(n_estimators=3).fit(frame, several)
        save(regressor, tmp_path / "r")
        np.testing.assert_allclose(
            load(str(tmp_path / "r")).predict(batch)["prediction"], regressor.predict(frame), rtol=1e-5
        )
        classifier = xgboost.XGBClassifier(n_estimators=3).fit(frame, (several > 0).astype(int))
        save(classifier, tmp_path / "c")
        answers = load(str(tmp_path / "c")).predict(batch)
        np.testing.assert_array_equal(answers["label"], classifier.predict(frame))

    def test_some_answers_can_be_left_out(
        self, frame: pd.DataFrame, batch: pa.RecordBatch, tmp_path: Path
    ) -> None:
        model = xgboost.XGBClassifier(n_estimators=2).fit(frame, frame["a"] > 0)
        save(model, tmp_path, outputs=["probabilities"])
        assert list(load(str(tmp_path)).predict(batch)) == ["probabilities"]
        with pytest.raises(ParameterError, match="no output 'prediction'.*label, probabilities"):
            save(model, tmp_path, outputs=["prediction"])


@pytest.mark.skipif(
    tuple(map(int, xgboost.__version__.split(".")[:2])) < (3, 1), reason="older files do not keep categories"
)
class TestCategories:
    @pytest.fixture
    def table(self, frame: pd.DataFrame) -> pd.DataFrame:
        colours = pd.Categorical(["red", "blue", "green"] * (ROWS // 3))
        codes = pd.Categorical([9, 5, 3] * (ROWS // 3))
        return frame.assign(colour=colours, code=codes)

    def test_texts_and_numbers_become_the_models_codes(self, table: pd.DataFrame, tmp_path: Path) -> None:
        target = table["colour"].cat.codes * 10 + table["a"]
        model = xgboost.XGBRegressor(n_estimators=5, enable_categorical=True).fit(table, target)
        save(model, tmp_path)
        plain = table.assign(colour=table["colour"].astype(object), code=table["code"].astype(int))
        rows = pa.RecordBatch.from_pandas(plain)
        predictor = load(str(tmp_path))
        assert [spec.dtype for spec in predictor.signature.inputs] == ["float32"] * 3 + ["string", "int64"]
        for layout in (rows, to_example_layout(rows)):
            np.testing.assert_allclose(
                predictor.predict(layout)["prediction"], model.predict(table), rtol=1e-5
            )
        unknown = pa.RecordBatch.from_pandas(plain.assign(colour=["red", "purple"] * (ROWS // 2)))
        with pytest.raises(DataError, match=r"not trained on.*blue, green, red.*got: 'purple' in row 1"):
            predictor.predict(unknown)
        unknown = pa.RecordBatch.from_pandas(plain.assign(code=[5, 9, 4] * (ROWS // 3)))
        with pytest.raises(DataError, match=r"not trained on.*expected: one of 3, 5, 9; got: 4.0 in row 2"):
            predictor.predict(unknown)


class TestFiles:
    @pytest.fixture
    def uri(self, frame: pd.DataFrame, tmp_path: Path) -> str:
        save(booster(frame, frame["a"]), tmp_path)
        return str(tmp_path)

    def test_describing_needs_no_xgboost(self, uri: str) -> None:
        code = (
            "import os, sys; from penstock.models import describe;"
            "os.remove(sys.argv[1] + '/penstock_model.json'); info = describe(sys.argv[1]);"
            "assert [spec.name for spec in info.signature.inputs] == ['a', 'b', 'c'];"
            "assert not {'xgboost', 'numpy', 'pyarrow', 'sklearn'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code, uri], check=True)

    @pytest.mark.parametrize("keep", [0, 1, 40, -200, -1])
    def test_a_damaged_file_is_one_error(self, uri: str, keep: int) -> None:
        path = Path(uri, "model.ubj")
        path.write_bytes(path.read_bytes()[:keep])
        Path(uri, FILE_NAME).unlink()
        for call in (describe, load):
            with pytest.raises(DataError, match=r"model\.ubj cannot be read.*damaged"):
                call(uri)

    @pytest.mark.parametrize("content", ["", "{}", "[1]", '{"learner": 1}', "no json"])
    def test_json_of_something_else_is_one_error(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "model.json").write_text(content)
        with pytest.raises(DataError, match=r"cannot be read.*save_model wrote"):
            describe(str(tmp_path))

    def test_json_that_xgboost_refuses_is_one_error(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        path = tmp_path / "model.json"
        booster(frame, frame["a"]).save_model(path)
        document = json.loads(path.read_text())
        document["learner"]["objective"]["name"] = "reg:unheard"
        path.write_text(json.dumps(document))
        with pytest.raises(DataError, match=r"does not load with XGBoost"):
            load(str(tmp_path))

    def test_models_on_object_stores(self, frame: pd.DataFrame, batch: pa.RecordBatch) -> None:
        model = booster(frame, frame["a"])
        save(model, "memory://tabular/xgboost")
        answers = load("memory://tabular/xgboost/model.ubj").predict(batch)
        np.testing.assert_allclose(answers["prediction"], model.predict(xgboost.DMatrix(frame)), rtol=1e-5)
        fsspec.filesystem("memory").rm("/tabular/xgboost/model.ubj")
        with pytest.raises(DataError, match=r"lacks its file"):
            load("memory://tabular/xgboost")

    def test_threads_device_and_size(self, uri: str) -> None:
        predictor = load(uri, options=LoadOptions(threads=1, device="cpu"))
        config = json.loads(predictor._booster.save_config())  # type: ignore[attr-defined]
        assert config["learner"]["generic_param"]["nthread"] == "1"
        assert predictor.device == "cpu"
        assert predictor.size_bytes == Path(uri, "model.ubj").stat().st_size
        with pytest.raises(ParameterError, match="without an argument 'task'"):
            load(uri, options=LoadOptions(arguments={"task": 1}))
        with pytest.raises(ParameterError, match="no signature 'other'"):
            load(uri, signature_name="other")
        with pytest.raises(ParameterError, match="no device 'cuda:99'"):
            load(uri, options=LoadOptions(device="cuda:99"))

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            (lambda t: t.drop(columns="b"), "takes b: float32.*no such feature"),
            (lambda t: t.assign(b="text"), "'b' is of another type.*got: "),
            (lambda t: t.assign(b=[[1.0, 2.0]] * len(t)), r"1 value\(s\).*got: 2 in row 0"),
        ],
    )
    def test_rows_that_do_not_fit(self, frame: pd.DataFrame, uri: str, change: Any, match: str) -> None:
        with pytest.raises(DataError, match=match):
            load(uri).predict(pa.RecordBatch.from_pandas(change(frame)))

    def test_infinity_is_a_number_like_others(self, frame: pd.DataFrame, uri: str) -> None:
        bad = frame.copy()
        bad.loc[5, "c"] = np.inf
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answers = load(uri).predict(pa.RecordBatch.from_pandas(bad))
        assert np.isfinite(answers["prediction"]).all()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda uri, frame: save(xgboost.XGBRegressor(), uri), "cannot be saved.*a fitted model"),
        (
            lambda uri, frame: save(booster(frame, frame["a"]), uri, format="bin"),
            "no such format.*ubj or json",
        ),
        (lambda uri, frame: save(booster(frame, frame["a"]), uri, formt="ubj"), "did you mean 'format'"),
    ],
)
def test_what_cannot_be_saved_is_one_error(
    frame: pd.DataFrame, tmp_path: Path, call: Any, match: str
) -> None:
    with pytest.raises(ParameterError, match=match):
        call(tmp_path, frame)
