# SPDX-License-Identifier: Apache-2.0
"""What a house sells for: two models to choose from (Trainer's module, scikit-learn)."""

from __future__ import annotations

from sklearn.base import RegressorMixin
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from penstock import models
from penstock.components import FnArgs

FEATURES = ["area", "rooms", "age", "station_km", "garden", "condition"]
PRICE = "price"
"""Known only after the sale: the models learn it and never see it."""


def train_linear(fn_args: FnArgs) -> dict[str, float]:
    """Trains a linear model: easy to explain, blind to all that bends."""
    return _train(make_pipeline(StandardScaler(), LinearRegression()), fn_args)


def train_boosted(fn_args: FnArgs) -> dict[str, float]:
    """Trains boosted trees: hard to explain, and closer to the price."""
    return _train(GradientBoostingRegressor(random_state=17), fn_args)


def _train(model: RegressorMixin, fn_args: FnArgs) -> dict[str, float]:
    sold = fn_args.data_accessor.read_pandas(fn_args.train_files)
    model.fit(sold[FEATURES], sold[PRICE])
    models.save(model, fn_args.serving_model_dir)

    held_out = fn_args.data_accessor.read_pandas(fn_args.eval_files)
    errors = model.predict(held_out[FEATURES]) - held_out[PRICE]
    return {"val_mean_absolute_error": float(errors.abs().mean())}
