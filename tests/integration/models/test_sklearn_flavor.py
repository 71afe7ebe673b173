# SPDX-License-Identifier: Apache-2.0
"""Real estimators: what is saved, described and loaded predicts as scikit-learn itself does."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tabular
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import DBSCAN, KMeans
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tabular import NAMES, ROWS, batch_of, saved

from penstock.errors import DataError, ParameterError
from penstock.examples.layout import to_example_layout
from penstock.models import Signature, TensorSpec, describe, save

pytestmark = pytest.mark.integration


TWO_INPUTS = Signature(inputs=tuple(TensorSpec(name, "float32", (None,)) for name in NAMES[:2]))


def giving(*outputs: str) -> Signature:
    """Returns a signature of all columns with these outputs."""
    return Signature(
        inputs=tuple(TensorSpec(name, "float32", (None,)) for name in NAMES),
        outputs=tuple(TensorSpec(name, "float64", (None,)) for name in outputs),
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return tabular.numbers()


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    return tabular.mixed()


class Ratio(BaseEstimator, TransformerMixin):
    """A user's own transformer, which chooses columns by name and keeps no names."""

    def fit(self, rows: pd.DataFrame, target: object = None) -> Ratio:
        self.fitted_ = True
        return self

    def transform(self, rows: pd.DataFrame) -> Any:
        return (rows["a"] / (1 + rows["b"].abs())).to_numpy().reshape(-1, 1)


class TestAnswers:
    def test_a_regressor_predicts(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = LinearRegression().fit(frame.astype(float), frame.sum(axis=1))
        predictor = saved(model, tmp_path)
        answers = predictor.predict(batch_of(frame))
        assert list(answers) == ["prediction"]
        np.testing.assert_array_equal(answers["prediction"], model.predict(frame.astype(float)))
        assert predictor.signature == describe(str(tmp_path)).signature
        assert str(predictor.signature) == (
            "serving_default(a: float64[?], b: float64[?], c: float64[?]) -> (prediction: float64[?])"
        )
        assert predictor.device == "cpu"
        assert predictor.size_bytes == (tmp_path / "model.joblib").stat().st_size

    @pytest.mark.parametrize(
        "model",
        [
            LogisticRegression(),
            RandomForestClassifier(5, random_state=1),
            DecisionTreeClassifier(random_state=1),
            make_pipeline(StandardScaler(), PCA(2), RandomForestClassifier(5, random_state=1)),
        ],
        ids=lambda model: type(model).__name__,
    )
    @pytest.mark.parametrize("labels", [["no", "yes"], [3, 7]], ids=["text", "numbers"])
    def test_a_classifier_gives_labels_and_probabilities(
        self, frame: pd.DataFrame, tmp_path: Path, model: Any, labels: list[Any]
    ) -> None:
        model.fit(frame, np.asarray(labels)[(frame["a"] > 0).astype(int)])
        predictor = saved(model, tmp_path)
        answers = predictor.predict(batch_of(frame))
        assert list(answers) == ["label", "probabilities"]
        assert answers["label"].tolist() == model.predict(frame).tolist()
        np.testing.assert_allclose(answers["probabilities"], model.predict_proba(frame), rtol=1e-5)
        info = describe(str(tmp_path))
        assert info.classes == tuple(labels)
        assert info.signature is not None
        assert [spec.shape for spec in info.signature.outputs] == [(None,), (None, 2)]
        assert info.signature.outputs[0].dtype == ("string" if labels == ["no", "yes"] else "int64")

    def test_a_classifier_without_probabilities_gives_labels(
        self, frame: pd.DataFrame, tmp_path: Path
    ) -> None:
        model = LinearSVC().fit(frame, frame["a"] > 0)
        answers = saved(model, tmp_path).predict(batch_of(frame))
        assert {name: values.tolist() for name, values in answers.items()} == {
            "label": model.predict(frame).tolist()
        }

    def test_several_targets_stay_several(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        regressor = LinearRegression().fit(frame, frame[["a", "b"]])
        assert saved(regressor, tmp_path / "r").predict(batch_of(frame))["prediction"].shape == (ROWS, 2)
        classifier = RandomForestClassifier(3).fit(frame, frame[["a", "b"]] > 0)
        answers = saved(classifier, tmp_path / "c").predict(batch_of(frame))
        assert {name: values.shape for name, values in answers.items()} == {"label": (ROWS, 2)}

    def test_what_finds_groups_outliers_or_features(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        # KMeans refuses numbers of another precision than it was fitted to.
        for number, fitted in enumerate((frame, frame.astype(float))):
            groups = KMeans(3, n_init=1, random_state=1).fit(fitted)
            answers = saved(groups, tmp_path / f"groups{number}").predict(batch_of(frame))
            assert answers["cluster"].tolist() == groups.predict(fitted).tolist()
        outliers = IsolationForest(n_estimators=5, random_state=1).fit(frame)
        answers = saved(outliers, tmp_path / "outliers").predict(batch_of(frame))
        assert answers["prediction"].tolist() == outliers.predict(frame).tolist()
        np.testing.assert_allclose(answers["score"], outliers.decision_function(frame))
        features = saved(PCA(2).fit(frame), tmp_path / "features").predict(batch_of(frame))
        assert features["transformed"].shape == (ROWS, 2)

    def test_some_answers_can_be_left_out(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = RandomForestClassifier(3).fit(frame, frame["a"] > 0)
        assert list(saved(model, tmp_path, outputs=["label"]).predict(batch_of(frame))) == ["label"]
        with pytest.raises(ParameterError, match="no output 'labels'.*label, probabilities"):
            save(model, tmp_path, outputs=["labels"])

    def test_no_rows_have_no_answers(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        predictor = saved(LogisticRegression().fit(frame, (frame["a"] > 0).map(str)), tmp_path)
        answers = predictor.predict(batch_of(frame).slice(0, 0))
        assert {name: (values.shape, values.dtype.kind) for name, values in answers.items()} == {
            "label": ((0,), "O"),
            "probabilities": ((0, 2), "f"),
        }


class TestInputs:
    def test_both_layouts_predict_alike(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        predictor = saved(LinearRegression().fit(frame, frame["a"]), tmp_path)
        table = batch_of(frame)
        np.testing.assert_array_equal(
            predictor.predict(table)["prediction"], predictor.predict(to_example_layout(table))["prediction"]
        )

    def test_columns_are_taken_by_name_and_others_left(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        predictor = saved(LinearRegression().fit(frame, frame["a"] * 2 + frame["c"]), tmp_path)
        shuffled = batch_of(frame.assign(other="x")[["other", "c", "a", "b"]])
        np.testing.assert_allclose(
            predictor.predict(shuffled)["prediction"], frame["a"] * 2 + frame["c"], atol=1e-5
        )

    def test_integers_are_numbers_too(self, tmp_path: Path) -> None:
        predictor = saved(LinearRegression().fit([[1.0], [2.0]], [5.0, 10.0]), tmp_path, inputs=["x"])
        batch = pa.RecordBatch.from_arrays([pa.array([20, 30, 40])], ["x"])
        np.testing.assert_allclose(predictor.predict(batch)["prediction"], [100, 150, 200])

    def test_an_array_of_all_values_is_one_input(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = LinearRegression().fit(frame.to_numpy(), frame["a"])
        predictor = saved(model, tmp_path, inputs=["pixels"])
        batch = pa.RecordBatch.from_arrays([pa.array(frame.to_numpy().tolist())], ["pixels"])
        np.testing.assert_allclose(predictor.predict(batch)["prediction"], frame["a"], atol=1e-6)
        short = pa.RecordBatch.from_arrays([pa.array([[1.0, 2, 3], [1.0, 2]])], ["pixels"])
        with pytest.raises(DataError, match=r"3 value\(s\) in every row; got: 2 in row 1"):
            predictor.predict(short)

    def test_a_pipeline_on_named_columns_gets_a_frame(self, mixed: pd.DataFrame, tmp_path: Path) -> None:
        model = make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(), StandardScaler()), ["a", "b"]),
                (OneHotEncoder(handle_unknown="ignore"), ["colour"]),
            ),
            LogisticRegression(),
        ).fit(mixed, mixed["b"] > 0)
        known_by_itself = saved(model, tmp_path / "itself")
        by_example = saved(model, tmp_path / "example", example=mixed.head(4))
        for predictor in (known_by_itself, by_example):
            assert [spec.dtype for spec in predictor.signature.inputs][-1] == "string"
            for batch in (batch_of(mixed), to_example_layout(batch_of(mixed))):
                answers = predictor.predict(batch)
                np.testing.assert_allclose(answers["probabilities"], model.predict_proba(mixed), rtol=1e-5)

    def test_a_users_own_step_gets_a_frame(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = make_pipeline(Ratio(), LinearRegression()).fit(frame, frame["c"])
        predictor = saved(model, tmp_path, example=frame.head())
        np.testing.assert_allclose(
            predictor.predict(batch_of(frame))["prediction"], model.predict(frame), rtol=1e-5
        )

    def test_a_search_predicts_with_its_best_model(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(frame, frame["a"] > 0)
        answers = saved(model, tmp_path).predict(batch_of(frame))
        np.testing.assert_allclose(answers["probabilities"], model.predict_proba(frame), rtol=1e-5)

    def test_categories_of_pandas_are_made_again(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        kinds = pd.Categorical(["x", "y", "z", None] * (ROWS // 4))
        table = frame.assign(kind=kinds)
        model = HistGradientBoostingClassifier(
            max_iter=5, min_samples_leaf=2, categorical_features="from_dtype"
        )
        model.fit(table, kinds.codes)
        predictor = saved(model, tmp_path, example=table)
        batch = batch_of(table.assign(kind=table["kind"].astype(object)))
        assert predictor.predict(batch)["label"].tolist() == model.predict(table).tolist()

    def test_texts_are_one_array(self, tmp_path: Path) -> None:
        texts = ["good ride", "bad ride", "good car", "bad car"]
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
        predictor = saved(model, tmp_path, inputs=["review"])
        assert predictor.signature.inputs == (TensorSpec("review", "string", (None,)),)
        for values in (pa.array(texts), pa.array([text.encode() for text in texts])):
            batch = pa.RecordBatch.from_arrays([values], ["review"])
            assert predictor.predict(batch)["label"].tolist() == [1, 0, 1, 0]
        with pytest.raises(DataError, match="bytes that are no text.*row 1"):
            predictor.predict(pa.RecordBatch.from_arrays([pa.array([b"a", b"\xff"])], ["review"]))

    def test_an_estimator_that_knows_nan_gets_it(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        holes = frame.mask(frame > 1)
        model = HistGradientBoostingClassifier(max_iter=3).fit(holes, frame["a"] > 0)
        predictor = saved(model, tmp_path)
        for batch in (batch_of(holes), to_example_layout(batch_of(holes))):
            np.testing.assert_allclose(predictor.predict(batch)["probabilities"], model.predict_proba(holes))

    def test_no_warning_is_shown_for_names_that_are_right(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        predictor = saved(
            make_pipeline(StandardScaler(), LinearRegression()).fit(frame, frame["a"]), tmp_path
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            predictor.predict(batch_of(frame))

    def test_the_users_own_object_stays_as_it_is(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = LinearRegression().fit(frame, frame["a"])
        before = pickle.dumps(model)
        save(model, tmp_path)
        assert pickle.dumps(model) == before


class TestSignatures:
    def test_an_array_with_names_or_a_signature(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        model = LinearRegression().fit(frame.to_numpy(), frame["a"])
        expected = frame["a"].to_numpy()
        signature = Signature("mine", tuple(TensorSpec(name, "float32", (None,)) for name in NAMES))
        predictor: Any = None
        for number, arguments in enumerate(
            (
                {"inputs": NAMES},
                {"example": frame},
                {"example": pa.RecordBatch.from_pandas(frame)},
                {"example": pa.Table.from_pandas(frame)},
                {"example": {name: frame[name].to_numpy() for name in NAMES}},
                {"example": frame.to_numpy(), "inputs": NAMES},
                {"signature": signature},
            )
        ):
            predictor = saved(model, tmp_path / str(number), **arguments)
            assert [spec.name for spec in predictor.signature.inputs] == NAMES
            np.testing.assert_allclose(predictor.predict(batch_of(frame))["prediction"], expected, atol=1e-6)
        assert predictor.with_signature("mine") is predictor
        with pytest.raises(ParameterError, match="no signature 'other'"):
            predictor.with_signature("other")

    @pytest.mark.parametrize(
        ("arguments", "error", "match"),
        [
            ({}, ParameterError, r"fitted on an array.*inputs=\[\.\.\.\] with 3 name\(s\)"),
            ({"inputs": ["a", "b"]}, DataError, r"not what the model was fitted on.*3 value\(s\).*got: 2"),
            ({"example": np.zeros((2, 3))}, ParameterError, "an array has no names"),
            ({"example": np.zeros((2, 2)), "inputs": NAMES}, ParameterError, "do not go together"),
            ({"example": {"a": [1.0], "b": [1.0]}, "inputs": NAMES}, ParameterError, "no column 'c'"),
            ({"example": {"a": [1.0], "b": [1.0]}}, DataError, r"got: 2"),
            ({"example": {"a": [1.0], "b": [], "c": [1.0]}}, ParameterError, "different numbers of rows"),
            ({"example": {"a": [], "b": [], "c": []}}, DataError, "has no rows"),
            ({"example": {name: [object()] for name in NAMES}}, DataError, "holds what no feature is"),
            ({"example": 7}, ParameterError, "a int is no example of rows"),
            ({"signature": Signature()}, DataError, "not what the model was fitted on"),
            ({"signature": TWO_INPUTS}, DataError, r"not what the model was fitted on.*got: 2"),
            ({"signature": giving("y")}, ParameterError, "no output 'y'.*some of prediction"),
            ({"inputs": NAMES, "outputs": ["prediction", "y"]}, ParameterError, "no output 'y'"),
            ({"inputs": NAMES, "compres": 3}, ParameterError, "did you mean 'compress'"),
        ],
    )
    def test_what_does_not_say_it_is_one_error(
        self,
        frame: pd.DataFrame,
        tmp_path: Path,
        arguments: dict[str, Any],
        error: type[Exception],
        match: str,
    ) -> None:
        with pytest.raises(error, match=match):
            save(LinearRegression().fit(frame.to_numpy(), frame["a"]), tmp_path, **arguments)

    def test_what_is_no_model_is_not_saved(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="is not fitted"):
            save(LinearRegression(), tmp_path)
        with pytest.raises(DataError, match="holds no model.*predict or transform.*DBSCAN"):
            save(DBSCAN().fit(frame), tmp_path)
        model = LinearRegression().fit(frame, frame["a"])
        model.note = (number for number in ())  # what not even dill pickles, which other tests load
        with pytest.raises(ParameterError, match="cannot be pickled.*not lambdas"):
            save(model, tmp_path)
