# SPDX-License-Identifier: Apache-2.0
"""The pages say what the artifacts' files say, escaped, in one file, without TensorFlow."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import ExampleAnomalies, ExampleStatistics, ModelEvaluation, Schema
from penstock.errors import DataError
from penstock.evaluation.report import (
    EvaluationReport,
    MetricValue,
    Plot,
    ReportedModel,
    SlicePart,
    SliceReport,
    ThresholdCheck,
    write_report,
)
from penstock.statistics.files import write_anomalies, write_schema, write_statistics
from penstock.ui.html import render

STATISTICS = """
datasets {{
  num_examples: {rows}
  features {{
    name: "fare" type: FLOAT
    num_stats {{
      common_stats {{ num_non_missing: {present} num_missing: {missing} min_num_values: 1 max_num_values: 1 }}
      mean: {mean} std_dev: 2.5 num_zeros: 5 min: 0.5 median: 7.25 max: 99.5
      histograms {{ type: STANDARD
        buckets {{ low_value: 0.5 high_value: 50 sample_count: 30 }}
        buckets {{ low_value: 50 high_value: 99.5 sample_count: 10 }} }}
      histograms {{ type: QUANTILES
        buckets {{ low_value: 0.5 high_value: 3 sample_count: 10 }}
        buckets {{ low_value: 3 high_value: 7.25 sample_count: 10 }}
        buckets {{ low_value: 7.25 high_value: 20 sample_count: 10 }}
        buckets {{ low_value: 20 high_value: 99.5 sample_count: 10 }} }}
    }}
  }}
  features {{
    name: "<i>company</i>" type: STRING
    string_stats {{
      common_stats {{ num_non_missing: {rows} min_num_values: 1 max_num_values: 1 }}
      unique: 12
      top_values {{ value: "Flash & Sons" frequency: 30 }}
      top_values {{ value: "</td><script>alert(1)</script>" frequency: 10 }}
      avg_length: 6.5
    }}
  }}
  {more}
}}
"""
ONLY_IN_EVAL = 'features { name: "late" type: INT num_stats { common_stats { num_missing: 20 } } }'


class Reader(HTMLParser):
    """Checks that tags match, and collects text and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        if tag not in ("meta", "input", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)


def read(page: str) -> str:
    """Checks a page and returns its text, spaces folded."""
    reader = Reader(page)
    assert reader.links == []
    assert not re.search(r"https?:|url\(|@import", page)
    assert reader.tags.count("script") == 1
    return re.sub(r"\s+", " ", " ".join(reader.text))


@pytest.fixture
def statistics(tmp_path: Path) -> Artifact:
    artifact = ExampleStatistics(str(tmp_path), id=12, custom_properties={"span": 3})
    artifact.set_splits(["train", "eval"])
    for split, values in {
        "train": {"rows": 40, "present": 36, "missing": 4, "mean": 11.25, "more": ""},
        "eval": {"rows": 20, "present": 5, "missing": 15, "mean": 12.75, "more": ONLY_IN_EVAL},
    }.items():
        message = text_format.Parse(
            STATISTICS.format(**values), statistics_pb2.DatasetFeatureStatisticsList()
        )
        write_statistics(str(tmp_path / f"Split-{split}"), message)
    return artifact


def test_statistics_of_all_splits_stand_side_by_side(statistics: Artifact) -> None:
    page = render(statistics)
    text = read(page)

    assert "ExampleStatistics 12" in text
    assert "span 3" in text
    for expected in (
        "11.25",
        "12.75",
        "10.0 %",
        "75.0 % missing",
        "7.25",
        "99.5",
        "Flash & Sons",
        "not in every split",
    ):
        assert expected in text.replace("\N{NO-BREAK SPACE}", " ")
    assert page.count('role="img"') == 2  # the histogram and the deciles of fare; late has nothing to draw
    assert "Nothing to draw" in text


def test_what_data_holds_is_never_markup(statistics: Artifact) -> None:
    page = render(statistics)

    assert "<i>company</i>" not in page
    assert "&lt;i&gt;company&lt;/i&gt;" in page
    assert "<script>alert(1)" not in page


def test_statistics_that_stand_at_the_root_are_read(tmp_path: Path) -> None:
    values = {"rows": 40, "present": 36, "missing": 4, "mean": 11.25, "more": ""}
    message = text_format.Parse(STATISTICS.format(**values), statistics_pb2.DatasetFeatureStatisticsList())
    write_statistics(str(tmp_path), message)

    assert "all rows 40" in read(render(ExampleStatistics(str(tmp_path))))


def test_an_artifact_without_statistics_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no statistics"):
        render(ExampleStatistics(str(tmp_path)))


def test_a_schema_is_told_feature_by_feature(tmp_path: Path) -> None:
    schema = text_format.Parse(
        """
        feature { name: "fare" type: FLOAT presence { min_fraction: 1 } float_domain { min: 0 }
                  value_count { min: 1 max: 1 } }
        feature { name: "company" type: BYTES domain: "companies" presence { min_fraction: 0.5 }
                  drift_comparator { infinity_norm { threshold: 0.01 } } }
        feature { name: "pickup" type: BYTES domain: "companies" not_in_environment: "serving" }
        feature { name: "grid" type: INT shape { dim { size: 2 } dim { size: 3 } } lifecycle_stage: DEPRECATED }
        string_domain { name: "companies" value: "Flash & Sons" value: "" }
        default_environment: "training"
        """,
        schema_pb2.Schema(),
    )
    write_schema(str(tmp_path), schema)

    text = read(render(Schema(str(tmp_path), id=13)))

    for expected in (
        "fare float required one 0 to ∞",
        "at least 50.0 % of examples",
        "drift: L∞ at most 0.01",
        "not in serving",
        "deprecated",
        "Flash & Sons",
        "(empty)",
        "used by company, pickup",
        "Default environments: training",
    ):
        assert expected in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "shape 2 \N{MULTIPLICATION SIGN} 3" in text


def test_anomalies_are_told_with_severity_and_distance(tmp_path: Path) -> None:
    message = text_format.Parse(
        """
        anomaly_info { key: "payment" value { severity: ERROR
          reason { short_description: "Unexpected string values" description: "Barter (~2%)" } } }
        drift_skew_info { path { step: "payment" }
          drift_measurements { type: L_INFTY value: 0.3 threshold: 0.1 }
          skew_measurements { type: JENSEN_SHANNON_DIVERGENCE value: 0.05 threshold: 0.1 } }
        """,
        anomalies_pb2.Anomalies(),
    )
    artifact = ExampleAnomalies(str(tmp_path), id=14)
    artifact.set_splits(["train", "eval"])
    write_anomalies(str(tmp_path / "Split-train"), anomalies_pb2.Anomalies())
    write_anomalies(str(tmp_path / "Split-eval"), message)

    text = read(render(artifact))

    assert "1 anomaly in payment" in text
    assert "payment error Unexpected string values Barter (~2%)" in text
    assert "payment drift L-infinity 0.3 0.1 beyond" in text
    assert "payment skew Jensen-Shannon divergence 0.05 0.1 within" in text
    assert "Nothing was found" not in text


def test_clean_splits_are_said_to_be_clean(tmp_path: Path) -> None:
    write_anomalies(str(tmp_path / "Split-eval"), anomalies_pb2.Anomalies())
    assert "No anomalies The examples agree with the schema in eval." in read(
        render(ExampleAnomalies(str(tmp_path)))
    )


# ---------------------------------------------------------------------------------------------------------- evaluation


def report(**more: Any) -> EvaluationReport:
    overall = SliceReport(
        "Overall",
        examples=5000,
        metrics=(
            MetricValue("example_count", 5000),
            MetricValue("auc", 0.8399, 0.8388, 0.0011),
            MetricValue("m", detail="[1]"),
        ),
        plots=(
            Plot("roc", x=(0, 0.5, 1), y=(0, 0.9, 1)),
            Plot("calibration", "baseline", x=(0.1, 0.9), y=(0.2, 0.8), weights=(3, 1)),
            Plot("confusion_matrix", labels=("0", "1"), cells=((7, 1), (2, 9))),
        ),
    )
    hour = SliceReport("hour=3", (SlicePart("hour", "3"),), 30, (MetricValue("auc", None, 0.5),))
    small = SliceReport("hour=4", (SlicePart("hour", "4"),), message="fewer than 20 examples")
    missed = ThresholdCheck(
        "auc", "hour=3", "value", "at least 0.7", None, False, "auc on hour=3 is n/a", lower=0.7
    )
    kept = ThresholdCheck("auc", "Overall", "change", "a change of at least +0", 0.0011, True, "auc changed")
    values: dict[str, Any] = {
        "models": (ReportedModel("candidate", "/m/18", 18), ReportedModel("baseline", "/m/7", 7)),
        "splits": ("eval",),
        "label": "tips",
        "rows": 5000,
        "rows_without_label": 12,
        "blessed": False,
        "slices": (overall, hour, small),
        "checks": (missed, kept),
        "notes": ("a note",),
    }
    return EvaluationReport(**{**values, **more})


def evaluation_page(folder: Path, **more: Any) -> str:
    write_report(str(folder), report(**more))
    return render(ModelEvaluation(str(folder), id=21))


def test_an_evaluation_tells_verdict_metrics_and_models(tmp_path: Path) -> None:
    page = evaluation_page(tmp_path)
    text = read(page)

    for expected in (
        "Not blessed 1 of 2 thresholds missed. auc on hour=3 is n/a",
        "5,000 12 more have no label",
        "0.8399 +0.0011 against 0.8388",
        "missed auc hour=3 at least 0.7",
        "kept auc Overall a change of at least +0 +0.0011",
        "fewer than 20 examples",
        "Candidate /m/18 artifact 18",
        "Baseline /m/7 artifact 7",
        "a note",
        "Calibration",
        "ROC",
    ):
        assert expected in text
    assert 'data-panel="metric:auc"' in page
    assert 'data-value="0.8399"' in page
    assert "--heat:70" in page


def test_a_blessed_model_is_said_to_be_blessed(tmp_path: Path) -> None:
    kept = tuple(check for check in report().checks if check.passed)
    assert "Blessed 1 threshold kept, none missed." in read(
        evaluation_page(tmp_path, blessed=True, checks=kept)
    )


def test_without_thresholds_there_is_no_verdict(tmp_path: Path) -> None:
    text = read(evaluation_page(tmp_path, blessed=None, checks=(), models=(), slices=()))
    assert "No verdict" in text
    assert "Thresholds" not in text


# ------------------------------------------------------------------------------------------------------------ all pages


def test_pages_are_made_without_anything_heavy(tmp_path: Path) -> None:
    write_report(str(tmp_path), report())
    heavy = ["tensorflow", "apache_beam", "tensorflow_model_analysis", "numpy", "pyarrow", "pandas"]
    code = (
        "import sys; from penstock.artifacts.standard import ModelEvaluation; from penstock.ui.html import render; "
        "import penstock.ui.html.statistics, penstock.ui.html.schema, penstock.ui.html.anomalies; "
        f"render(ModelEvaluation({str(tmp_path)!r})); print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
