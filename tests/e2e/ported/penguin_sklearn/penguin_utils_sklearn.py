# SPDX-License-Identifier: Apache-2.0
"""The penguin example's training code with scikit-learn; only imports of ``tfx`` are others."""

import os
import pickle
from typing import Tuple

import absl
import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import dataset_options

from penstock.components.trainer.fn_args_utils import DataAccessor, FnArgs
from penstock.dsl.io import fileio
from penstock.utils import io_utils

_FEATURE_KEYS = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
_LABEL_KEY = "species"

_TRAIN_DATA_SIZE = 228
_TRAIN_BATCH_SIZE = 20


def _input_fn(
    file_pattern: str, data_accessor: DataAccessor, schema: schema_pb2.Schema, batch_size: int = 20
) -> Tuple[np.ndarray, np.ndarray]:
    record_batch_iterator = data_accessor.record_batch_factory(
        file_pattern, dataset_options.RecordBatchesOptions(batch_size=batch_size, num_epochs=1), schema
    )

    feature_list = []
    label_list = []
    for record_batch in record_batch_iterator:
        record_dict = {}
        for column, field in zip(record_batch, record_batch.schema):
            record_dict[field.name] = column.flatten()

        label_list.append(record_dict[_LABEL_KEY])
        features = [record_dict[key] for key in _FEATURE_KEYS]
        feature_list.append(np.stack(features, axis=-1))

    return np.concatenate(feature_list), np.concatenate(label_list)


def run_fn(fn_args: FnArgs):
    schema = io_utils.parse_pbtxt_file(fn_args.schema_file, schema_pb2.Schema())

    x_train, y_train = _input_fn(fn_args.train_files, fn_args.data_accessor, schema)
    x_eval, y_eval = _input_fn(fn_args.eval_files, fn_args.data_accessor, schema)

    steps_per_epoch = _TRAIN_DATA_SIZE / _TRAIN_BATCH_SIZE
    estimator = MLPClassifier(
        hidden_layer_sizes=[8, 8, 8],
        activation="relu",
        solver="adam",
        batch_size=_TRAIN_BATCH_SIZE,
        learning_rate_init=0.0005,
        max_iter=int(fn_args.train_steps / steps_per_epoch),
        verbose=True,
    )
    model = Pipeline([("scaler", StandardScaler()), ("estimator", estimator)])
    model.feature_keys = _FEATURE_KEYS
    model.label_key = _LABEL_KEY
    model.fit(x_train, y_train)
    absl.logging.info(model)

    score = model.score(x_eval, y_eval)
    absl.logging.info("Accuracy: %f", score)

    os.makedirs(fn_args.serving_model_dir)
    model_path = os.path.join(fn_args.serving_model_dir, "model.pkl")
    with fileio.open(model_path, "wb+") as f:
        pickle.dump(model, f)
