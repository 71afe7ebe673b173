# SPDX-License-Identifier: Apache-2.0
"""Real estimators: what is saved, described and loaded predicts as scikit-learn itself does."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
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

from penstock.errors import DataError, ParameterError, StorageError
from penstock.examples.layout import to_example_layout
from penstock.models import LoadOptions, Signature, TensorSpec, describe, load, save
from penstock.models.descriptor import FILE_NAME

pytestmark = pytest.mark.integration

TRUSTED = LoadOptions(trusted=True)
NAMES = ["a", "b", "c"]
ROWS = 40


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(random.normal(size=(ROWS, 3)).astype(np.float32), columns=NAMES)


@pytest.fixture(scope="module")
def mixed(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with text, and holes in both text and numbers."""
    colours = pd.Series(["red", "blue", None, "green"] * (ROWS // 4), dtype=object)
    return frame.assign(colour=colours, a=frame["a"].mask(frame["a"] > 1))


def batch_of(frame: pd.DataFrame) -> pa.RecordBatch:
    columns = [pa.array(frame[name], from_pandas=True) for name in frame.columns]
    return pa.RecordBatch.from_arrays(columns, list(frame.columns))


def saved(model: Any, folder: Path, **arguments: Any) -> Any:
    save(model, folder, **arguments)
    return load(str(folder), options=TRUSTED)


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
        model.note = threading.Lock()
        with pytest.raises(ParameterError, match="cannot be pickled.*not lambdas"):
            save(model, tmp_path)


class TestFiles:
    @pytest.fixture
    def model(self, frame: pd.DataFrame) -> Any:
        return LinearRegression().fit(frame, frame["a"])

    @pytest.mark.parametrize("name", ["model.joblib", "forest.pkl"])
    def test_what_joblib_and_pickle_wrote_loads_as_it_is(
        self, model: Any, frame: pd.DataFrame, tmp_path: Path, name: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(pickle.dumps(model)) if name.endswith("pkl") else joblib.dump(model, path)
        assert describe(str(tmp_path)).signatures == ()
        for uri in (str(tmp_path), str(path)):
            predictor = load(uri, options=TRUSTED)
            assert [str(spec) for spec in predictor.signature.outputs] == ["prediction: float32[?]"]
            np.testing.assert_allclose(
                predictor.predict(batch_of(frame))["prediction"], frame["a"], atol=1e-6
            )

    def test_columns_are_named_where_the_file_does_not(self, frame: pd.DataFrame, tmp_path: Path) -> None:
        joblib.dump(LinearRegression().fit(frame.to_numpy(), frame["a"]), tmp_path / "m.joblib")
        with pytest.raises(
            ParameterError, match=r"does not say which columns.*3 name\(s\).*features: \[\.\.\.\]"
        ):
            load(str(tmp_path), options=TRUSTED)
        named = LoadOptions(trusted=True, features=("a", "b", "c"))
        answers = load(str(tmp_path), options=named).predict(batch_of(frame))
        np.testing.assert_allclose(answers["prediction"], frame["a"], atol=1e-6)
        with pytest.raises(DataError, match=r"3 value\(s\) a row; got: 2"):
            load(str(tmp_path), options=LoadOptions(trusted=True, features=("a", "b")))

    def test_features_take_the_place_of_names(self, model: Any, frame: pd.DataFrame, tmp_path: Path) -> None:
        save(model, tmp_path)
        renamed = batch_of(frame.rename(columns={"a": "miles"}))
        predictor = load(str(tmp_path), options=LoadOptions(trusted=True, features=("miles", "b", "c")))
        np.testing.assert_allclose(predictor.predict(renamed)["prediction"], frame["a"], atol=1e-6)
        with pytest.raises(ParameterError, match=r"features do not go.*expected: 3 name.*got: 1: miles"):
            load(str(tmp_path), options=LoadOptions(trusted=True, features=("miles",)))

    def test_nothing_is_unpickled_without_trust(self, tmp_path: Path) -> None:
        (tmp_path / "m.pkl").write_bytes(
            b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
        )
        with pytest.raises(ParameterError, match="runs whatever code it holds.*LoadOptions"):
            load(str(tmp_path))
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        ("content", "match"),
        [
            (b"", "does not load with scikit-learn.*damaged"),
            (b"no pickle at all", "does not load with scikit-learn"),
            (pickle.dumps({"model": 1}), "holds no model.*got: a builtins.dict"),
            (b"cno_such_module\nModel\n.", "ModuleNotFoundError.*install no_such_module"),
            (b"csklearn.linear_model\nNoModel\n.", "keep it in a module"),
        ],
    )
    def test_files_that_do_not_load_are_one_error(self, tmp_path: Path, content: bytes, match: str) -> None:
        (tmp_path / "m.pkl").write_bytes(content)
        with pytest.raises(DataError, match=match):
            load(str(tmp_path), options=TRUSTED)

    def test_a_half_written_or_missing_file(self, model: Any, tmp_path: Path) -> None:
        save(model, tmp_path)
        path = tmp_path / "model.joblib"
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(DataError, match=r"does not load with scikit-learn \d"):
            load(str(tmp_path), options=TRUSTED)
        path.unlink()
        with pytest.raises(DataError, match=r"lacks its file .*model\.joblib"):
            load(str(tmp_path), options=TRUSTED)

    def test_a_file_that_may_not_be_read(
        self, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save(model, tmp_path)

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(joblib, "load", refuse)
        with pytest.raises(StorageError, match="not permitted"):
            load(str(tmp_path), options=TRUSTED)

    def test_another_version_is_told_once_and_loads(
        self, model: Any, frame: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(frame, frame["a"])
        content = pickle.dumps(pipeline)
        import sklearn

        old = content.replace(sklearn.__version__.encode(), b"0" * len(sklearn.__version__))
        assert old != content
        (tmp_path / "m.pkl").write_bytes(old)
        with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
            warnings.simplefilter("error")
            load(str(tmp_path), options=TRUSTED)
        told = [
            record.getMessage()
            for record in caplog.records
            if "was saved by scikit-learn" in record.getMessage()
        ]
        assert len(told) == 1

    def test_models_on_object_stores(self, model: Any, frame: pd.DataFrame) -> None:
        save(model, "memory://tabular/sklearn")
        predictor = load("memory://tabular/sklearn", options=TRUSTED)
        np.testing.assert_allclose(predictor.predict(batch_of(frame))["prediction"], frame["a"], atol=1e-6)
        assert sorted(
            path.rpartition("/")[2] for path in fsspec.filesystem("memory").ls("/tabular/sklearn", False)
        ) == [
            "model.joblib",
            FILE_NAME,
        ]

    def test_threads_and_device_are_kept_to(
        self, frame: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        save(RandomForestClassifier(3, n_jobs=-1).fit(frame, frame["a"] > 0), tmp_path)
        code = (
            "import sys; from threadpoolctl import threadpool_info; from penstock.models import *;"
            "p = load(sys.argv[1], options=LoadOptions(trusted=True, threads=1));"
            "assert p._final.n_jobs == 1; assert {i['num_threads'] for i in threadpool_info()} == {1}"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
        with caplog.at_level(logging.WARNING):
            load(str(tmp_path), options=LoadOptions(trusted=True, device="gpu"))
        assert "runs on the CPU" in caplog.text
        with pytest.raises(ParameterError, match="no device 'cuda:1'"):
            load(str(tmp_path), options=LoadOptions(trusted=True, device="cuda:1"))
        with pytest.raises(ParameterError, match="without an argument 'task'"):
            load(str(tmp_path), options=LoadOptions(trusted=True, arguments={"task": 1}))
        with pytest.raises(ParameterError, match="no signature 'other'"):
            load(str(tmp_path), options=TRUSTED, signature_name="other")


class TestBadRows:
    @pytest.fixture
    def predictor(self, frame: pd.DataFrame, tmp_path: Path) -> Any:
        return saved(LinearRegression().fit(frame, frame["a"]), tmp_path)

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            (lambda t: t.drop(columns="b"), "takes b: float32.*no such feature"),
            (lambda t: t.assign(b="text"), "'b' is of another type.*got: string"),
            (
                lambda t: t.assign(b=t["b"].mask(t.index == 7)),
                r"'b' does not have the shape.*got: 0 in row 7",
            ),
            (lambda t: t.assign(b=[[1.0, 2.0]] * len(t)), r"expected: b.*1 value\(s\).*got: 2 in row 0"),
        ],
    )
    def test_rows_that_do_not_fit_name_feature_and_row(
        self, frame: pd.DataFrame, predictor: Any, change: Callable[[pd.DataFrame], pd.DataFrame], match: str
    ) -> None:
        rows = batch_of(change(frame))
        for batch in (rows, to_example_layout(rows)):
            with pytest.raises(DataError, match=match.replace("string", "(large_)?(string|binary)")):
                predictor.predict(batch)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_numbers_that_are_none_name_feature_and_row(
        self, frame: pd.DataFrame, predictor: Any, value: float
    ) -> None:
        columns = [pa.array(frame[name].to_numpy().copy()) for name in NAMES]
        bad = frame["c"].to_numpy().copy()
        bad[11] = value
        columns[2] = pa.array(bad)
        with pytest.raises(DataError, match=rf"feature 'c' has a value.*got: {value} in row 11"):
            predictor.predict(pa.RecordBatch.from_arrays(columns, NAMES))

    def test_a_missing_value_inside_a_pipeline_is_found(self, mixed: pd.DataFrame, tmp_path: Path) -> None:
        whole = mixed.fillna({"a": 0.0, "colour": "red"})
        model = make_pipeline(
            make_column_transformer((StandardScaler(), ["a", "b"]), (OneHotEncoder(), ["colour"])),
            LogisticRegression(),
        ).fit(whole, whole["b"] > 0)
        predictor = saved(model, tmp_path)
        row = int(np.flatnonzero(mixed["a"].isna())[0])
        with pytest.raises(DataError, match=rf"feature 'a' has a value.*got: nan in row {row}"):
            predictor.predict(batch_of(mixed.assign(colour="red")))
        with pytest.raises(DataError, match=r"refused the rows.*unknown categor"):
            predictor.predict(batch_of(whole.assign(colour="purple")))
