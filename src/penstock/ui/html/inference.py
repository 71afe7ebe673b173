# SPDX-License-Identifier: Apache-2.0
"""The page of predictions, and that of the rows that failed: how many, how fast, why not, and what they look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penstock.artifacts.artifact import Artifact
from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import count, number
from penstock.ui.html.page import cards, page, section
from penstock.ui.html.rows import sample_section, table
from penstock.ui.inference_facts import Cause, ModelFigures, Sample, causes_of, models_of, samples
from penstock.ui.tables import duration, size

_SHOWN_ROWS = 20
_TITLES = {"DeadLetters": "Dead letters"}


def render(artifact: Artifact) -> str:
    """Returns the page of an InferenceResult or a DeadLetters artifact.

    Raises:
        DataError: Its files are damaged.
    """
    title = _TITLES.get(artifact.type_name, "Predictions")
    models = models_of(artifact)
    parts = [
        cards(_totals(artifact)),
        *(_model(model) for model in models),
        _causes(causes_of(artifact)),
        *(sample_section(sample, _heading(sample)) for sample in samples(artifact.uri, _SHOWN_ROWS)),
    ]
    chips = [f"model {model.id}" for model in models if model.id]
    return page(title, artifact, [part for part in parts if part is not None], chips)


def _heading(sample: Sample) -> str:
    return f"First rows of {sample.title}" if sample.title else "First rows"


def _totals(artifact: Artifact) -> list[tuple[str, str, str]]:
    names = {"rows": "Rows", "predicted_rows": "Predicted", "failed_rows": "Failed"}
    if artifact.type_name in _TITLES:
        names = {"rows": "Failed rows"}
    known = artifact.custom_properties
    return [
        (label, count(artifact.get_float_custom_property(name)), "")
        for name, label in names.items()
        if isinstance(known.get(name), (int, float))
    ]


def _model(model: ModelFigures) -> Html:
    figures = model.figures
    facts = [str(figures[name]) for name in ("flavor", "device") if figures.get(name)]
    facts += [f"version {model.version}"] if model.version else []
    if figures.get("load_seconds"):
        facts.append(f"loaded in {duration(float(figures['load_seconds']))}")
    if figures.get("model_bytes"):
        facts.append(size(float(figures["model_bytes"])))
    measured = [("Batches", count(figures.get("batches") or 0), "")]
    measured += _percentiles("Rows in a batch", model.percentiles("batch_rows"))
    measured += _percentiles("Milliseconds a batch", model.percentiles("latency_ms"))
    heading = f"Model {model.id}" if model.id else "Model"
    return section(
        f"{heading} · {model.name}" if model.name else heading, cards(measured), note=", ".join(facts)
    )


def _percentiles(label: str, found: Sequence[tuple[str, float]]) -> Iterator[tuple[str, str, str]]:
    """Yields one card: the first percentile, which is the median, in large; the others below."""
    if found:
        (_, middle), *others = found
        told = [f"{name}th percentile {number(value)}" for name, value in others]
        yield label, number(middle), ", ".join(["median", *told])


def _causes(causes: Sequence[Cause]) -> Html | None:
    if not causes:
        return None
    rows = [
        el("tr", el("td", count(cause.rows), class_="num"), el("td", cause.stage), el("td", cause.cause))
        for cause in causes
    ]
    return section("Why rows failed", table(("Rows", "Stage", "Cause"), rows, "Why rows failed"))
