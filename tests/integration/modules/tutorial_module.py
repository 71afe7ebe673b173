# SPDX-License-Identifier: Apache-2.0
"""A taxi module as a user of TFX's tutorials of 2021 has it: one file, feature columns, ``model.save``.

Only the imports of ``tfx`` were changed.
"""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.tfxio import dataset_options

from penstock import v1 as tfx

_DENSE = ["trip_miles", "fare", "trip_seconds"]
_BUCKETS = ["pickup_latitude", "pickup_longitude"]
_BUCKET_COUNT = 10
_VOCABULARIES = ["payment_type", "company"]
_VOCABULARY_SIZE = 1000
_OOV = 10
_HOURS = {"trip_start_hour": 24}
_LABEL = "tips"
_FARE = "fare"


def _xf(key):
    return key + "_xf"


def _fill(x):
    if not isinstance(x, tf.sparse.SparseTensor):
        return x
    default = "" if x.dtype == tf.string else 0
    dense = tf.sparse.to_dense(tf.SparseTensor(x.indices, x.values, [x.dense_shape[0], 1]), default)
    return tf.squeeze(dense, axis=1)


def preprocessing_fn(inputs):
    outputs = {}
    for key in _DENSE:
        outputs[_xf(key)] = tft.scale_to_z_score(_fill(inputs[key]))
    for key in _VOCABULARIES:
        outputs[_xf(key)] = tft.compute_and_apply_vocabulary(
            _fill(inputs[key]), top_k=_VOCABULARY_SIZE, num_oov_buckets=_OOV
        )
    for key in _BUCKETS:
        outputs[_xf(key)] = tft.bucketize(_fill(inputs[key]), _BUCKET_COUNT)
    for key in _HOURS:
        outputs[_xf(key)] = _fill(inputs[key])
    fare, tips = _fill(inputs[_FARE]), _fill(inputs[_LABEL])
    outputs[_xf(_LABEL)] = tf.where(
        tf.math.is_nan(fare), tf.cast(tf.zeros_like(fare), tf.int64), tf.cast(tips > fare * 0.2, tf.int64)
    )
    return outputs


def _serving_fn(model, tf_transform_output):
    model.tft_layer = tf_transform_output.transform_features_layer()

    @tf.function
    def serve_tf_examples_fn(serialized_tf_examples):
        spec = tf_transform_output.raw_feature_spec()
        spec.pop(_LABEL)
        parsed = tf.io.parse_example(serialized_tf_examples, spec)
        return model(model.tft_layer(parsed))

    return serve_tf_examples_fn


def _input_fn(file_pattern, data_accessor, tf_transform_output, batch_size):
    return data_accessor.tf_dataset_factory(
        file_pattern,
        dataset_options.TensorFlowDatasetOptions(batch_size=batch_size, label_key=_xf(_LABEL)),
        tf_transform_output.transformed_metadata.schema,
    )


def _build_model():
    real = [tf.feature_column.numeric_column(_xf(key), shape=()) for key in _DENSE]
    sizes = dict.fromkeys(_VOCABULARIES, _VOCABULARY_SIZE + _OOV)
    sizes.update(dict.fromkeys(_BUCKETS, _BUCKET_COUNT), **_HOURS)
    categorical = [
        tf.feature_column.indicator_column(
            tf.feature_column.categorical_column_with_identity(_xf(key), num_buckets=size, default_value=0)
        )
        for key, size in sizes.items()
    ]
    inputs = {_xf(key): tf.keras.layers.Input(name=_xf(key), shape=(), dtype=tf.float32) for key in _DENSE}
    inputs.update({_xf(key): tf.keras.layers.Input(name=_xf(key), shape=(), dtype="int32") for key in sizes})
    deep = tf.keras.layers.DenseFeatures(real)(inputs)
    for units in (32, 16):
        deep = tf.keras.layers.Dense(units, activation="relu")(deep)
    wide = tf.keras.layers.DenseFeatures(categorical)(inputs)
    output = tf.keras.layers.Dense(1, activation="sigmoid")(tf.keras.layers.concatenate([deep, wide]))
    model = tf.keras.Model(inputs, tf.squeeze(output, -1))
    model.compile(
        loss="binary_crossentropy",
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.01),
        metrics=[tf.keras.metrics.BinaryAccuracy()],
    )
    return model


def run_fn(fn_args: tfx.components.FnArgs):
    tf_transform_output = tft.TFTransformOutput(fn_args.transform_output)
    train = _input_fn(fn_args.train_files, fn_args.data_accessor, tf_transform_output, 40)
    evaluation = _input_fn(fn_args.eval_files, fn_args.data_accessor, tf_transform_output, 40)
    model = _build_model()
    model.fit(
        train,
        steps_per_epoch=fn_args.train_steps,
        validation_data=evaluation,
        validation_steps=fn_args.eval_steps,
        callbacks=[tf.keras.callbacks.TensorBoard(log_dir=fn_args.model_run_dir, update_freq="batch")],
    )
    signatures = {
        "serving_default": _serving_fn(model, tf_transform_output).get_concrete_function(
            tf.TensorSpec(shape=[None], dtype=tf.string, name="examples")
        )
    }
    model.save(fn_args.serving_model_dir, save_format="tf", signatures=signatures)
