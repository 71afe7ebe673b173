# SPDX-License-Identifier: Apache-2.0
"""Calibration, ROC, precision and recall, and confusion matrices of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.evaluation.report import EvaluationReport, Plot, PlotKind, SliceReport
from penstock.ui.html.charts import Curve, xy_chart
from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import number
from penstock.ui.html.page import legend, section

_TITLES: dict[PlotKind, str] = {
    "calibration": "Calibration",
    "roc": "ROC",
    "precision_recall": "Precision and recall",
    "confusion_matrix": "Confusion matrix",
}


def plots_section(report: EvaluationReport) -> Html | None:
    """Returns the plots, one panel per slice; ``None`` where there are none."""
    plotted = [part for part in report.slices if part.plots]
    if not plotted:
        return None
    choice = el(
        "div",
        el(
            "label",
            "Slice",
            el("select", *(el("option", part.name, value=part.name) for part in plotted), data_shows="plots"),
        ),
        class_="tools",
        hidden=True,
    )
    panels = [_panel(part) for part in plotted]
    names = ["candidate", "baseline"] if report.has_baseline else []
    return section("Plots", choice, legend(names) if names else None, *panels)


def _panel(part: SliceReport) -> Html:
    figures = []
    for kind in _TITLES:
        for name in dict.fromkeys(plot.name for plot in part.plots if plot.kind == kind):
            group = [plot for plot in part.plots if plot.kind == kind and plot.name == name]
            figures += _figures(kind, name, group)
    return el(
        "div", el("h3", part.name), el("div", *figures, class_="charts"), data_panel=f"plots:{part.name}"
    )


def _figures(kind: PlotKind, name: str, group: Sequence[Plot]) -> list[Html]:
    title = _TITLES[kind] + (f", {name}" if name else "")
    if kind == "confusion_matrix":
        several = len({plot.role for plot in group}) > 1
        return [_matrix(f"{title}, {plot.role}" if several else title, plot) for plot in group]
    return [el("figure", el("figcaption", title), _chart(kind, title, group))]


def _chart(kind: PlotKind, title: str, group: Sequence[Plot]) -> Html:
    curves = [
        Curve(plot.role, list(zip(plot.x, plot.y, strict=True)), int(plot.role == "baseline"), plot.weights)
        for plot in sorted(group, key=lambda plot: plot.role == "candidate")
    ]
    if kind == "calibration":
        span = _span(group)
        return xy_chart(
            curves,
            label=title,
            x_label="mean prediction",
            y_label="mean label",
            x_range=span,
            y_range=span,
            diagonal=True,
            style="dots",
        )
    if kind == "roc":
        return xy_chart(
            curves, label=title, x_label="false positive rate", y_label="true positive rate", diagonal=True
        )
    return xy_chart(curves, label=title, x_label="recall", y_label="precision")


def _span(group: Sequence[Plot]) -> tuple[float, float]:
    values = [value for plot in group for value in (*plot.x, *plot.y)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0.0 and high <= 1.0:
        return 0.0, 1.0
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _matrix(title: str, plot: Plot) -> Html:
    largest = max((cell for row in plot.cells for cell in row), default=1.0) or 1.0
    head = el("tr", el("td"), *(el("th", label, scope="col") for label in plot.labels))
    rows = [
        el(
            "tr",
            el("th", label, scope="row"),
            *(el("td", number(cell), style=f"--heat:{cell / largest * 70:.0f}") for cell in cells),
        )
        for label, cells in zip(plot.labels, plot.cells, strict=True)
    ]
    table = el(
        "table",
        el("caption", "Rows: actual. Columns: predicted."),
        el("thead", head),
        el("tbody", *rows),
        class_="matrix",
    )
    return el("figure", el("figcaption", title), el("div", table, class_="scroll"))
