# SPDX-License-Identifier: Apache-2.0
"""The page of a model: its framework, what training reported of it, what it takes and gives, its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.models.properties import METRICS, recorded_info
from penstock.models.signature import ModelInfo, Signature, TensorSpec
from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import TIMES, number
from penstock.ui.html.page import badge, cards, empty, page, section
from penstock.ui.html.properties import files_section, properties_section
from penstock.ui.html.rows import table

_TOLD = ("flavor", "signatures", "library_version", "classes", METRICS)
_MOST_CLASSES = 40


def render(artifact: Artifact) -> str:
    """Returns the page of a Model or PushedModel artifact; it loads no model."""
    info = recorded_info(artifact)
    sections = [
        _metrics(artifact),
        *(_signature(signature) for signature in (info.signatures if info else ())),
        _classes(info),
        properties_section(artifact, without=_TOLD),
        files_section(artifact),
    ]
    title = "Pushed model" if artifact.type_name == "PushedModel" else "Model"
    return page(title, artifact, [part for part in sections if part is not None], list(_chips(info)))


def _chips(info: ModelInfo | None) -> Iterator[str]:
    if info is None:
        yield "of no known framework"
        return
    yield info.flavor
    if info.library_version:
        yield f"version {info.library_version}"


def _metrics(artifact: Artifact) -> Html | None:
    metrics: Any = artifact.get_json_value_custom_property(METRICS)
    if not isinstance(metrics, dict) or not metrics:
        return None
    return cards([(name, number(float(value)), "") for name, value in metrics.items()])


def _signature(signature: Signature) -> Html:
    return section(
        f"Signature {signature.name}",
        _tensors("Takes", signature.inputs),
        el("div", _tensors("Gives", signature.outputs), class_="apart"),
    )


def _tensors(heading: str, specs: Sequence[TensorSpec]) -> Html:
    if not specs:
        return empty(f"{heading}: nothing that is recorded.")
    rows = [
        el(
            "tr",
            el("th", spec.name, scope="row"),
            el("td", badge(spec.dtype, "info")),
            el("td", _shape(spec), class_="num"),
        )
        for spec in specs
    ]
    return table((heading, "Type", "Shape"), rows, heading, numeric=("Shape",))


def _shape(spec: TensorSpec) -> str:
    if spec.shape is None:
        return "any"
    return f" {TIMES} ".join("any" if side is None else str(side) for side in spec.shape) or "one value"


def _classes(info: ModelInfo | None) -> Html | None:
    if info is None or not info.classes:
        return None
    shown = [el("code", str(name)) for name in info.classes[:_MOST_CLASSES]]
    left_out = len(info.classes) - len(shown)
    more = el("p", f"and {left_out:,} more", class_="note") if left_out else None
    return section("Classes", el("div", *shown, class_="terms"), more)
