# SPDX-License-Identifier: Apache-2.0
"""The numbers, plots and verdicts are those of TFMA's own ``run_model_analysis``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

LOWER = {"value_threshold": {"lower_bound": 0.75}}
SLICES = [{}, {"feature_keys": ["hour"]}, {"feature_keys": ["company"], "feature_values": {"hour": "8"}}]


def _metric(class_name: str, **more: Any) -> dict[str, Any]:
    return {"class_name": class_name, **more}


CONFIGS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "two models, thresholds, plots": (
        {
            "model_specs": [{"label_key": "tip"}],
            "slicing_specs": SLICES,
            "metrics_specs": [
                {
                    "metrics": [
                        _metric("ExampleCount"),
                        _metric(
                            "BinaryAccuracy",
                            threshold={
                                **LOWER,
                                "change_threshold": {"absolute": 0.01, "direction": "HIGHER_IS_BETTER"},
                            },
                        ),
                        _metric("AUC", config='"num_thresholds": 500'),
                        _metric("MeanLabel"),
                        _metric("BinaryCrossentropy"),
                        _metric("CalibrationPlot"),
                        _metric("ConfusionMatrixPlot"),
                    ]
                }
            ],
        },
        True,
        True,
    ),
    "classes, weights, averages": (
        {
            "model_specs": [{"label_key": "kind", "example_weight_key": "weight", "signature_name": "kinds"}],
            "slicing_specs": SLICES,
            "metrics_specs": [
                {
                    "metrics": [
                        _metric("SparseCategoricalAccuracy"),
                        _metric("WeightedExampleCount"),
                        _metric("MultiClassConfusionMatrixPlot"),
                    ]
                },
                {
                    "metrics": [_metric("Precision"), _metric("AUC")],
                    "binarize": {"class_ids": {"values": [0, 2]}},
                    "aggregate": {"macro_average": True, "class_weights": {0: 1.0, 2: 3.0}},
                },
            ],
        },
        False,
        True,
    ),
    "label and slice made by the model": (
        {
            "model_specs": [{"label_key": "no_tip", "preprocessing_function_names": ["transform_features"]}],
            "slicing_specs": [{}, {"feature_keys": ["late"]}, {"feature_keys": ["company"]}],
            "metrics_specs": [
                {"metrics": [_metric("ExampleCount"), _metric("AUC"), _metric("MeanSquaredError")]}
            ],
        },
        True,
        True,
    ),
    "predictions in the data": (
        {
            "model_specs": [{"label_key": "tip", "prediction_key": "guess"}],
            "slicing_specs": SLICES,
            "metrics_specs": [{"metrics": [_metric("ExampleCount"), _metric("AUC"), _metric("Calibration")]}],
        },
        False,
        False,
    ),
    "what needs Beam: small slices": (
        {
            "model_specs": [{"label_key": "tip"}],
            "slicing_specs": [{}, {"feature_keys": ["company"]}],
            "metrics_specs": [
                {"metrics": [_metric("ExampleCount"), _metric("BinaryAccuracy", threshold=LOWER)]},
            ],
            "options": {"min_slice_size": 20},
        },
        True,
        True,
    ),
    "what needs Beam: comparisons of slices, queries": (
        {
            "model_specs": [{"label_key": "tip"}],
            "slicing_specs": [{}, {"feature_keys": ["company"]}],
            "cross_slicing_specs": [{"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["company"]}]}],
            "metrics_specs": [
                {"metrics": [_metric("ExampleCount"), _metric("BinaryAccuracy", threshold=LOWER)]},
                {
                    "metrics": [_metric("NDCG", config='"gain_key": "tip", "top_k_list": [2]')],
                    "query_key": "hour",
                },
            ],
        },
        False,
        True,
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_results_are_those_of_run_model_analysis(
    name: str, evaluate: Callable[..., Any], tfma_itself: Callable[..., str], tmp_path: Path
) -> None:
    config, baseline, model = CONFIGS[name]
    evaluate(config, baseline=baseline, model=model)
    expected, got = tfma_itself(config, baseline=baseline, model=model), str(tmp_path / "penstock")
    _assert_same_metrics(expected, got)
    _assert_same_plots(expected, got)
    _assert_same_verdict(expected, got)


def _by_slice(messages: Any) -> dict[bytes, Any]:
    return {
        m.slice_key.SerializeToString(deterministic=True)
        + m.cross_slice_key.SerializeToString(deterministic=True): m
        for m in messages
    }


def _assert_same_metrics(expected: str, got: str) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    theirs, ours = (_by_slice(model_eval_lib.load_metrics(folder)) for folder in (expected, got))
    assert theirs.keys() == ours.keys()
    assert len(theirs) >= 3
    for key, message in theirs.items():
        assert _values(message) == _values(ours[key])
        assert message.metrics == ours[key].metrics


def _values(message: Any) -> dict[str, Any]:
    values = {str(pair.key): _comparable(pair.value) for pair in message.metric_keys_and_values}
    assert values or message.metrics
    return values


def _comparable(value: Any) -> Any:
    if value.WhichOneof("type") == "double_value":
        # Keras computes in 32 bits, and in batches that depend on the order of the examples.
        return pytest.approx(value.double_value.value, rel=1e-6, abs=1e-6, nan_ok=True)
    return value


def _assert_same_plots(expected: str, got: str) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    theirs, ours = (_by_slice(model_eval_lib.load_plots(folder)) for folder in (expected, got))
    assert theirs.keys() == ours.keys()
    for key, message in theirs.items():
        mine = {str(pair.key): pair.value for pair in ours[key].plot_keys_and_values}
        assert mine.keys() == {str(pair.key) for pair in message.plot_keys_and_values}
        for pair in message.plot_keys_and_values:
            _assert_same_plot(pair.value, mine[str(pair.key)])


def _assert_same_plot(expected: Any, got: Any) -> None:
    assert expected.calibration_histogram_buckets.ByteSize() == got.calibration_histogram_buckets.ByteSize()
    for a, b in zip(
        expected.calibration_histogram_buckets.buckets, got.calibration_histogram_buckets.buckets, strict=True
    ):
        assert a.num_weighted_examples == b.num_weighted_examples
        assert a.total_weighted_label.value == pytest.approx(b.total_weighted_label.value)
    for a, b in zip(
        expected.confusion_matrix_at_thresholds.matrices,
        got.confusion_matrix_at_thresholds.matrices,
        strict=True,
    ):
        assert (a.threshold, a.true_positives, a.false_positives) == pytest.approx(
            (b.threshold, b.true_positives, b.false_positives)
        )
    theirs, ours = (
        {
            (entry.actual_class_id, entry.predicted_class_id): pytest.approx(entry.num_weighted_examples)
            for matrix in plot.multi_class_confusion_matrix_at_thresholds.matrices
            for entry in matrix.entries
        }
        for plot in (expected, got)
    )
    assert theirs.keys() == ours.keys()


def _assert_same_verdict(expected: str, got: str) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    theirs, ours = (model_eval_lib.load_validation_result(folder) for folder in (expected, got))
    assert theirs.validation_ok == ours.validation_ok
    assert theirs.missing_thresholds == ours.missing_thresholds
    assert theirs.rubber_stamp == ours.rubber_stamp
    assert _failures(theirs) == _failures(ours)
    assert _checked(theirs) == _checked(ours)


def _failures(result: Any) -> set[tuple[str, str, str]]:
    return {
        (str(item.slice_key), str(failure.metric_key), str(failure.metric_threshold))
        for item in result.metric_validations_per_slice
        for failure in item.failures
    }


def _checked(result: Any) -> dict[str, int]:
    return {
        str(item.slicing_spec): item.num_matching_slices for item in result.validation_details.slicing_details
    }
