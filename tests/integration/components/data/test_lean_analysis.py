# SPDX-License-Identifier: Apache-2.0
"""TFT's and TFDV's pipelines on the lean runner and on Beam's: the same results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
from tensorflow_transform import beam as tft_beam

from penstock.artifacts.standard import Examples, Schema
from penstock.beam.lean.stages import stages_of
from penstock.beam.lean.steps import steps_of
from penstock.beam.pipeline import open_pipeline
from penstock.beam.reading import ReadExamples
from penstock.components.transform.application import TransformFunction
from penstock.components.transform.features import GraphInputs, graph_inputs
from penstock.components.transform.rereading import allow_rereading
from penstock.examples.reader import ExamplesReader
from penstock.statistics.files import read_schema

# Collections that hold a few values, whatever the number of rows: the cold keys where all are hot, accumulators, names.
SMALL = re.compile(r"SplitHotCold|WindowIntoOriginal|/DoOnce/|_extract_sentinels")


def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, Any]:
    """Uses every kind of analyzer that TFT has."""
    amount = tf.reshape(tf.sparse.to_dense(inputs["amount"]), [-1])
    hour = tf.reshape(tf.sparse.to_dense(inputs["hour"]), [-1])
    place = tf.reshape(tf.sparse.to_dense(inputs["place"], ""), [-1])
    words = tf.compat.v1.string_split(tf.strings.join([place, tf.as_string(hour)], " "))
    matrix = tf.stack([amount, tf.cast(hour, tf.float32)], axis=1)
    scaled = tft.scale_to_0_1(amount)
    counts = tft.count_per_key(place, key_vocabulary_filename="place_counts")
    indices = tft.compute_and_apply_vocabulary(words, top_k=20, vocab_filename="words")
    bag, weights = tft.tfidf(indices, 25)
    ones = tf.zeros_like(amount) + 1.0
    size = tf.cast(tft.size(amount), tf.float32)
    moments = tf.stack([tft.mean(amount), tft.var(amount), tft.sum(amount), size])
    return {
        "z": tft.scale_to_z_score(amount),
        "twice": tft.scale_by_min_max(scaled * scaled, -1.0, 1.0),
        "per_key": tft.scale_to_z_score_per_key(amount, place),
        "buckets": tft.bucketize(amount, 4),
        "buckets_per_key": tft.bucketize_per_key(amount, place, 3),
        "frequent": tft.compute_and_apply_vocabulary(place, frequency_threshold=40, num_oov_buckets=2),
        "informative": tft.compute_and_apply_vocabulary(place, labels=tf.cast(hour > 12, tf.int64), top_k=3),
        "hours": tft.compute_and_apply_vocabulary(hour, vocab_filename="hours"),
        "hashed": tft.hash_strings(place, 7),
        "bag": bag,
        "weights": weights,
        "covariance": ones[:, None] * tf.reshape(tft.covariance(matrix, tf.float32), [1, 4]),
        "pca": tf.matmul(matrix, tft.pca(matrix, 1, tf.float32)),
        "moments": ones[:, None] * moments[None],
        "quantiles": ones[:, None] * tf.reshape(tft.quantiles(amount, 5, 0.01), [1, 4]),
        "gaussian": tft.scale_to_gaussian(amount),
        "keyed": tft.apply_buckets_with_interpolation(amount, tft.quantiles(amount, 6, 0.01)),
        "counted": ones * tf.cast(tf.strings.length(counts) > 0, tf.float32),
    }  # fmt: skip


def analysed(pipeline: beam.Pipeline, examples: Examples, inputs: GraphInputs) -> Any:
    shards = ExamplesReader(examples.split_uri("train")).shards
    data = pipeline | ReadExamples(shards, inputs.layout, rows=64)
    return (data, inputs.adapter_config) | tft_beam.AnalyzeDataset(preprocessing_fn)


def test_every_analyzer_gives_the_same(tmp_path: Path, examples: Examples, schema: Schema) -> None:
    inputs = graph_inputs(read_schema(schema.uri))
    (batch,) = ExamplesReader(examples.split_uri("eval")).batches(1000, layout="examples")
    allow_rereading()
    outputs = []
    for lean in (True, False):
        graph = str(tmp_path / f"lean-{lean}")
        with (
            open_pipeline(lean=lean) as pipeline,
            tft_beam.Context(temp_dir=str(tmp_path / f"temp-{lean}"), use_deep_copy_optimization=True),
        ):
            _ = analysed(pipeline, examples, inputs) | tft_beam.WriteTransformFn(graph)
            if lean:
                kept = [value for stage in stages_of(steps_of(pipeline)) for value, _ in stage.kept]
                assert not [value for value in kept if not SMALL.search(str(value))], "no pass keeps rows"
        outputs.append((TransformFunction(graph, inputs.adapter_config)(inputs.layout(batch)), graph))
    (found, lean_graph), (expected, beam_graph) = outputs
    assert set(found.schema.names) >= {"z", "informative", "pca", "bag"}
    for name, left, right in zip(expected.schema.names, found.columns, expected.columns, strict=True):
        one, other = (column.flatten().to_numpy(zero_copy_only=False) for column in (left, right))
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5, err_msg=name)
        else:
            assert one.tolist() == other.tolist(), name
    for name in ("words", "hours", "place_counts"):
        left, right = (
            tft.TFTransformOutput(graph).vocabulary_by_name(name) for graph in (lean_graph, beam_graph)
        )
        assert left == right, name


@pytest.mark.parametrize(
    "options",
    [
        tfdv.StatsOptions(),
        tfdv.StatsOptions(weight_feature="amount"),
        tfdv.StatsOptions(
            experimental_slice_functions=[tfdv.experimental_get_feature_value_slicer({"place": None})]
        ),
    ],
    ids=["plain", "weighted", "sliced"],
)
def test_tfdv_gives_the_same(tmp_path: Path, examples: Examples, options: tfdv.StatsOptions) -> None:
    def compute(lean: bool) -> dict[str, Any]:
        path = str(tmp_path / f"statistics-{lean}")
        with open_pipeline(lean=lean) as pipeline:
            _ = (
                pipeline
                | beam.Create([examples.split_uri("train")], reshuffle=False)
                | beam.FlatMap(lambda uri: ExamplesReader(uri).batches(64, layout="examples"))
                | tfdv.GenerateStatistics(options)
                | tfdv.WriteStatisticsToBinaryFile(path)
            )
        found = tfdv.load_stats_binary(path)
        return {
            dataset.name: (dataset.num_examples, {f.path.step[0]: f.string_stats for f in dataset.features})
            for dataset in found.datasets
        }

    assert compute(True) == compute(False)
