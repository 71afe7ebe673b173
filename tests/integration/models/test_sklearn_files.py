# SPDX-License-Identifier: Apache-2.0
"""Files of scikit-learn's models, good and bad, and rows that models refuse."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
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
import tabular
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tabular import NAMES, TRUSTED, batch_of, saved

from penstock.errors import DataError, ParameterError, StorageError
from penstock.examples.layout import to_example_layout
from penstock.models import LoadOptions, describe, load, save
from penstock.models.descriptor import FILE_NAME

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return tabular.numbers()


@pytest.fixture(scope="module")
def mixed() -> pd.DataFrame:
    return tabular.mixed()


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
                r"'b' is missing.*got: 0 in row 7",
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
