# SPDX-License-Identifier: Apache-2.0
"""Verdicts, reports, files and hooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from eval_settings import CHANGE, ROWS, accuracy, config, examples_of, per_slice, stored

from penstock.errors import UserCodeError
from penstock.evaluation.report import EvaluationReport, read_report

pytestmark = [pytest.mark.integration, pytest.mark.tensorflow]

Evaluate = Callable[..., EvaluationReport]


# ------------------------------------------------------------------------------------------------------------ verdicts


def test_a_value_threshold_is_checked_on_every_slice(evaluate: Evaluate) -> None:
    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.5})))

    assert report.blessed is True
    assert [check.slice for check in report.checks] == ["Overall", "hour=3", "hour=8", "hour=17"]
    assert report.reasons == ()
    overall = report.slices[0].metric("binary_accuracy")
    assert overall is not None
    assert report.checks[0].value == overall.value
    assert report.checks[0].reason == f"binary_accuracy is {overall.value:.4f}: at least 0.5 is asked for"


def test_a_missed_threshold_says_which_slice_missed_it(evaluate: Evaluate) -> None:
    report = evaluate(
        config(per_slice({"feature_values": {"hour": "8"}}, value_threshold={"lower_bound": 0.99}))
    )

    assert report.blessed is False
    (reason,) = report.reasons
    value = next(part for part in report.slices if part.name == "hour=8").metric("binary_accuracy")
    assert value is not None
    assert reason == f"binary_accuracy on hour=8 is {value.value:.4f}: at least 0.99 is asked for"


@pytest.mark.parametrize(
    ("threshold", "blessed"),
    [
        ({"absolute": -0.5, "direction": "HIGHER_IS_BETTER"}, True),
        ({"absolute": 0.5, "direction": "HIGHER_IS_BETTER"}, False),
        ({"absolute": 0.5, "direction": "LOWER_IS_BETTER"}, True),
        ({"relative": 0.5, "direction": "HIGHER_IS_BETTER"}, False),
    ],
)
def test_a_change_threshold_compares_with_the_baseline(
    threshold: dict[str, Any], blessed: bool, evaluate: Evaluate
) -> None:
    report = evaluate(config(per_slice({}, change_threshold=threshold)), baseline=True)

    (check,) = report.checks
    assert (report.blessed, check.passed) == (blessed, blessed)
    overall = report.slices[0].metric("binary_accuracy")
    assert overall is not None
    assert overall.value is not None
    assert overall.baseline is not None
    assert check.value == pytest.approx(overall.value - overall.baseline)
    assert f"({overall.baseline:.4f} → {overall.value:.4f})" in check.reason.replace(" 1 ", " 1.0000 ")
    assert [(model.role, model.id) for model in report.models] == [("candidate", 7), ("baseline", 3)]


def test_the_first_model_has_no_change_to_answer_for(evaluate: Evaluate) -> None:
    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.5}, **CHANGE)))

    assert report.blessed is True
    assert {check.kind for check in report.checks} == {"value"}
    assert any("compare" in note for note in report.notes)


def test_a_first_model_with_only_a_change_threshold_is_blessed(evaluate: Evaluate) -> None:
    assert evaluate(config(accuracy(**CHANGE))).blessed is True


def test_without_thresholds_there_is_no_verdict(evaluate: Evaluate) -> None:
    report = evaluate(config(accuracy()))

    assert report.blessed is None
    assert report.checks == ()


def test_thresholds_by_metric_name_are_those_of_the_metric(evaluate: Evaluate) -> None:
    asked = config({"class_name": "BinaryAccuracy"})
    asked["metrics_specs"][0]["thresholds"] = {"binary_accuracy": {"value_threshold": {"lower_bound": 0.99}}}

    report = evaluate(asked)

    assert report.blessed is False
    assert len(report.reasons) == 4


def test_a_threshold_on_a_comparison_of_slices_can_be_kept(evaluate: Evaluate, tmp_path: Path) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    cross = {"baseline_spec": {}, "slicing_specs": [{"feature_keys": ["hour"]}]}
    metric = {
        "class_name": "BinaryAccuracy",
        "cross_slice_thresholds": [
            {"cross_slicing_specs": [cross], "threshold": {"value_threshold": {"lower_bound": -0.9}}}
        ],
    }

    report = evaluate(config(metric, cross_slicing_specs=[cross]))

    assert report.blessed is True
    assert [check.slice for check in report.checks] == [f"Overall against hour={hour}" for hour in (17, 3, 8)]
    verdict = model_eval_lib.load_validation_result(str(tmp_path / "penstock"))
    assert verdict.validation_ok
    assert not verdict.missing_cross_slices


# -------------------------------------------------------------------------------------------------------------- report


def test_the_report_reads_back_as_it_was(evaluate: Evaluate, tmp_path: Path) -> None:
    plots = [{"class_name": "CalibrationPlot"}, {"class_name": "ConfusionMatrixPlot"}]

    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.5}), *plots), baseline=True)

    assert read_report(str(tmp_path / "penstock")) == report
    assert (report.rows, report.rows_without_label, report.splits, report.label) == (
        ROWS,
        0,
        ("eval",),
        "tip",
    )
    overall = report.slices[0]
    assert (overall.name, overall.examples) == ("Overall", ROWS)
    assert sum(part.examples or 0 for part in report.slices[1:]) == ROWS
    assert {(plot.kind, plot.role) for plot in overall.plots} == {
        (kind, role)
        for kind in ("calibration", "roc", "precision_recall")
        for role in ("candidate", "baseline")
    }
    calibration = next(plot for plot in overall.plots if plot.kind == "calibration")
    assert sum(calibration.weights) == ROWS


def test_a_report_can_be_made_of_tfmas_files_alone(evaluate: Evaluate, tmp_path: Path) -> None:
    from penstock.evaluation.outcome import report_of_files

    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.5})), baseline=True)

    made = report_of_files(str(tmp_path / "penstock"))

    assert made.slices == report.slices
    assert made.checks == report.checks
    assert (made.blessed, made.rows, made.has_baseline) == (True, ROWS, True)


def test_the_page_of_an_evaluation_that_tfx_made_holds_its_numbers(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    from penstock.artifacts.standard import ModelEvaluation
    from penstock.ui.html import render

    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.99})), baseline=True)
    (tmp_path / "penstock" / "report.json").unlink()

    page = render(ModelEvaluation(str(tmp_path / "penstock"), id=4))

    assert "Not blessed" in page
    for part in report.slices:
        metric = part.metric("binary_accuracy")
        assert metric is not None
        assert f'data-value="{metric.value!r}"' in page


def test_results_are_read_by_tfmas_own_loaders(evaluate: Evaluate, tmp_path: Path) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    report = evaluate(config(accuracy(value_threshold={"lower_bound": 0.5})), baseline=True)
    loaded = model_eval_lib.load_eval_result(str(tmp_path / "penstock"), model_name="candidate")

    metrics = dict(loaded.slicing_metrics)[()][""][""]
    overall = report.slices[0].metric("binary_accuracy")
    assert overall is not None
    assert metrics["binary_accuracy"]["doubleValue"] == overall.value
    assert metrics["binary_accuracy_diff"]["doubleValue"] == overall.difference
    assert loaded.model_location.endswith("candidate/Format-Serving")
    assert loaded.config.model_specs[0].label_key == "tip"
    assert model_eval_lib.load_validation_result(str(tmp_path / "penstock")).validation_ok


def test_outputs_can_be_left_out(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(config(accuracy(), options={"disabled_outputs": {"values": ["plots", "eval_config"]}}))

    names = {path.name for path in (tmp_path / "penstock").iterdir()}
    assert names == {
        "metrics-00000-of-00001.tfrecord",
        "attributions-00000-of-00001.tfrecord",
        "validations.tfrecord",
        "report.json",
    }


# -------------------------------------------------------------------------------------------------- other ways to run


def test_beam_gives_the_same_report(evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = config(accuracy(value_threshold={"lower_bound": 0.75}), {"class_name": "AUC"})
    direct = evaluate(asked, baseline=True)

    monkeypatch.setattr("penstock.evaluation.evaluate.needs_beam", lambda config: "a test")
    on_beam = evaluate(asked, baseline=True, out="beam")

    assert on_beam == direct
    assert on_beam.blessed is False


def test_confidence_intervals_are_told(evaluate: Evaluate) -> None:
    asked = config(accuracy(), options={"compute_confidence_intervals": True})

    metric = evaluate(asked).slices[0].metric("binary_accuracy")

    assert metric is not None
    assert metric.lower is not None
    assert metric.upper is not None
    assert metric.value is not None
    assert metric.lower < metric.value < metric.upper


@pytest.mark.skipif(
    int(version("tfx-bsl").split(".")[1]) > 16,
    reason="tfx-bsl has no SQL since 1.17: its ZetaSQL was taken out",
)
def test_slices_can_be_given_as_sql(evaluate: Evaluate) -> None:
    sql = "SELECT STRUCT(hour) FROM example.hour WHERE hour > 5"
    report = evaluate(config(accuracy(), slicing_specs=[{}, {"slice_keys_sql": sql}]))

    by_feature = {part.name: part.examples for part in evaluate(config(accuracy()), out="plain").slices}
    assert {part.name: part.examples for part in report.slices} == {
        name: by_feature[name] for name in ("Overall", "hour=17", "hour=8")
    }


def test_a_model_is_given_as_many_rows_as_it_asks_for(evaluate: Evaluate) -> None:
    seen: list[int] = []

    asked = config(accuracy(), model_specs=[{"label_key": "tip", "inference_batch_size": 150}])

    evaluate(asked, report_rows=seen.append)
    assert seen == [150, 300, 400]


def test_results_go_to_any_file_system(world: Any, tmp_path: Path) -> None:
    from penstock.evaluation.evaluate import evaluate
    from penstock.evaluation.request import EvaluationRequest, SplitToScore
    from penstock.evaluation.result_files import read

    asked = config({"class_name": "AUC"}, model_specs=[{"label_key": "tip", "prediction_key": "guess"}])
    uri = f"memory://{tmp_path.name}/evaluation"

    report = evaluate(
        EvaluationRequest(
            config=json.dumps(asked),
            splits=(SplitToScore(f"{world.parquet}/Split-eval", "eval"),),
            output_uri=uri,
            temp_dir=str(tmp_path),
        )
    )

    assert read_report(uri) == report
    assert len(read(uri).metrics) == 4


def test_rows_without_a_label_are_left_out_and_told(evaluate: Evaluate, world: Any, tmp_path: Path) -> None:
    batch = examples_of(world)
    tips = pa.array(
        [None if i % 10 == 0 else value for i, value in enumerate(batch.column("tip").to_pylist())]
    )
    gappy = stored(tmp_path, batch.set_column(batch.schema.get_field_index("tip"), "tip", tips))

    report = evaluate(config(accuracy(), {"class_name": "CalibrationPlot"}), examples=gappy)

    assert (report.rows, report.rows_without_label) == (ROWS - 40, 40)
    assert report.slices[0].examples == ROWS - 40
    assert "40 examples have no label and were left out." in report.notes


def test_the_users_extractors_take_the_place_of_tfmas(evaluate: Evaluate) -> None:
    def custom_extractors(eval_shared_model: Any, eval_config: Any, tensor_adapter_config: Any) -> list[Any]:
        from penstock.evaluation.tfma import model_eval_lib

        assert eval_shared_model[0].model_path.endswith("Format-Serving")
        assert tensor_adapter_config is None
        return list(
            model_eval_lib.default_extractors(eval_shared_model=eval_shared_model, eval_config=eval_config)
        )

    asked = config(accuracy(value_threshold={"lower_bound": 0.5}))

    by_hook = evaluate(asked, out="hook", custom_extractors=custom_extractors)

    assert by_hook.slices == evaluate(asked).slices
    assert by_hook.blessed is True


def test_the_users_model_takes_the_place_of_the_loader(evaluate: Evaluate, world: Any) -> None:
    from penstock.evaluation.tfma import model_eval_lib

    def custom_eval_shared_model(
        eval_saved_model_path: str, model_name: str, eval_config: Any, **more: Any
    ) -> Any:
        return model_eval_lib.default_eval_shared_model(
            eval_saved_model_path=f"{world.baseline}/Format-Serving",
            model_name=model_name,
            eval_config=eval_config,
            **more,
        )

    asked = config(accuracy(value_threshold={"lower_bound": 0.5}))

    swapped = evaluate(asked, out="hook", custom_eval_shared_model=custom_eval_shared_model)

    compared = evaluate(asked, baseline=True).slices[0].metric("binary_accuracy")
    got = swapped.slices[0].metric("binary_accuracy")
    assert compared is not None
    assert got is not None
    assert got.value == compared.baseline


def test_extractors_that_are_none_are_named(evaluate: Evaluate) -> None:
    with pytest.raises(UserCodeError, match="custom_extractors returned no extractors"):
        evaluate(config(accuracy()), custom_extractors=lambda **_: None)
