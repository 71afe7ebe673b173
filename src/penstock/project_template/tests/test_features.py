# SPDX-License-Identifier: Apache-2.0
"""What the modules make of a few trips."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import csv

from penstock import testing

PROJECT = Path(__file__).resolve().parents[1]
TRIPS = csv.read_csv(PROJECT / "data/taxi/span-1/trips.csv").slice(0, 200)


def test_features() -> None:
    table = testing.transform_table(PROJECT / "modules/taxi/preprocessing.py", TRIPS)
    assert sum(table["fare_xf"]) / 200 == pytest.approx(0, abs=0.1), "scaled, with a few outliers cut"
    assert set(table["big_tip"]) == {0, 1}

    new = TRIPS.slice(0, 2).to_pydict() | {"fare": [1e9, None], "tips": [1.0, None]}
    assert table.apply(new)["fare_xf"][0] == 5.0, "no fare is further than five deviations from the mean"
    assert table.apply(new)["big_tip"] == [0, 0]


def test_training() -> None:
    trained = testing.train_on_tables(
        PROJECT / "modules/taxi/trainer.py",
        TRIPS,
        preprocessing_fn=PROJECT / "modules/taxi/preprocessing.py",
        train_steps=100,
    )
    assert trained.metrics["auc"] > 0.8
    scores = trained.predict(TRIPS.slice(0, 3).drop(["tips"]))["probability"]
    assert ((scores >= 0) & (scores <= 1)).all()
