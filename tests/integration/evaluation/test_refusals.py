# SPDX-License-Identifier: Apache-2.0
"""What Evaluator refuses, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from eval_settings import ROWS, accuracy, config, examples_of, per_slice, stored

from penstock.errors import DataError, ExecutionError, ParameterError, PenstockError
from penstock.evaluation.report import EvaluationReport

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

Evaluate = Callable[..., EvaluationReport]


REFUSED: dict[str, tuple[dict[str, Any], type[PenstockError], str]] = {
    "no such metric": (
        config({"class_name": "BinaryAcuracy"}),
        ParameterError,
        "did you mean 'BinaryAccuracy'",
    ),
    "a metric that does not take its settings": (
        config({"class_name": "BinaryAccuracy", "config": '"treshold": 3'}),
        ParameterError,
        "metric 'BinaryAccuracy' cannot be made",
    ),
    "no such module": (
        config({"class_name": "Mine", "module": "no_such_module"}),
        ParameterError,
        "metric 'Mine' cannot be made.*no_such_module",
    ),
    "a threshold on a metric that is not computed": (
        {
            **config(),
            "metrics_specs": [
                {
                    "metrics": [{"class_name": "AUC"}],
                    "thresholds": {"accuracy": {"value_threshold": {"lower_bound": 0.5}}},
                }
            ],
        },
        ParameterError,
        "threshold on metric 'accuracy', which it does not compute.*one of auc",
    ),
    "a threshold alone on a metric that Keras makes of the model": (
        {
            **config(),
            "metrics_specs": [{"thresholds": {"accuracy": {"value_threshold": {"lower_bound": 0.5}}}}],
        },
        ParameterError,
        "threshold on metric 'accuracy', which it does not compute.*no metric is configured",
    ),
    "a threshold on a slice that is not computed": (
        config(per_slice({"feature_keys": ["company"]}, value_threshold={"lower_bound": 0.5})),
        ParameterError,
        "on slice 'company', which it does not compute.*Overall; hour",
    ),
    "a threshold on a slice that does not occur": (
        config(per_slice({"feature_values": {"hour": "25"}}, value_threshold={"lower_bound": 0.5})),
        DataError,
        "threshold on slice hour='25', which does not occur.*Overall; hour=3; hour=8; hour=17",
    ),
    "no such label": (
        config(accuracy(), model_specs=[{"label_key": "tips"}]),
        DataError,
        "names 'tips' as a label.*did you mean 'tip'",
    ),
    "no such slice feature": (
        config(accuracy(), slicing_specs=[{"feature_keys": ["trip_hour"]}]),
        DataError,
        "names 'trip_hour' as a slice.*company, fare",
    ),
    "no such weight": (
        config(accuracy(), model_specs=[{"label_key": "tip", "example_weight_key": "weigth"}]),
        DataError,
        "names 'weigth' as an example weight.*did you mean 'weight'",
    ),
    "no such signature": (
        config(accuracy(), model_specs=[{"label_key": "tip", "signature_name": "predict"}]),
        ParameterError,
        "no signature 'predict'",
    ),
    "no such transform": (
        config(accuracy(), model_specs=[{"label_key": "tip", "preprocessing_function_names": ["tft_layer"]}]),
        ParameterError,
        "candidate model has no signature 'tft_layer'.*transform_features",
    ),
    "a model type that is not ours": (
        config(accuracy(), model_specs=[{"label_key": "tip", "model_type": "tf_js"}]),
        ParameterError,
        "model_type 'tf_js'",
    ),
    "no metric": (
        {"model_specs": [{"label_key": "tip"}], "metrics_specs": []},
        ParameterError,
        "eval_config computes no metric",
    ),
    "metrics out of the model": (
        config(accuracy(), options={"include_default_metrics": True}),
        ParameterError,
        "compiled into a model are not read",
    ),
    "three models": (
        config(accuracy(), model_specs=[{"name": name, "label_key": "tip"} for name in "abc"]),
        ParameterError,
        "too many model_specs",
    ),
    "an unknown field": ({**config(), "metric_specs": []}, ParameterError, "not an EvalConfig.*metric_specs"),
    "a metric that does not fit the predictions": (
        config({"class_name": "SparseCategoricalAccuracy"}, {"class_name": "Bleu"}),
        ExecutionError,
        "metric BLEU cannot be computed",
    ),
    "small slices and several queries": (
        {
            **config(options={"min_slice_size": 5}),
            "metrics_specs": [
                {"metrics": [{"class_name": "ExampleCount"}]},
                {"metrics": [{"class_name": "ExampleCount"}], "query_key": "hour"},
            ],
        },
        ParameterError,
        "min_slice_size and several query_keys",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_one_clear_error(name: str, evaluate: Evaluate) -> None:
    asked, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        evaluate(asked)


def test_a_label_that_is_all_missing_is_an_error(evaluate: Evaluate, world: Any, tmp_path: Path) -> None:
    batch = examples_of(world)
    column = batch.schema.get_field_index("tip")
    unlabelled = stored(tmp_path, batch.set_column(column, "tip", pa.nulls(ROWS, pa.int64())))

    with pytest.raises(DataError, match="label 'tip' is missing in all 400 examples"):
        evaluate(config(accuracy()), examples=unlabelled)


def test_an_empty_split_is_an_error(evaluate: Evaluate, world: Any, tmp_path: Path) -> None:
    empty = stored(tmp_path, examples_of(world).slice(0, 0))

    with pytest.raises(DataError, match="there are no examples under .*Split-eval"):
        evaluate(config(accuracy()), examples=empty)


def test_a_model_that_does_not_load_is_an_error(evaluate: Evaluate, world: Any, tmp_path: Path) -> None:
    broken = tmp_path / "model" / "Format-Serving"
    broken.mkdir(parents=True)
    (broken / "saved_model.pb").write_bytes(b"not a model")

    with pytest.raises(PenstockError, match=r"Format-Serving"):
        _evaluate_model(str(broken), world, tmp_path)


def test_predictions_must_come_from_somewhere(evaluate: Evaluate) -> None:
    with pytest.raises(ParameterError, match="neither a model nor a prediction_key"):
        evaluate(config(accuracy()), model=False)


def _evaluate_model(serving_uri: str, world: Any, tmp_path: Path) -> None:
    from penstock.evaluation.evaluate import evaluate
    from penstock.evaluation.request import EvaluationRequest, ModelToScore, SplitToScore

    evaluate(
        EvaluationRequest(
            config=json.dumps(config(accuracy())),
            splits=(SplitToScore(f"{world.parquet}/Split-eval", "eval"),),
            output_uri=str(tmp_path / "out"),
            temp_dir=str(tmp_path / "temp"),
            candidate=ModelToScore("candidate", "m", 1, serving_uri, "tensorflow"),
        )
    )
