# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from pathlib import Path

import pytest

from penstock.errors import DataError
from penstock.evaluation.report import (
    EvaluationReport,
    MetricValue,
    Plot,
    ReportedModel,
    SlicePart,
    SliceReport,
    ThresholdCheck,
    finite,
    format_number,
    headline,
    read_report,
    write_report,
)


def _slice(name: str, examples: float, auc: float | None) -> SliceReport:
    feature, _, value = name.partition("=")
    parts = (SlicePart(feature, value),) if value else ()
    metrics = (MetricValue("example_count", examples), MetricValue("auc", auc, baseline=0.5))
    return SliceReport(name, parts, examples, metrics)


def _report(*slices: SliceReport, models: tuple[ReportedModel, ...] = ()) -> EvaluationReport:
    return EvaluationReport(
        models=models,
        splits=("eval",),
        label="tips",
        rows=10,
        rows_without_label=1,
        blessed=False,
        slices=slices,
        checks=(ThresholdCheck("auc", "Overall", "value", "at least 0.8", 0.7, False, "auc is 0.7"),),
        notes=("a note",),
    )


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    plot = Plot("confusion_matrix", labels=("a", "b"), cells=((1.0, 2.0), (3.0, 4.0)))
    report = _report(SliceReport("Overall", plots=(plot,)), models=(ReportedModel("candidate", "/m", 4),))

    write_report(str(tmp_path), report)

    assert read_report(str(tmp_path)) == report
    assert report.reasons == ("auc is 0.7",)


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"version": 99}')
    with pytest.raises(DataError, match="version 1; got: version 99"):
        read_report(str(tmp_path))


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no report\.json"):
        read_report(str(tmp_path))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "n/a"),
        (5000.0, "5,000"),
        (0.76123, "0.7612"),
        (0.00001234, "1.234e-05"),
        (12345.678, "1.235e+04"),
    ],
)
def test_numbers_are_written_for_people(number: float | None, text: str) -> None:
    assert format_number(number) == text


def test_what_is_not_a_number_is_none() -> None:
    assert [finite(value) for value in (1.5, math.nan, math.inf)] == [1.5, None, None]


def test_the_headline_keeps_all_the_data_and_the_largest_slices_in_their_order() -> None:
    report = _report(
        _slice("Overall", 60, 0.9),
        _slice("hour=1", 10, 0.8),
        _slice("hour=2", 30, None),
        _slice("hour=3", 20, 0.7),
        models=(ReportedModel("candidate", "/m"), ReportedModel("baseline", "/n")),
    )

    shown = headline(report, max_slices=3)

    assert shown["metrics"] == ["example_count", "auc"]
    assert [row["slice"] for row in shown["slices"]] == ["Overall", "hour=2", "hour=3"]
    assert shown["slices"][1]["values"] == [30, None]
    assert shown["slices"][1]["baseline"] == [None, 0.5]
    assert shown["left_out"] == 1


def test_metrics_that_are_not_one_number_are_no_columns() -> None:
    report = _report(
        SliceReport("Overall", metrics=(MetricValue("matrix", detail="[]"), MetricValue("auc", 0.5)))
    )
    assert report.metric_names == ("auc",)
