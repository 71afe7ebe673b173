# SPDX-License-Identifier: Apache-2.0
"""The page of anomalies: per split, what does not agree with the schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import SplitArtifact
from penstock.errors import DataError
from penstock.statistics.files import read_anomalies
from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import count, number
from penstock.ui.html.page import badge, cards, empty, page, section

_SEVERITIES = {"ERROR": "bad", "WARNING": "warn"}
_DISTANCES = {"L_INFTY": "L-infinity", "JENSEN_SHANNON_DIVERGENCE": "Jensen-Shannon divergence"}


@dataclass(frozen=True, slots=True)
class SplitAnomalies:
    """The anomalies of one split; ``message`` is TensorFlow Metadata's ``Anomalies``."""

    name: str
    message: Any

    @property
    def total(self) -> int:
        """Number of features with an anomaly, and one for the dataset where it has some."""
        return len(self.message.anomaly_info) + bool(self.message.dataset_anomaly_info.reason)


def render(artifact: Artifact) -> str:
    """Returns the page of an ExampleAnomalies artifact."""
    splits = read_splits(artifact)
    total = sum(split.total for split in splits)
    sections = [
        _banner(total, splits),
        cards([(split.name, count(split.total), _remark(split.total)) for split in splits]),
        *(_split(split) for split in splits),
    ]
    shown = [part for part in sections if part is not None]
    return page("Anomalies", artifact, shown, [split.name for split in splits])


def read_splits(artifact: Artifact) -> list[SplitAnomalies]:
    """Reads the anomalies of all splits, or pairs of splits.

    Raises:
        DataError: The artifact holds no anomalies.
    """
    names = files.listdir(artifact.uri) if files.is_dir(artifact.uri) else []
    declared = artifact.splits if isinstance(artifact, SplitArtifact) else ()
    folders = [f"Split-{split}" for split in declared] or [
        n for n in names if n.startswith(("Split-", "SplitPair-"))
    ]
    found = [
        SplitAnomalies(n.partition("-")[2], read_anomalies(files.join(artifact.uri, n))) for n in folders
    ]
    if not found and "SchemaDiff.pb" in names:
        found = [SplitAnomalies("all", read_anomalies(artifact.uri))]
    if not found:
        raise DataError(
            f"{artifact.uri} holds no anomalies", expected="a folder Split-<name> with SchemaDiff.pb"
        )
    return found


def _remark(total: int) -> str:
    return "no anomaly" if not total else "anomaly" if total == 1 else "anomalies"


def _banner(total: int, splits: Sequence[SplitAnomalies]) -> Html:
    if not total:
        text = f"The examples agree with the schema in {', '.join(split.name for split in splits)}."
        return el("div", el("h2", "No anomalies"), el("p", text, class_="body"), class_="banner good")
    names = sorted({name for split in splits for name in split.message.anomaly_info})
    where = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    text = f"in {where}" if names else "in the dataset as a whole"
    return el(
        "div",
        el("h2", f"{count(total)} {'anomaly' if total == 1 else 'anomalies'}"),
        el("p", text, class_="body"),
        class_="banner bad",
    )


def _split(split: SplitAnomalies) -> Html | None:
    message = split.message
    rows = [_row(name, message.anomaly_info[name]) for name in sorted(message.anomaly_info)]
    if message.dataset_anomaly_info.reason:
        rows.insert(0, _row("(whole dataset)", message.dataset_anomaly_info))
    measured = _measurements(message)
    if not rows and measured is None:
        return None
    found = _table(rows, split.name) if rows else empty("No anomaly was found.")
    return section(split.name, found, measured)


def _table(rows: Sequence[Html], name: str) -> Html:
    head = el("tr", *(el("th", text, scope="col") for text in ("Feature", "Severity", "What", "Details")))
    table = el("table", el("thead", head), el("tbody", *rows), aria_label=f"Anomalies of {name}")
    return el("div", table, class_="scroll")


def _row(name: str, info: Any) -> Html:
    severity = anomalies_pb2.AnomalyInfo.Severity.Name(info.severity)
    reasons = list(info.reason)
    what = [reason.short_description for reason in reasons] or [info.short_description]
    details = [reason.description for reason in reasons] or [info.description]
    return el(
        "tr",
        el("th", name, scope="row"),
        el("td", badge(severity.lower(), _SEVERITIES.get(severity, "plain"))),
        el("td", *(el("div", text) for text in what if text)),
        el("td", *(el("div", text) for text in details if text)),
    )


def _measurements(message: Any) -> Html | None:
    rows = []
    for info in message.drift_skew_info:
        for kind, found in (("drift", info.drift_measurements), ("skew", info.skew_measurements)):
            rows += [_measurement(".".join(info.path.step), kind, measured) for measured in found]
    if not rows:
        return None
    headings = ("Feature", "Compared for", "Distance", "Measured", "Allowed", "")
    head = el(
        "tr",
        *(el("th", text, scope="col", class_="num" if text in headings[3:5] else None) for text in headings),
    )
    table = el(
        "table",
        el("caption", "Distances to the statistics that were compared with"),
        el("thead", head),
        el("tbody", *rows),
    )
    return el("div", table, class_="scroll apart")


def _measurement(feature: str, kind: str, measured: Any) -> Html:
    name = anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measured.type)
    distance = _DISTANCES.get(name, name.replace("_", " ").lower())
    passed = measured.value <= measured.threshold
    return el(
        "tr",
        el("th", feature, scope="row"),
        el("td", kind),
        el("td", distance),
        el("td", number(measured.value), class_="num"),
        el("td", number(measured.threshold), class_="num"),
        el("td", badge("within", "good") if passed else badge("beyond", "bad")),
    )
