# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found, as plain values: the file ``report.json`` beside TFMA's own.

TFMA's result files hold protobufs whose Python classes cannot be imported without TensorFlow. The report holds the
same numbers for everyone else: the command line, the HTML page, a notebook, another language.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from penstock import files
from penstock.errors import DataError
from penstock.messages.codec import from_jsonable, to_jsonable

REPORT_FILE = "report.json"
REPORT_VERSION = 1

ThresholdKind = Literal["value", "change"]
PlotKind = Literal["calibration", "roc", "precision_recall", "confusion_matrix"]
Role = Literal["candidate", "baseline"]

OVERALL = "Overall"


@dataclass(frozen=True, slots=True)
class SlicePart:
    """One condition of a slice: a feature and its value, as text."""

    feature: str
    value: str


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One metric on one slice.

    Attributes:
        name: Name, with output, class, top-k and averaging where the metric has them (``precision@3``).
        value: The candidate's value; ``None`` where it is not a finite number.
        baseline: The baseline's value.
        difference: Candidate minus baseline, as TFMA computed it.
        lower, upper: Bounds of the confidence interval.
        detail: JSON of a value that is not one number (confusion matrices, arrays, texts).
    """

    name: str
    value: float | None = None
    baseline: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """One curve or matrix of one model on one slice.

    Attributes:
        kind: What is drawn.
        role: Whose it is.
        name: Output or class that it is about; ``""`` for the only one.
        x, y: Points of a curve, in order. Calibration: mean prediction and mean label; ROC: false and true positive
            rate; precision and recall: recall and precision.
        weights: Examples behind each point of a calibration curve.
        labels, cells: A confusion matrix: class names, and rows (actual) of counts (predicted).
    """

    kind: PlotKind
    role: Role = "candidate"
    name: str = ""
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    cells: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SliceReport:
    """One slice of the data.

    Attributes:
        name: ``Overall``, ``feature=value``, or for a comparison of two slices ``a against b``.
        parts: The conditions; none for all the data.
        examples: Number of examples in the slice.
        message: Why there are no metrics (slice smaller than ``min_slice_size``).
    """

    name: str
    parts: tuple[SlicePart, ...] = ()
    examples: float | None = None
    metrics: tuple[MetricValue, ...] = ()
    plots: tuple[Plot, ...] = ()
    message: str = ""

    def metric(self, name: str) -> MetricValue | None:
        """Returns a metric by name."""
        return next((metric for metric in self.metrics if metric.name == name), None)


@dataclass(frozen=True, slots=True)
class ThresholdCheck:
    """One threshold on one slice.

    Attributes:
        metric: Name of the metric, as in ``MetricValue.name``.
        slice: Name of the slice.
        kind: Whether the value itself is bounded or its change against the baseline.
        bound: The bound in words (``at least 0.6``).
        value: The metric, or for a change the difference; ``None`` where it is not a number.
        passed: The verdict.
        reason: A sentence with everything above.
        lower: Least value asked for; ``None`` for a change.
        upper: Greatest value asked for; ``None`` for a change.
    """

    metric: str
    slice: str
    kind: ThresholdKind
    bound: str
    value: float | None
    passed: bool
    reason: str
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class ReportedModel:
    """A model that was evaluated."""

    role: Role
    uri: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Everything that an evaluation found.

    Attributes:
        models: The candidate and, where one was compared, the baseline; none where predictions came with the data.
        splits: The splits that were evaluated.
        label: Name of the label feature; ``""`` where metrics need none.
        rows: Examples that were evaluated.
        rows_without_label: Examples that were left out because their label is missing.
        blessed: The verdict; ``None`` where no threshold was asked for.
        slices: The slices, all the data first.
        checks: Every threshold on every slice that it applies to, failures first.
        notes: What else the reader should know.
        version: Version of this file's form.
    """

    models: tuple[ReportedModel, ...]
    splits: tuple[str, ...]
    label: str
    rows: int
    rows_without_label: int
    blessed: bool | None
    slices: tuple[SliceReport, ...]
    checks: tuple[ThresholdCheck, ...] = ()
    notes: tuple[str, ...] = ()
    version: int = REPORT_VERSION

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the model was not blessed, one sentence per threshold and slice; empty where it was."""
        return tuple(check.reason for check in self.checks if not check.passed)

    @property
    def has_baseline(self) -> bool:
        """Whether two models were compared."""
        return any(model.role == "baseline" for model in self.models)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of all metrics that are single numbers, in order of appearance."""
        names: dict[str, None] = {}
        for part in self.slices:
            names.update(dict.fromkeys(m.name for m in part.metrics if not m.detail))
        return tuple(names)

    def to_json(self) -> str:
        """Returns the content of ``report.json``."""
        return json.dumps(to_jsonable(self), allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> EvaluationReport:
        """Reads what ``to_json`` wrote."""
        report: EvaluationReport = from_jsonable(cls, json.loads(text), path=REPORT_FILE)
        return report


def write_report(evaluation_uri: str, report: EvaluationReport) -> None:
    """Writes the report into an evaluation's folder."""
    files.write_atomic(files.join(evaluation_uri, REPORT_FILE), report.to_json())


def read_report(evaluation_uri: str) -> EvaluationReport:
    """Reads the report of an evaluation.

    Raises:
        DataError: The folder holds none, or one of a later version.
    """
    uri = files.join(evaluation_uri, REPORT_FILE)
    if not files.exists(uri):
        raise DataError(
            f"{evaluation_uri} holds no {REPORT_FILE}",
            expected="an evaluation made by Penstock",
            hint="TFMA's own files can be read with tensorflow_model_analysis.load_eval_result",
        )
    with files.open(uri, "r") as stream:
        document: Mapping[str, Any] = json.load(stream)
    if document.get("version") != REPORT_VERSION:
        raise DataError(
            f"{uri} has a form that is not known here",
            expected=f"version {REPORT_VERSION}",
            got=f"version {document.get('version')}",
        )
    report: EvaluationReport = from_jsonable(EvaluationReport, document, path=REPORT_FILE)
    return report


def finite(value: float) -> float | None:
    """Returns a number as JSON can hold it: ``None`` for infinities and what is not a number."""
    return value if math.isfinite(value) else None


def format_number(value: float | None) -> str:
    """Returns a metric for people: at most four significant digits after the point, whole numbers as such."""
    if value is None:
        return "n/a"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4f}" if abs(value) < 1000 and abs(value) >= 0.001 else f"{value:,.4g}"


def headline(report: EvaluationReport, max_slices: int = 30, max_metrics: int = 6) -> dict[str, Any]:
    """Returns the numbers for a table at the end of a run: the first metrics on the largest slices.

    The form is plain JSON: ``{"metrics": [name, …], "slices": [{"slice", "values": [number | None, …]}, …]}``, and with
    a baseline ``"baseline"`` beside ``"values"``.
    """
    names = report.metric_names[:max_metrics]
    chosen = sorted(report.slices, key=lambda part: (bool(part.parts), -(part.examples or 0.0)))[:max_slices]
    kept = {id(part) for part in chosen}
    return {
        "metrics": list(names),
        "slices": [
            _headline_row(part, names, report.has_baseline) for part in report.slices if id(part) in kept
        ],
        "left_out": len(report.slices) - len(chosen),
    }


def _headline_row(part: SliceReport, names: Iterable[str], with_baseline: bool) -> dict[str, Any]:
    found = [part.metric(name) for name in names]
    row: dict[str, Any] = {
        "slice": part.name,
        "values": [metric.value if metric else None for metric in found],
    }
    if with_baseline:
        row["baseline"] = [metric.baseline if metric else None for metric in found]
    return row
