# SPDX-License-Identifier: Apache-2.0
"""``transform_table`` and ``train_on_tables``, on the taxi modules and on small functions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from penstock import testing
from penstock.errors import DataError, UserCodeError
from penstock.examples.accessor import RecordBatchesOptions

pytestmark = pytest.mark.tensorflow

PROJECT = Path(__file__).parents[3]
FLOATS = (
    "fare",
    "trip_miles",
    "tips",
    "pickup_latitude",
    "pickup_longitude",
    "dropoff_latitude",
    "dropoff_longitude",
)
TEXTS = ("payment_type", "company")


@pytest.fixture(scope="module")
def trips() -> dict[str, list[Any]]:
    """The first trips that the project ships."""
    columns: dict[str, list[Any]] = {}
    with (PROJECT / "data/taxi/span-1/trips.csv").open(newline="") as file:
        for row, _ in zip(csv.DictReader(file), range(200), strict=False):
            for name, text in row.items():
                kind = float if name in FLOATS else str if name in TEXTS else int
                columns.setdefault(name, []).append(kind(text) if text else None)
    return columns


@pytest.fixture
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)


@pytest.mark.usefixtures("_in_the_project")
def test_the_taxi_module_transforms_and_trains(trips: dict[str, list[Any]]) -> None:
    trained = testing.train_on_tables(
        "modules/taxi/trainer.py",
        trips,
        preprocessing_fn="modules/taxi/preprocessing.py",
        train_steps=20,
        eval_steps=5,
    )
    transformed = trained.transformed
    assert transformed is not None
    assert transformed.table.num_rows == 200
    assert transformed["big_tip"] == [
        int((tips or 0) > 0.2 * (fare or 0)) for tips, fare in zip(trips["tips"], trips["fare"], strict=True)
    ]
    assert abs(sum(transformed["fare_xf"]) / 200) < 0.2
    unseen = {name: values[:1] for name, values in trips.items()} | {
        "company": ["Nobody's Cabs"],
        "fare": [1e9],
    }
    (identity,) = transformed.apply(unseen)["company_xf"]
    assert identity >= max(transformed["company_xf"])
    assert transformed.apply(unseen)["fare_xf"] == [5.0]

    assert {"loss", "val_auc"} <= set(trained.metrics)
    assert trained.info is not None
    assert trained.info.flavor == "tensorflow"
    scores = trained.predict({name: values[:7] for name, values in trips.items() if name != "tips"})[
        "probability"
    ]
    assert scores.shape == (7, 1)
    assert ((scores > 0) & (scores < 1)).all()
    assert any(Path(trained.model_run_dir).rglob("events.*"))


def scale(inputs: dict[str, Any], custom_config: dict[str, Any]) -> dict[str, Any]:
    import tensorflow as tf
    import tensorflow_transform as tft

    dense = tf.sparse.to_dense(tf.sparse.reset_shape(inputs["x"]))[:, 0]
    return {"scaled": tft.scale_to_0_1(dense) * custom_config["factor"], "word": inputs["word"]}


def test_a_function_of_the_test_itself_is_run() -> None:
    table = {"x": [0.0, 5.0, 10.0], "word": ["a", None, "b"]}
    found = testing.transform_table(scale, table, custom_config={"factor": 2.0})
    assert dict(found) == {"scaled": [0.0, 1.0, 2.0], "word": [["a"], [], ["b"]]}
    assert found.apply({"x": [2.5], "word": ["c"]})["scaled"] == [0.5]
    assert "word" in repr(found)
    with pytest.raises(KeyError, match="wrod"):
        found["wrod"]


def test_errors_are_those_of_the_pipeline() -> None:
    with pytest.raises(
        UserCodeError,
        match="asks for feature 'x', which the schema does not have; .*known: y|did you mean 'y'",
    ):
        testing.transform_table(lambda inputs: {"z": inputs["x"]}, {"y": [1.0]})
    with pytest.raises(UserCodeError, match="preprocessing_fn does not return tensors by name.*NoneType"):
        testing.transform_table(lambda inputs: None, {"y": [1.0]})
    with pytest.raises(UserCodeError, match="run_fn saved no model"):
        testing.train_on_tables(lambda fn_args: None, {"y": [1.0]})
    with pytest.raises(UserCodeError, match=r"module file no/such\.py does not exist"):
        testing.transform_table("no/such.py", {"y": [1.0]})


def test_a_run_fn_without_tensorflow_trains_on_raw_rows() -> None:
    """Saves a file of no known flavor: it is trained and kept, and cannot predict."""
    seen: dict[str, Any] = {}

    def run_fn(fn_args: Any) -> dict[str, float]:
        once = RecordBatchesOptions(batch_size=2, num_epochs=1)
        batches = list(fn_args.data_accessor.record_batch_factory(fn_args.train_files, once, None))
        seen["rows"] = sum(batch.num_rows for batch in batches)
        seen["config"], seen["steps"] = fn_args.custom_config, fn_args.train_steps
        seen["schema"] = fn_args.schema_file
        Path(fn_args.serving_model_dir).mkdir()
        Path(fn_args.serving_model_dir, "model.bin").write_bytes(b"weights")
        return {"loss": 0.25}

    trained = testing.train_on_tables(
        run_fn, {"x": [1, 2, 3]}, {"x": [4]}, train_steps=None, custom_config={"a": 1}
    )
    assert trained.metrics == {"loss": 0.25}
    assert seen == {"rows": 3, "config": {"a": 1}, "steps": None, "schema": None}
    assert trained.info is None
    with pytest.raises(DataError, match="no known flavor"):
        trained.predict({"x": [1]})
