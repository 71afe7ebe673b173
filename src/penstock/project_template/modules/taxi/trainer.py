# SPDX-License-Identifier: Apache-2.0
"""Taxi trips: a wide and deep classifier of big tips (Trainer's module)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.public import tfxio

from modules.taxi import features
from penstock.components import DataAccessor, FnArgs

BATCH_SIZE = 40
EMBEDDING_DIMENSIONS = 4
HIDDEN_UNITS = (32, 16)
DROPOUT = 0.2
LEARNING_RATE = 0.002
STEPS_PER_CALL = 20
"""Steps that TensorFlow makes before it comes back to Python; 1 is right too, and slower."""


class WideAndDeep(tf.keras.Model):
    """Tells how likely a trip ends with a big tip.

    Every categorical feature has its own range of ids in two tables: one with a weight per id (wide), one with a
    vector per id that goes through the hidden layers together with the numbers (deep).
    """

    def __init__(self, hidden_units: tuple[int, ...] = HIDDEN_UNITS) -> None:
        super().__init__()
        self._numbers = [features.transformed(name) for name in features.DENSE]
        self._categories = features.sizes()
        counts = list(self._categories.values())
        self._first_ids = [sum(counts[:index]) for index in range(len(counts))]
        self.weight_of_id = tf.keras.layers.Embedding(sum(counts), 1)
        self.vector_of_id = tf.keras.layers.Embedding(sum(counts), EMBEDDING_DIMENSIONS)
        self.dropout = tf.keras.layers.Dropout(DROPOUT)
        self.hidden = tf.keras.Sequential(
            [tf.keras.layers.Dense(units, activation="relu") for units in hidden_units]
        )
        self.logit = tf.keras.layers.Dense(1)

    def call(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Returns a probability per row, shaped (rows, 1)."""
        numbers = tf.stack([tf.reshape(inputs[name], [-1]) for name in self._numbers], axis=1)
        ids = tf.stack([tf.reshape(inputs[name], [-1]) for name in self._categories], axis=1)
        ids += tf.constant(self._first_ids, ids.dtype)
        vectors = tf.reshape(self.vector_of_id(ids), [-1, len(self._categories) * EMBEDDING_DIMENSIONS])
        everything = self.dropout(tf.concat([numbers, vectors], axis=1), training=training)
        deep = self.logit(self.hidden(everything))
        wide = tf.reduce_sum(self.weight_of_id(ids), axis=1)
        return tf.sigmoid(deep + wide)


class Servable(tf.Module):
    """What is saved: the model behind the same transformations that it was trained on."""

    def __init__(self, model: WideAndDeep, transform_output: tft.TFTransformOutput) -> None:
        super().__init__()
        self._model_variables = model.variables
        self._model = model.call
        self._transform = transform_output.transform_features_layer()
        self._spec = transform_output.raw_feature_spec()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Scores serialized tf.Examples of raw columns; tips, which nobody knows yet, need not be there."""
        spec = {name: kind for name, kind in self._spec.items() if name != features.TIPS}
        return {"probability": self._model(self._transform(tf.io.parse_example(examples, spec)))}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform_features(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns transformed features and label of serialized tf.Examples, for Evaluator."""
        return dict(self._transform(tf.io.parse_example(examples, self._spec)))


def run_fn(fn_args: FnArgs) -> tf.keras.callbacks.History:
    """Trains the classifier and saves it with its signatures; the history's last values are the final metrics."""
    transform_output = tft.TFTransformOutput(fn_args.transform_output)
    train = _batches(fn_args.train_files, fn_args.data_accessor, transform_output, fn_args.train_steps)
    evaluation = _batches(fn_args.eval_files, fn_args.data_accessor, transform_output, fn_args.eval_steps)
    settings = (fn_args.hyperparameters or {}).get("values", {})

    tf.keras.utils.set_random_seed(17)
    model = WideAndDeep()
    model.compile(
        optimizer=tf.keras.optimizers.Adam(settings.get("learning_rate", LEARNING_RATE)),
        loss=tf.keras.losses.BinaryCrossentropy(),
        metrics=[tf.keras.metrics.BinaryAccuracy(), tf.keras.metrics.AUC(name="auc")],
        steps_per_execution=STEPS_PER_CALL if fn_args.train_steps and fn_args.eval_steps else 1,
    )
    history = model.fit(
        train,
        steps_per_epoch=fn_args.train_steps,
        validation_data=evaluation,
        validation_steps=fn_args.eval_steps,
        callbacks=[tf.keras.callbacks.TensorBoard(log_dir=fn_args.model_run_dir)],
        verbose=2,
    )
    servable = Servable(model, transform_output)
    signatures = {"serving_default": servable.serve, "transform_features": servable.transform_features}
    tf.saved_model.save(servable, fn_args.serving_model_dir, signatures=signatures)
    return history


def _batches(
    files: list[str], accessor: DataAccessor, transform_output: tft.TFTransformOutput, steps: int | None
) -> Any:
    """Returns batches of transformed features with the label: endless where steps are counted, else one pass."""
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=BATCH_SIZE, label_key=features.LABEL, num_epochs=None if steps else 1, shuffle_seed=17
    )
    return accessor.tf_dataset_factory(files, options, transform_output.transformed_metadata.schema)
