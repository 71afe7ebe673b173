# SPDX-License-Identifier: Apache-2.0
"""Examples with labels, two SavedModels that predict them, and TFMA's own way to evaluate these."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

ROWS = 400
HOURS = (3, 8, 17)


@dataclass(frozen=True)
class World:
    """Where everything lies."""

    parquet: str
    tfrecord: str
    candidate: str
    baseline: str


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("evaluation")
    batch = _examples()
    for name in ("parquet", "tfrecord"):
        write_examples(str(root / name), {"eval": batch}, name)
    for name, slope in (("candidate", 1.0), ("baseline", 0.3)):
        _save_model(str(root / name / "Format-Serving"), slope)
    return World(*(str(root / part) for part in ("parquet", "tfrecord", "candidate", "baseline")))


def write_examples(uri: str, splits: Mapping[str, pa.RecordBatch], format: Any = "parquet") -> str:
    from penstock.examples.writer import ExamplesWriter

    writer = ExamplesWriter(uri, format=format)
    for split, batch in splits.items():
        writer.write(split, batch)
    writer.close()
    return uri


def _examples() -> pa.RecordBatch:
    random = np.random.default_rng(7)
    fare = random.gamma(2.0, 1.0, ROWS).astype(np.float32)
    chance = 1 / (1 + np.exp(-(fare - 2.0)))
    tip = (random.random(ROWS) < chance).astype(np.int64)
    return pa.RecordBatch.from_pydict(
        {
            "fare": pa.array(fare),
            "hour": pa.array(random.choice(HOURS, ROWS)),
            "company": pa.array(random.choice(["Flash", "Blue", "Yellow Cab"], ROWS, p=[0.6, 0.37, 0.03])),
            "tip": pa.array(tip),
            "kind": pa.array(random.integers(0, 3, ROWS)),
            "weight": pa.array(random.random(ROWS).astype(np.float32) + 0.5),
            "guess": pa.array((chance * 0.8 + 0.1).astype(np.float32)),
        }
    )


def _save_model(path: str, slope: float) -> None:
    import tensorflow as tf

    spec = {
        "fare": tf.io.FixedLenFeature([], tf.float32, 0.0),
        "tip": tf.io.FixedLenFeature([], tf.int64, 0),
        "hour": tf.io.FixedLenFeature([], tf.int64, 0),
    }

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def score(self, examples: Any) -> Any:
            fare = tf.io.parse_example(examples, spec)["fare"]
            return {"outputs": tf.sigmoid(slope * (fare - 2.0))[:, tf.newaxis]}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def kinds(self, examples: Any) -> Any:
            fare = tf.io.parse_example(examples, spec)["fare"]
            scores = tf.stack([fare * slope, tf.ones_like(fare), 2.0 - fare], axis=1)
            return {"probabilities": tf.nn.softmax(scores)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def transform(self, examples: Any) -> Any:
            parsed = tf.io.parse_example(examples, spec)
            return {"no_tip": 1 - parsed["tip"][:, tf.newaxis], "late": parsed["hour"][:, tf.newaxis] // 12}

    model = Model()
    signatures = {"serving_default": model.score, "kinds": model.kinds, "transform_features": model.transform}
    tf.saved_model.save(model, path, signatures=signatures)


@pytest.fixture
def evaluate(world: World, tmp_path: Path) -> Callable[..., Any]:
    """Evaluates with Penstock; returns the report. The files lie in ``tmp_path / 'penstock'``."""
    from penstock.evaluation.evaluate import evaluate as run
    from penstock.evaluation.request import EvaluationRequest, ModelToScore, SplitToScore

    def call(
        config: Mapping[str, Any],
        *,
        baseline: bool = False,
        model: bool = True,
        examples: str | None = None,
        split: str = "eval",
        out: str = "penstock",
        **more: Any,
    ) -> Any:
        root = examples or world.parquet
        return run(
            EvaluationRequest(
                config=json.dumps(config),
                splits=(SplitToScore(f"{root}/Split-{split}", split),),
                output_uri=str(tmp_path / out),
                temp_dir=str(tmp_path / "temp"),
                candidate=ModelToScore(
                    "candidate", world.candidate, 7, f"{world.candidate}/Format-Serving", ""
                )
                if model
                else None,
                baseline=ModelToScore(
                    "baseline", world.baseline, 3, f"{world.baseline}/Format-Serving", "tensorflow"
                )
                if baseline
                else None,
                **more,
            )
        )

    return call


@pytest.fixture
def tfma_itself(world: World, tmp_path: Path) -> Callable[..., str]:
    """Evaluates with ``run_model_analysis``, as TFX does; returns the folder of the results."""
    from apache_beam.options.pipeline_options import PipelineOptions
    from google.protobuf import json_format

    from penstock.evaluation.tfma import config_pb2, config_util, model_eval_lib

    def call(config: Mapping[str, Any], *, baseline: bool = False, model: bool = True) -> str:
        parsed = json_format.ParseDict(config, config_pb2.EvalConfig())
        ready = config_util.update_eval_config_with_defaults(parsed, has_baseline=baseline, rubber_stamp=True)
        models = [
            model_eval_lib.default_eval_shared_model(
                eval_saved_model_path=f"{world.baseline if spec.is_baseline else world.candidate}/Format-Serving",
                model_name=spec.name,
                eval_config=ready,
                rubber_stamp=not spec.is_baseline,
            )
            for spec in (ready.model_specs if model else ())
        ]
        out = str(tmp_path / "tfma")
        model_eval_lib.run_model_analysis(
            eval_shared_model=models or None,
            eval_config=ready,
            data_location=f"{world.tfrecord}/Split-eval/*",
            file_format="tfrecords",
            output_path=out,
            pipeline_options=PipelineOptions(["--runner=FnApiRunner"]),
        )
        return out

    return call
