# SPDX-License-Identifier: Apache-2.0
"""Predictions and dead letters as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.errors import PenstockError
from penstock.ui.inference_facts import ModelFigures, Sample, causes_of, models_of, samples
from penstock.ui.tables import count, duration, size, table

_COLUMNS = 9
_LONGEST = 40
_IDENTITY = ("model_version", "model_id")
_INDENT = "  "


def inference_lines(artifact: Artifact) -> Iterator[str]:
    """Yields the lines that follow what is recorded of an artifact: the summary, then the first rows."""
    for model in models_of(artifact):
        yield f"{_INDENT}{_sentence(model)}"
    causes = causes_of(artifact)
    if causes:
        yield f"{_INDENT}failed rows:"
        rows = [(count(cause.rows), cause.stage, cause.cause) for cause in causes]
        yield from _indented(table(("rows", "stage", "cause"), rows, right=(0,)))
    try:
        for sample in samples(artifact.uri):
            yield from _sample(sample)
    except PenstockError as error:
        yield f"{_INDENT}its rows cannot be shown: {error}"


def _sentence(model: ModelFigures) -> str:
    figures = model.figures
    who = f"model {model.id}" if model.id else "a model of no store"
    facts = [fact for fact in (figures.get("flavor"), figures.get("device")) if fact]
    parts = [f"{model.name}: {who}" if model.name else who]
    if facts:
        parts[0] += f" ({', '.join(map(str, facts))})"
    if model.version:
        parts[0] += f", version {model.version}"
    batches = int(figures.get("batches") or 0)
    parts.append(f"{count(batches)} {'batch' if batches == 1 else 'batches'}")
    parts += _percentiles("rows in a batch", model.percentiles("batch_rows"), ",.0f", "")
    parts += _percentiles("latency", model.percentiles("latency_ms"), ",.3g", " ms")
    if figures.get("load_seconds"):
        parts.append(f"loaded in {duration(float(figures['load_seconds']))}")
    if figures.get("model_bytes"):
        parts.append(size(float(figures["model_bytes"])))
    return "; ".join(parts)


def _percentiles(what: str, found: Sequence[tuple[str, float]], form: str, unit: str) -> list[str]:
    if not found:
        return []
    return [f"{what} " + ", ".join(f"{value:{form}}{unit} ({name} %)" for name, value in found)]


def _sample(sample: Sample) -> Iterator[str]:
    names = list(sample.columns)
    title = f" of {sample.title}" if sample.title else ""
    if not sample.rows:
        yield f"{_INDENT}no rows{title}; columns {', '.join(names)}"
        return
    # What was asked comes first, what was answered last: where not all have room, both ends are shown.
    shown = _fitting(names)
    left_out = f", without {len(names) - len(shown)} columns" if len(shown) < len(names) else ""
    yield f"{_INDENT}first rows{title}{left_out}:"
    cells = [[_cell(row, name) for name in shown] for row in sample.rows]
    yield from _indented(table([_cut(name) for name in shown], cells))


def _fitting(names: Sequence[str]) -> list[str]:
    """Returns the columns that there is room for; which model it was gives way first."""
    shown = list(names)
    while len(shown) > _COLUMNS:
        identity = next((name for name in shown if name.endswith(_IDENTITY)), None)
        shown.remove(shown[1] if identity is None else identity)
    return shown


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    if isinstance(value, (list, tuple)):
        return _cut(
            "[" + ", ".join(f"{one:.4g}" if isinstance(one, float) else str(one) for one in value) + "]"
        )
    return _cut(" ".join(str(value).split()))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _indented(text: str) -> Iterator[str]:
    return (f"{_INDENT * 2}{line}" for line in text.splitlines())
