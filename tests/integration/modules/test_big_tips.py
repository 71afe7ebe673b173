# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from pyarrow import csv

from penstock import testing

PROJECT = Path(__file__).parents[3]
TRIPS = csv.read_csv(PROJECT / "data/taxi/span-1/trips.csv").slice(0, 200)


def test_the_model_learns_what_a_big_tip_is() -> None:
    trained = testing.train_on_tables(
        PROJECT / "modules/taxi/trainer.py",
        TRIPS,
        preprocessing_fn=PROJECT / "modules/taxi/preprocessing.py",
        train_steps=100,
    )
    trip = TRIPS.slice(0, 2).to_pydict() | {"fare": [10.0, 10.0], "tips": [1.9, 2.1]}
    assert trained.transformed.apply(trip)["big_tip"] == [0, 1]
    assert trained.metrics["auc"] > 0.8
    assert trained.predict(trip)["probability"].shape == (2, 1)
