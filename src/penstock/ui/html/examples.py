# SPDX-License-Identifier: Apache-2.0
"""The page of examples: how many in which split, their features, and the first rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import SplitArtifact
from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import count
from penstock.ui.html.page import badge, cards, empty, page, section
from penstock.ui.html.rows import sample_section, table
from penstock.ui.inference_facts import Sample, samples
from penstock.ui.tables import size

_SHOWN_ROWS = 10
_SPLIT_FOLDER = "Split-"


def render(artifact: Artifact) -> str:
    """Returns the page of an Examples artifact.

    Raises:
        DataError: Its files are damaged.
    """
    order = [f"{_SPLIT_FOLDER}{split}" for split in _splits(artifact)]
    found = [s for s in samples(artifact.uri, _SHOWN_ROWS) if s.title.startswith(_SPLIT_FOLDER)]
    found.sort(key=lambda sample: order.index(sample.title) if sample.title in order else len(order))
    sections = [cards(_totals(artifact, found))]
    if found:
        sections.append(section("Features", _features(found[0])))
        sections += [sample_section(sample, _heading(sample)) for sample in found]
    else:
        sections.append(empty("The artifact's folder holds no examples."))
    return page("Examples", artifact, sections, list(_chips(artifact)))


def _heading(sample: Sample) -> str:
    return f"First rows of {sample.title.removeprefix(_SPLIT_FOLDER)}"


def _chips(artifact: Artifact) -> Iterator[str]:
    if artifact.has_custom_property("span"):
        yield f"span {artifact.get_int_custom_property('span')}"
    if artifact.get_string_custom_property("file_format"):
        yield artifact.get_string_custom_property("file_format")
    yield from _splits(artifact)


def _splits(artifact: Artifact) -> tuple[str, ...]:
    return artifact.splits if isinstance(artifact, SplitArtifact) else ()


def _totals(artifact: Artifact, found: list[Sample]) -> list[tuple[str, str, str]]:
    rows, sizes = _by_split(artifact, "rows"), _by_split(artifact, "bytes")
    known = [split for split in dict.fromkeys((*_splits(artifact), *rows)) if split in rows]
    totals = [
        (f"{split} rows", count(rows[split]), size(sizes[split]) if split in sizes else "") for split in known
    ]
    return [*totals, ("features", count(len(found[0].columns)), "")] if found else totals


def _by_split(artifact: Artifact, name: str) -> Mapping[str, float]:
    recorded: Any = artifact.get_json_value_custom_property(name)
    return recorded if isinstance(recorded, dict) else {}


def _features(sample: Sample) -> Html:
    rows = [
        el("tr", el("th", name, scope="row"), el("td", badge(kind, "info") if kind else None))
        for name, kind in sample.columns.items()
    ]
    return table(("Feature", "Type"), rows, "Features", numeric=())
