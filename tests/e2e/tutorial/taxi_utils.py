# SPDX-License-Identifier: Apache-2.0
"""The tutorial's module: one file with preprocessing_fn and run_fn, a sibling with constants."""

import taxi_constants as constants
import tensorflow as tf
import tensorflow_transform as tft
from tfx_bsl.public import tfxio

import penstock as tfx

_transformed = constants.transformed_name


def _fill_in_missing(x):
    if not isinstance(x, tf.sparse.SparseTensor):
        return x
    default_value = "" if x.dtype == tf.string else 0
    return tf.squeeze(
        tf.sparse.to_dense(
            tf.SparseTensor(x.indices, x.values, [x.dense_shape[0], 1]), default_value=default_value
        ),
        axis=1,
    )


def preprocessing_fn(inputs):
    """Scales, looks up and bucketizes the columns; the label is whether the tip was more than a fifth of the fare."""
    outputs = {}
    for key in constants.DENSE_FLOAT_FEATURE_KEYS:
        outputs[_transformed(key)] = tft.scale_to_z_score(tf.cast(_fill_in_missing(inputs[key]), tf.float32))
    for key in constants.VOCAB_FEATURE_KEYS:
        outputs[_transformed(key)] = tft.compute_and_apply_vocabulary(
            _fill_in_missing(inputs[key]), top_k=constants.VOCAB_SIZE, num_oov_buckets=constants.OOV_SIZE
        )
    for key in constants.BUCKET_FEATURE_KEYS:
        outputs[_transformed(key)] = tft.bucketize(
            _fill_in_missing(inputs[key]), constants.FEATURE_BUCKET_COUNT
        )
    taxi_fare = tf.cast(_fill_in_missing(inputs[constants.FARE_KEY]), tf.float32)
    tips = tf.cast(_fill_in_missing(inputs[constants.LABEL_KEY]), tf.float32)
    outputs[_transformed(constants.LABEL_KEY)] = tf.where(
        tf.math.is_nan(taxi_fare),
        tf.cast(tf.zeros_like(taxi_fare), tf.int64),
        tf.cast(tf.greater(tips, tf.multiply(taxi_fare, tf.constant(0.2))), tf.int64),
    )
    return outputs


def _get_tf_examples_serving_signature(model, tf_transform_output):
    model.tft_layer_inference = tf_transform_output.transform_features_layer()

    @tf.function(input_signature=[tf.TensorSpec(shape=[None], dtype=tf.string, name="examples")])
    def serve_tf_examples_fn(serialized_tf_example):
        raw_feature_spec = tf_transform_output.raw_feature_spec()
        raw_feature_spec.pop(constants.LABEL_KEY)
        raw_features = tf.io.parse_example(serialized_tf_example, raw_feature_spec)
        transformed_features = model.tft_layer_inference(raw_features)
        transformed_features.pop(_transformed(constants.LABEL_KEY), None)
        return {"outputs": model(transformed_features)}

    return serve_tf_examples_fn


def _get_transform_features_signature(model, tf_transform_output):
    model.tft_layer_eval = tf_transform_output.transform_features_layer()

    @tf.function(input_signature=[tf.TensorSpec(shape=[None], dtype=tf.string, name="examples")])
    def transform_features_fn(serialized_tf_example):
        raw_feature_spec = tf_transform_output.raw_feature_spec()
        return model.tft_layer_eval(tf.io.parse_example(serialized_tf_example, raw_feature_spec))

    return transform_features_fn


def _input_fn(file_pattern, data_accessor, tf_transform_output, batch_size=40):
    return data_accessor.tf_dataset_factory(
        file_pattern,
        tfxio.TensorFlowDatasetOptions(batch_size=batch_size, label_key=_transformed(constants.LABEL_KEY)),
        tf_transform_output.transformed_metadata.schema,
    ).repeat()


def _build_keras_model():
    inputs = {
        _transformed(key): tf.keras.layers.Input(name=_transformed(key), shape=(1,), dtype=tf.float32)
        for key in constants.DENSE_FLOAT_FEATURE_KEYS
    }
    ids = {
        **{
            _transformed(key): constants.VOCAB_SIZE + constants.OOV_SIZE
            for key in constants.VOCAB_FEATURE_KEYS
        },
        **{_transformed(key): constants.FEATURE_BUCKET_COUNT for key in constants.BUCKET_FEATURE_KEYS},
    }
    inputs.update({name: tf.keras.layers.Input(name=name, shape=(1,), dtype=tf.int64) for name in ids})
    deep = tf.keras.layers.concatenate(
        [inputs[_transformed(key)] for key in constants.DENSE_FLOAT_FEATURE_KEYS]
    )
    for units in (32, 16):
        deep = tf.keras.layers.Dense(units, activation="relu")(deep)
    wide = tf.keras.layers.concatenate(
        [
            tf.keras.layers.Flatten()(tf.keras.layers.Embedding(size, 1)(inputs[name]))
            for name, size in ids.items()
        ]
    )
    output = tf.keras.layers.Dense(1, activation="sigmoid")(tf.keras.layers.concatenate([deep, wide]))
    model = tf.keras.Model(inputs, output)
    model.compile(
        loss="binary_crossentropy",
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
        metrics=[tf.keras.metrics.BinaryAccuracy()],
    )
    return model


def run_fn(fn_args: tfx.components.FnArgs):
    """Trains the model and saves it with the two signatures that serving and Evaluator use."""
    tf_transform_output = tft.TFTransformOutput(fn_args.transform_output)
    train_dataset = _input_fn(fn_args.train_files, fn_args.data_accessor, tf_transform_output)
    eval_dataset = _input_fn(fn_args.eval_files, fn_args.data_accessor, tf_transform_output)
    model = _build_keras_model()
    model.fit(
        train_dataset,
        steps_per_epoch=fn_args.train_steps,
        validation_data=eval_dataset,
        validation_steps=fn_args.eval_steps,
        callbacks=[tf.keras.callbacks.TensorBoard(log_dir=fn_args.model_run_dir, update_freq="epoch")],
    )
    signatures = {
        "serving_default": _get_tf_examples_serving_signature(model, tf_transform_output),
        "transform_features": _get_transform_features_signature(model, tf_transform_output),
    }
    tf.saved_model.save(model, fn_args.serving_model_dir, signatures=signatures)
