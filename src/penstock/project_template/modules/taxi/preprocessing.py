# SPDX-License-Identifier: Apache-2.0
"""Taxi trips: raw columns to what the model is trained on (Transform's module)."""

from __future__ import annotations

import tensorflow as tf
import tensorflow_transform as tft

from modules.taxi import features

MISSING_TEXT = "(missing)"
MAX_DEVIATIONS = 5.0


def preprocessing_fn(inputs: dict[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
    """Scales, bucketises and looks up the columns of trips, and makes the label."""
    outputs = {}
    for name in features.DENSE:
        scaled = tft.scale_to_z_score(_number(inputs[name]))
        outputs[features.transformed(name)] = tf.clip_by_value(scaled, -MAX_DEVIATIONS, MAX_DEVIATIONS)
    for name in features.BUCKETED:
        outputs[features.transformed(name)] = _bucket(inputs[name])
    for name in features.TEXT:
        outputs[features.transformed(name)] = tft.compute_and_apply_vocabulary(
            _filled(inputs[name], MISSING_TEXT),
            top_k=features.VOCABULARY_SIZE,
            num_oov_buckets=features.UNSEEN_BUCKETS,
            vocab_filename=name,
        )
    for name, count in features.IDS.items():
        outputs[features.transformed(name)] = tf.clip_by_value(_filled(inputs[name], 0), 0, count - 1)
    fare, tips = _number(inputs[features.FARE]), _number(inputs[features.TIPS])
    outputs[features.LABEL] = tf.cast(tips > 0.2 * fare, tf.int64)
    return outputs


def _bucket(column: tf.Tensor | tf.SparseTensor) -> tf.Tensor:
    """Returns the decile of each value, counted from 1; 0 is a missing value."""
    if not isinstance(column, tf.SparseTensor):
        return tft.bucketize(_filled(column, 0.0), features.BUCKETS) + 1
    buckets = tft.bucketize(column, features.BUCKETS)
    return _filled(tf.SparseTensor(buckets.indices, buckets.values + 1, buckets.dense_shape), 0)


def _number(column: tf.Tensor | tf.SparseTensor) -> tf.Tensor:
    return tf.cast(_filled(column, 0), tf.float32)


def _filled(column: tf.Tensor | tf.SparseTensor, default: float | str) -> tf.Tensor:
    """Returns one value a row: the column's, or the default where the row has none."""
    if isinstance(column, tf.SparseTensor):
        one_a_row = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
        column = tf.sparse.to_dense(one_a_row, tf.cast(default, column.dtype))
    return tf.reshape(column, [-1])
