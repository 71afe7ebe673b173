# SPDX-License-Identifier: Apache-2.0
"""Evaluator on the shipped taxi trips against TFMA's own pipeline: ``python benchmarks/evaluator.py [--rows 5000]``.

The taxi pipeline's metrics (count, accuracy, AUC), on all trips and by hour, with predictions of a SavedModel. Each run
is a process of its own, the ways taking turns. Prints medians of the imports and of the evaluation after them, which
includes loading models, predicting and writing, and the largest resident memory of any run.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TRIPS = Path(__file__).parents[1] / "data" / "taxi" / "span-1" / "trips.csv"
WAYS = {
    "one": "Penstock, one model",
    "two": "Penstock, model and baseline",
    "tfma-one": "TFMA, one model",
    "tfma-two": "TFMA, model and baseline",
}
METRICS = ({"class_name": "ExampleCount"}, {"class_name": "BinaryAccuracy"}, {"class_name": "AUC"})
CONFIG = {
    "model_specs": [{"label_key": "big_tip", "preprocessing_function_names": ["transform_features"]}],
    "slicing_specs": [{}, {"feature_keys": ["trip_start_hour"]}],
    "metrics_specs": [{"metrics": list(METRICS)}],
}


@dataclass(frozen=True)
class Run:
    """What one run took."""

    import_seconds: float
    evaluate_seconds: float
    peak_mib: float
    accuracy: float


def main() -> None:
    """Runs the benchmark and prints its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS))
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(asdict(measure(*arguments.measure))))
        return
    with tempfile.TemporaryDirectory() as folder:
        in_own_process("--measure", "prepare", folder, ROWS=str(arguments.rows))
        runs: dict[str, list[Run]] = {way: [] for way in arguments.ways}
        for _ in range(arguments.runs):
            for way in arguments.ways:
                runs[way].append(in_own_process("--measure", way, folder))
    print(f"Evaluator, {arguments.rows:,} rows, all trips and by hour, median of {arguments.runs}")
    print(f"{'':30} {'imports s':>10} {'evaluate s':>11} {'peak MiB':>10} {'accuracy':>10}")
    for way, found in runs.items():
        imports, evaluation = (
            statistics.median(getattr(run, name) for run in found)
            for name in ("import_seconds", "evaluate_seconds")
        )
        peak = max(run.peak_mib for run in found)
        print(f"{WAYS[way]:30} {imports:10.2f} {evaluation:11.2f} {peak:10.0f} {found[0].accuracy:10.6f}")


def in_own_process(*arguments: str, **environment: str) -> Run:
    """Runs this script with arguments and returns what it measured."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1", **environment},
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def measure(way: str, folder: str) -> Run:
    """Runs one way in this process, imports first, as a forked worker finds them."""
    started = time.perf_counter()
    import tensorflow  # noqa: F401  imported to be timed

    import penstock.evaluation.evaluate  # noqa: F401  imported to be timed

    imported = time.perf_counter()
    gc.collect()
    gc.freeze()
    begun = time.perf_counter()
    accuracy = 0.0
    if way == "prepare":
        prepare(Path(folder), int(os.environ["ROWS"]))
    elif way.startswith("tfma"):
        accuracy = with_tfma(Path(folder), two=way == "tfma-two")
    else:
        accuracy = with_penstock(Path(folder), two=way == "two")
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(imported - started, ended - begun, peak, accuracy)


def prepare(folder: Path, rows: int) -> None:
    """Writes the examples in both formats, and two models."""
    import pyarrow as pa

    from penstock.examples.writer import ExamplesWriter

    with TRIPS.open(newline="") as file:
        trips = list(csv.DictReader(file))
    trips = (trips * (rows // len(trips) + 1))[:rows]
    columns = {
        name: pa.array([float(trip[name]) if trip[name] else None for trip in trips], pa.float32())
        for name in ("fare", "tips", "trip_miles", "trip_seconds", "pickup_latitude", "pickup_longitude")
    }
    columns["trip_start_hour"] = pa.array([int(trip["trip_start_hour"]) for trip in trips])
    columns["payment_type"] = pa.array([trip["payment_type"] for trip in trips])
    columns["company"] = pa.array([trip["company"] or None for trip in trips])
    batch = pa.RecordBatch.from_pydict(columns)
    for name in ("parquet", "tfrecord"):
        with ExamplesWriter(str(folder / name), format=name) as writer:
            writer.write("eval", batch)
    for name, weight in (("model", 2.0), ("baseline", 1.5)):
        save_model(str(folder / name / "Format-Serving"), weight)


def save_model(path: str, weight: float) -> None:
    """Saves a model that takes serialized examples, with the label that the taxi pipeline learns."""
    import tensorflow as tf

    spec = {
        "fare": tf.io.FixedLenFeature([], tf.float32, 0.0),
        "tips": tf.io.FixedLenFeature([], tf.float32, 0.0),
        "trip_miles": tf.io.FixedLenFeature([], tf.float32, 0.0),
        "payment_type": tf.io.FixedLenFeature([], tf.string, ""),
    }

    class TipModel(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def score(self, examples: Any) -> Any:
            parsed = tf.io.parse_example(examples, spec)
            card = tf.cast(parsed["payment_type"] == "Credit Card", tf.float32)
            return {"outputs": tf.sigmoid(weight * card - 1.0 + 0.01 * parsed["trip_miles"])[:, tf.newaxis]}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def transform(self, examples: Any) -> Any:
            parsed = tf.io.parse_example(examples, spec)
            big = tf.cast(parsed["tips"] > 0.2 * parsed["fare"], tf.int64)
            return {"big_tip": big[:, tf.newaxis], "fare_xf": parsed["fare"][:, tf.newaxis] / 100.0}

    model = TipModel()
    tf.saved_model.save(
        model, path, signatures={"serving_default": model.score, "transform_features": model.transform}
    )


def with_penstock(folder: Path, *, two: bool) -> float:
    """Evaluates as the component does; returns the accuracy on all trips."""
    from penstock.evaluation.evaluate import evaluate
    from penstock.evaluation.report import Role
    from penstock.evaluation.request import EvaluationRequest, ModelToScore, SplitToScore

    def model(role: Role, name: str) -> ModelToScore:
        return ModelToScore(role, str(folder / name), 1, str(folder / name / "Format-Serving"), "tensorflow")

    with tempfile.TemporaryDirectory() as target:
        report = evaluate(
            EvaluationRequest(
                config=json.dumps(CONFIG),
                splits=(SplitToScore(str(folder / "parquet" / "Split-eval"), "eval"),),
                output_uri=target,
                temp_dir=target,
                candidate=model("candidate", "model"),
                baseline=model("baseline", "baseline") if two else None,
            )
        )
    metric = report.slices[0].metric("binary_accuracy")
    return metric.value or 0.0 if metric else 0.0


def with_tfma(folder: Path, *, two: bool) -> float:
    """Evaluates with ``run_model_analysis``, as TFX does, in this process; returns the accuracy on all trips."""
    from apache_beam.options.pipeline_options import PipelineOptions
    from google.protobuf import json_format

    from penstock.evaluation.tfma import config_pb2, config_util, model_eval_lib

    config = config_util.update_eval_config_with_defaults(
        json_format.ParseDict(CONFIG, config_pb2.EvalConfig()), has_baseline=two, rubber_stamp=True
    )
    models = [
        model_eval_lib.default_eval_shared_model(
            eval_saved_model_path=str(
                folder / ("baseline" if spec.is_baseline else "model") / "Format-Serving"
            ),
            model_name=spec.name,
            eval_config=config,
            rubber_stamp=not spec.is_baseline,
        )
        for spec in config.model_specs
    ]
    with tempfile.TemporaryDirectory() as target:
        result = model_eval_lib.run_model_analysis(
            eval_shared_model=models,
            eval_config=config,
            data_location=str(folder / "tfrecord" / "Split-eval" / "*"),
            file_format="tfrecords",
            output_path=target,
            pipeline_options=PipelineOptions(["--runner=FnApiRunner"]),
        )
        if two:
            result = model_eval_lib.load_eval_result(target, model_name="candidate")
    return float(dict(result.slicing_metrics)[()][""][""]["binary_accuracy"]["doubleValue"])


if __name__ == "__main__":
    main()
