# SPDX-License-Identifier: Apache-2.0
"""The page of example statistics: all splits side by side, feature by feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import SplitArtifact
from penstock.errors import DataError
from penstock.statistics.files import read_statistics
from penstock.ui.html import charts
from penstock.ui.html.feature_statistics import FeatureStatistics, feature_name, read_feature
from penstock.ui.html.markup import Html, el, join
from penstock.ui.html.numbers import DASH, count, number, percent
from penstock.ui.html.page import badge, cards, empty, legend, page

_TOP_VALUES = 10
_MAX_COLUMNS = 6
_MUCH_MISSING = 0.25


@dataclass(frozen=True, slots=True)
class Column:
    """One set of examples to show: a split, or a slice of one.

    Attributes:
        name: Name of the split (and slice).
        rows: Number of examples.
        features: Statistics by feature.
    """

    name: str
    rows: int
    features: dict[str, FeatureStatistics]


def render(artifact: Artifact) -> str:
    """Returns the page of an ExampleStatistics artifact."""
    columns = read_columns(artifact)
    shown = columns[:_MAX_COLUMNS]
    names = list(dict.fromkeys(name for column in shown for name in column.features))
    chips = (
        [f"span {artifact.get_int_custom_property('span')}"] if artifact.has_custom_property("span") else []
    )
    sections = [
        cards(
            [
                *((f"{column.name} rows", count(column.rows), "") for column in shown),
                ("features", count(len(names)), _kinds(names, shown)),
                _missing_card(names, shown),
            ]
        ),
        _tools(names, shown, left_out=len(columns) - len(shown)),
        el("div", *(_feature(name, shown) for name in names), class_="features")
        if names
        else empty("These examples have no features."),
    ]
    return page("Statistics", artifact, sections, [*chips, *(column.name for column in shown)])


def read_columns(artifact: Artifact) -> list[Column]:
    """Reads the statistics of all splits; of slices too where there are any.

    Raises:
        DataError: The artifact holds no statistics.
    """
    columns = []
    for name, uri in _folders(artifact):
        datasets = read_statistics(uri).datasets
        for dataset in datasets:
            label = name if len(datasets) == 1 else f"{name}: {dataset.name}"
            features = {feature_name(f): read_feature(f) for f in dataset.features}
            columns.append(Column(label, int(dataset.num_examples), features))
    if not columns:
        raise DataError(
            f"{artifact.uri} holds no statistics", expected="a folder Split-<name> with FeatureStats.pb"
        )
    return columns


def _folders(artifact: Artifact) -> list[tuple[str, str]]:
    splits = artifact.splits if isinstance(artifact, SplitArtifact) else ()
    if splits:
        return [(split, files.join(artifact.uri, f"Split-{split}")) for split in splits]
    if files.exists(files.join(artifact.uri, "FeatureStats.pb")):
        return [("all", artifact.uri)]
    names = files.listdir(artifact.uri) if files.is_dir(artifact.uri) else []
    found = [name for name in names if name.startswith("Split-")]
    return [(name.removeprefix("Split-"), files.join(artifact.uri, name)) for name in found]


def _kinds(names: Sequence[str], columns: Sequence[Column]) -> str:
    kinds = [_kind(_first(name, columns)) for name in names]
    return f"{kinds.count('numeric')} numeric, {kinds.count('categorical')} categorical"


def _first(name: str, columns: Sequence[Column]) -> FeatureStatistics:
    return next(column.features[name] for column in columns if name in column.features)


def _kind(feature: FeatureStatistics) -> str:
    return "numeric" if feature.is_numeric else "categorical"


def _missing_card(names: Sequence[str], columns: Sequence[Column]) -> tuple[str, str, str]:
    gappy = [name for name in names if _most_missing(name, columns) > 0]
    worst = max(gappy, key=lambda name: _most_missing(name, columns), default=None)
    remark = f"most in {worst}: {percent(_most_missing(worst, columns))}" if worst else "no value is missing"
    return "features with gaps", count(len(gappy)), remark


def _most_missing(name: str, columns: Sequence[Column]) -> float:
    return max(
        (column.features[name].missing_share for column in columns if name in column.features), default=1.0
    )


def _tools(names: Sequence[str], columns: Sequence[Column], left_out: int) -> Html:
    def options(*pairs: tuple[str, str]) -> list[Html]:
        return [el("option", text, value=value) for value, text in pairs]

    controls = el(
        "div",
        el("input", type="search", id="search", placeholder="Find a feature", aria_label="Find a feature"),
        el(
            "label",
            "Show",
            el(
                "select",
                *options(("", "all"), ("numeric", "numeric"), ("categorical", "categorical")),
                id="kind",
            ),
        ),
        el(
            "label",
            "Order by",
            el("select", *options(("", "schema"), ("name", "name"), ("missing", "missing")), id="order"),
        ),
        el("span", count(len(names)), id="found", class_="muted", aria_live="polite"),
        class_="tools",
        hidden=True,
    )
    return el(
        "section",
        controls,
        legend([column.name for column in columns]) if len(columns) > 1 else None,
        el("p", f"{left_out} more slices are not shown.", class_="note") if left_out else None,
        class_="plain",
    )


def _feature(name: str, columns: Sequence[Column]) -> Html:
    found = [(column, column.features.get(name)) for column in columns]
    first = _first(name, columns)
    most_missing = _most_missing(name, columns)
    warnings = [badge(f"{percent(most_missing)} missing", "warn")] if most_missing >= _MUCH_MISSING else []
    if any(feature is None for _, feature in found):
        warnings.append(badge("not in every split", "bad"))
    heading = el("header", el("h3", name), badge(first.type, "info"), *warnings)
    return el(
        "article",
        el("div", el("div", heading, _table(name, found)), _pictures(name, found), class_="split"),
        class_="feature",
        data_name=name.lower(),
        data_kind=_kind(first),
        data_missing=f"{most_missing:.6f}",
    )


def _table(name: str, found: Sequence[tuple[Column, FeatureStatistics | None]]) -> Html:
    known = [feature for _, feature in found if feature is not None]
    facts = _facts(known)
    head = el("tr", el("td"), *(el("th", label, scope="col", class_="num") for label, _ in facts))
    rows = []
    for index, (column, feature) in enumerate(found):
        mark = el("span", class_=f"swatch s{index % 6}", aria_hidden="true") if len(found) > 1 else None
        cells = [el("td", DASH if feature is None else show(feature), class_="num") for _, show in facts]
        rows.append(el("tr", el("th", mark, column.name, scope="row"), *cells))
    table = el("table", el("thead", head), el("tbody", *rows), aria_label=f"Statistics of {name}")
    return el("div", table, class_="scroll")


def _facts(known: Sequence[FeatureStatistics]) -> list[tuple[str, Callable[[FeatureStatistics], str]]]:
    """Returns what to show of a feature: headings, and how each number is written."""
    facts: list[tuple[str, Callable[[FeatureStatistics], str]]] = [
        ("present", lambda f: count(f.present)),
        ("missing", lambda f: percent(f.missing_share)),
    ]
    if any(feature.values_per_row[2] > 1 for feature in known):
        facts.append(("values a row", _values_per_row))
    keys = dict.fromkeys(key for feature in known for key in feature.numbers)
    facts.extend((key, partial(_numeric, key)) for key in keys)
    if any(feature.unique is not None for feature in known):
        facts.append(("distinct", lambda f: DASH if f.unique is None else count(f.unique)))
    if any(feature.average_length is not None for feature in known):
        facts.append(("mean length", lambda f: number(f.average_length)))
    return facts


def _numeric(key: str, feature: FeatureStatistics) -> str:
    if key not in feature.numbers:
        return DASH
    if key == "zeros":
        values = feature.present * max(feature.values_per_row[1], 1.0)
        return percent(feature.numbers[key] / values) if values else DASH
    return number(feature.numbers[key]) if feature.present else DASH


def _values_per_row(feature: FeatureStatistics) -> str:
    least, mean, most = feature.values_per_row
    return f"{least} to {most}, mean {number(mean)}"


def _pictures(name: str, found: Sequence[tuple[Column, FeatureStatistics | None]]) -> Html:
    known = [(column.name, feature) for column, feature in found]
    series = [(label, feature.bins if feature else ()) for label, feature in known]
    histogram = charts.histogram(series, f"Histogram of {name}")
    strips = charts.deciles([(label, f.deciles if f else ()) for label, f in known], f"Deciles of {name}")
    top = _top_values(name, [(label, feature) for label, feature in known])
    parts = [part for part in (histogram, strips, top) if part is not None]
    return el("div", *parts) if parts else el("div", empty("Nothing to draw: no row has a value."))


def _top_values(name: str, found: Sequence[tuple[str, FeatureStatistics | None]]) -> Html | None:
    totals: dict[str, float] = {}
    for _, feature in found:
        for value, frequency in feature.top if feature else ():
            totals[value] = max(
                totals.get(value, 0.0), frequency / max(feature.present, 1) if feature else 0.0
            )
    if not totals:
        return None
    shown = sorted(totals, key=lambda value: -totals[value])[:_TOP_VALUES]
    largest = totals[shown[0]] or 1.0
    rows = [
        el(
            "tr",
            el("th", value if value else "(empty text)", scope="row", title=value),
            el("td", *(_track(index, feature, value, largest) for index, (_, feature) in enumerate(found))),
        )
        for value in shown
    ]
    more = sum(1 for value in totals if value not in shown)
    known = max((feature.unique or 0 for _, feature in found if feature), default=0)
    rest = max(known - len(shown), more)
    note = el("p", f"and {count(rest)} more", class_="note") if rest > 0 else None
    return join(
        [el("table", el("tbody", *rows), class_="values", aria_label=f"Most frequent values of {name}"), note]
    )


def _track(index: int, feature: FeatureStatistics | None, value: str, largest: float) -> Html:
    frequency = dict(feature.top).get(value) if feature else None
    share = frequency / max(feature.present, 1) if feature and frequency is not None else 0.0
    text = percent(share) if frequency is not None else DASH
    width = f"width:{share / largest * 68:.1f}%"
    return el("div", el("i", class_=f"s{index % 6}", style=width), el("span", text), class_="track")
