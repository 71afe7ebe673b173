# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation: the verdict, metrics per slice, thresholds, plots."""

from __future__ import annotations

from collections.abc import Sequence

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.evaluation.report import (
    REPORT_FILE,
    EvaluationReport,
    MetricValue,
    SliceReport,
    ThresholdCheck,
    read_report,
)
from penstock.ui.html import charts
from penstock.ui.html.evaluation_plots import plots_section
from penstock.ui.html.markup import Html, el, join
from penstock.ui.html.numbers import DASH, MINUS, count, number, signed
from penstock.ui.html.page import badge, cards, empty, page, section

_COUNT = "example_count"
_CHARTED_SLICES = 40
_LISTED_CHECKS = 300
_LISTED_REASONS = 6
_CARDS = 4


def render(artifact: Artifact) -> str:
    """Returns the page of a ModelEvaluation artifact."""
    report = read_evaluation(artifact.uri)
    sections = [
        _banner(report),
        _cards(report),
        _charts(report),
        _slices(report),
        _checks(report),
        plots_section(report),
        _about(report),
    ]
    return page("Evaluation", artifact, [part for part in sections if part is not None], report.splits)


def read_evaluation(uri: str) -> EvaluationReport:
    """Returns the report of an evaluation; one that TFX made is read with TFMA, which takes seconds to load."""
    if files.exists(files.join(uri, REPORT_FILE)):
        return read_report(uri)
    from penstock.evaluation.outcome import report_of_files

    return report_of_files(uri)


def _banner(report: EvaluationReport) -> Html:
    if report.blessed is None:
        return el(
            "div",
            el("h2", "No verdict"),
            el(
                "p",
                "No threshold was configured, so the model was neither blessed nor refused.",
                class_="body",
            ),
            class_="banner info",
        )
    checked = f"{count(len(report.checks))} {'threshold' if len(report.checks) == 1 else 'thresholds'}"
    if report.blessed:
        text = f"{checked} kept, none missed." if report.checks else "No threshold applied."
        return el("div", el("h2", "Blessed"), el("p", text, class_="body"), class_="banner good")
    reasons = report.reasons
    more = len(reasons) - _LISTED_REASONS
    items = [el("li", reason) for reason in reasons[:_LISTED_REASONS]]
    if more > 0:
        items.append(el("li", f"and {count(more)} more"))
    return el(
        "div",
        el("h2", "Not blessed"),
        el("p", f"{count(len(reasons))} of {checked} missed.", class_="body"),
        el("ul", *items, class_="body"),
        class_="banner bad",
    )


def _cards(report: EvaluationReport) -> Html:
    overall = next((part for part in report.slices if not part.parts), None)
    facts = [("examples", count(report.rows), _left_out(report)), ("slices", count(len(report.slices)), "")]
    shown = [m for m in overall.metrics if m.name != _COUNT and not m.detail] if overall else []
    facts += [(metric.name, number(metric.value), _against(metric, report)) for metric in shown[:_CARDS]]
    return cards(facts)


def _left_out(report: EvaluationReport) -> str:
    return f"{count(report.rows_without_label)} more have no label" if report.rows_without_label else ""


def _against(metric: MetricValue, report: EvaluationReport) -> str:
    if not report.has_baseline or metric.baseline is None:
        return "on all the data"
    return f"{signed(metric.difference)} against {number(metric.baseline)}"


def _charts(report: EvaluationReport) -> Html | None:
    sliced = [part for part in report.slices if part.parts]
    names = [name for name in report.metric_names if name != _COUNT]
    if not sliced or not names:
        return None
    largest = sorted(sliced, key=lambda part: -(part.examples or 0.0))[:_CHARTED_SLICES]
    kept = {id(part) for part in largest}
    rows = [part for part in sliced if id(part) in kept]
    buttons = el(
        "div",
        el("div", *(el("button", name, type="button", value=name) for name in names), class_="group"),
        class_="tools",
        hidden=True,
        data_shows="metric",
        role="group",
        aria_label="Metric to show",
    )
    panels = [_chart(report, rows, name) for name in names]
    note = (
        f"The {_CHARTED_SLICES} largest of {count(len(sliced))} slices." if len(rows) < len(sliced) else None
    )
    return section("By slice", buttons, _chart_legend(report), *panels, note=note)


def _chart(report: EvaluationReport, rows: Sequence[SliceReport], name: str) -> Html:
    overall = next((part.metric(name) for part in report.slices if not part.parts), None)
    dots = [charts.Dot(part.name, _pair(part.metric(name), report), _tip(part, name)) for part in rows]
    drawn = charts.dot_rows(
        dots,
        label=f"{name} by slice",
        overall=overall.value if overall else None,
        bounds=_bounds(report, name),
    )
    return el(
        "figure",
        el("figcaption", name),
        drawn or empty("No slice has a number."),
        data_panel=f"metric:{name}",
    )


def _bounds(report: EvaluationReport, name: str) -> list[float]:
    asked = [check for check in report.checks if check.metric == name and check.slice != "Overall"]
    return sorted({bound for check in asked for bound in (check.lower, check.upper) if bound is not None})


def _pair(metric: MetricValue | None, report: EvaluationReport) -> list[float | None]:
    if metric is None:
        return [None]
    return [metric.value, metric.baseline] if report.has_baseline else [metric.value]


def _tip(part: SliceReport, name: str) -> str:
    metric = part.metric(name)
    if metric is None:
        return part.name
    text = f"{part.name}: {name} {number(metric.value)}"
    if metric.baseline is not None:
        text += f", baseline {number(metric.baseline)} ({signed(metric.difference)})"
    return f"{text}, {count(part.examples)} examples" if part.examples is not None else text


def _chart_legend(report: EvaluationReport) -> Html:
    items = [("swatch round s0", "candidate")]
    if report.has_baseline:
        items.append(("swatch ring s1", "baseline"))
    items.append(("swatch line s0", "candidate on all the data"))
    keys = [el("li", el("span", class_=style, aria_hidden="true"), text) for style, text in items]
    if any(check.kind == "value" and check.slice != "Overall" for check in report.checks):
        mark = el("span", class_="swatch dash", style="color:var(--bad)", aria_hidden="true")
        keys.append(el("li", mark, "threshold"))
    return el("ul", *keys, class_="legend")


def _slices(report: EvaluationReport) -> Html:
    names = report.metric_names
    head = el(
        "tr",
        el("th", "Slice", scope="col", data_sort="text"),
        *(el("th", name, scope="col", class_="num", data_sort="number") for name in names),
    )
    rows = [_slice_row(part, names, report) for part in report.slices]
    table = el("table", el("thead", head), el("tbody", *rows), aria_label="Metrics by slice")
    note = "Below each number: the baseline, and the difference to it." if report.has_baseline else None
    details = [
        _detail(part, metric) for part in report.slices[:1] for metric in part.metrics if metric.detail
    ]
    return section("Metrics", el("div", table, class_="scroll tall"), *details, note=note)


def _slice_row(part: SliceReport, names: Sequence[str], report: EvaluationReport) -> Html:
    is_all = not part.parts and part.name == "Overall"
    if part.message:
        cells = [el("td", part.message, colspan=max(len(names), 1), class_="muted")]
    else:
        cells = [_cell(part.metric(name), report) for name in names]
    heading = el("th", part.name, scope="row")
    return el("tr", heading, *cells, class_="overall" if is_all else None, data_fixed=is_all)


def _cell(metric: MetricValue | None, report: EvaluationReport) -> Html:
    if metric is None:
        return el("td", DASH, class_="num", data_value="")
    interval = f"{number(metric.lower)} to {number(metric.upper)}" if metric.lower is not None else None
    parts: list[Html | None] = [
        join([number(metric.value)]),
        el("span", interval, class_="pair", title="Confidence interval") if interval else None,
    ]
    if report.has_baseline and metric.name != _COUNT and metric.baseline is not None:
        parts.append(el("span", f"{number(metric.baseline)} {_change(metric.difference)}", class_="pair"))
    return el("td", *parts, class_="num", data_value="" if metric.value is None else repr(metric.value))


def _change(difference: float | None) -> str:
    text = signed(difference)
    return f"▲ {text}" if text.startswith("+") else f"▼ {text}" if text.startswith(MINUS) else text


def _detail(part: SliceReport, metric: MetricValue) -> Html:
    return el("details", el("summary", f"{metric.name} ({part.name})"), el("p", el("code", metric.detail)))


def _checks(report: EvaluationReport) -> Html | None:
    if report.blessed is None:
        return None
    if not report.checks:
        return section("Thresholds", empty("None applied: there was nothing to compare with."))
    head = el(
        "tr",
        el("th", "Verdict", scope="col", data_sort="text"),
        el("th", "Metric", scope="col", data_sort="text"),
        el("th", "Slice", scope="col", data_sort="text"),
        el("th", "Asked for", scope="col"),
        el("th", "Found", scope="col", class_="num", data_sort="number"),
    )
    rows = [_check_row(check) for check in report.checks[:_LISTED_CHECKS]]
    more = len(report.checks) - _LISTED_CHECKS
    note = f"The first {_LISTED_CHECKS} of {count(len(report.checks))}." if more > 0 else None
    table = el("table", el("thead", head), el("tbody", *rows), aria_label="Thresholds")
    return section("Thresholds", el("div", table, class_="scroll tall"), note=note)


def _check_row(check: ThresholdCheck) -> Html:
    found = signed(check.value) if check.kind == "change" else number(check.value)
    return el(
        "tr",
        el("td", badge("kept", "good") if check.passed else badge("missed", "bad")),
        el("th", check.metric, scope="row"),
        el("td", check.slice),
        el("td", check.bound),
        el(
            "td",
            found,
            class_="num",
            title=check.reason,
            data_value="" if check.value is None else repr(check.value),
        ),
    )


def _about(report: EvaluationReport) -> Html:
    rows = [("Label", report.label or "none"), ("Splits", ", ".join(report.splits) or "not recorded")]
    items = [el("tr", el("th", name, scope="row"), el("td", value)) for name, value in rows]
    for model in report.models:
        told = f"artifact {model.id}" if model.id else ""
        cell = el("td", el("code", model.uri), el("span", told, class_="pair") if told else None)
        items.append(el("tr", el("th", model.role.capitalize(), scope="row"), cell))
    notes = [el("p", note, class_="note") for note in report.notes]
    return section("About", el("table", el("tbody", *items)), *notes)
