# SPDX-License-Identifier: Apache-2.0
"""Tells penguins apart with scikit-learn, without TensorFlow; a module of Trainer as in TFX."""

import os

import joblib
from sklearn.tree import DecisionTreeClassifier

from penstock import v1 as tfx
from penstock.data import RecordBatchesOptions

_FEATURE_KEYS = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]


def _read(fn_args: tfx.components.FnArgs, files):
    options = RecordBatchesOptions(batch_size=1000, num_epochs=1)
    for batch in fn_args.data_accessor.record_batch_factory(files, options, None):
        columns = {field.name: column for column, field in zip(batch, batch.schema)}
        features = zip(*(columns[key].flatten().to_pylist() for key in _FEATURE_KEYS))
        yield from zip(features, columns["species"].flatten().to_pylist())


def run_fn(fn_args: tfx.components.FnArgs):
    features, species = zip(*_read(fn_args, fn_args.train_files))
    model = DecisionTreeClassifier(max_depth=fn_args.custom_config["max_depth"], random_state=17)
    model.fit(features, species)
    os.makedirs(fn_args.serving_model_dir)
    joblib.dump(model, os.path.join(fn_args.serving_model_dir, "model.joblib"))
