# SPDX-License-Identifier: Apache-2.0
"""How long the drive of a delivery takes (Trainer's module, scikit-learn; and a function of a graph of models)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import GradientBoostingRegressor

from penstock import models
from penstock.components import FnArgs

FEATURES = ["distance_km", "stops", "hour", "rain"]
DRIVE = "drive_minutes"


def run_fn(fn_args: FnArgs) -> dict[str, float]:
    """Trains boosted trees on the drives that were made."""
    made = fn_args.data_accessor.read_pandas(fn_args.train_files)
    model = GradientBoostingRegressor(random_state=17).fit(made[FEATURES], made[DRIVE])
    models.save(model, fn_args.serving_model_dir)

    held_out = fn_args.data_accessor.read_pandas(fn_args.eval_files)
    errors = model.predict(held_out[FEATURES]) - held_out[DRIVE]
    return {"val_mean_absolute_error": float(errors.abs().mean())}


def whole_minutes(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Makes whole minutes of the model's answer, rounded up: what comes next counts in minutes, as its history does."""
    minutes = pc.ceil(batch.column(batch.schema.get_field_index(DRIVE)))
    return pa.RecordBatch.from_arrays([pc.cast(minutes, pa.int64())], [DRIVE])
