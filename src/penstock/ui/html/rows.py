# SPDX-License-Identifier: Apache-2.0
"""Rows of data as a table: numbers flush right, missing values as a dash, bytes by their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from penstock.ui.html.markup import Html, el
from penstock.ui.html.numbers import DASH
from penstock.ui.html.page import empty, section
from penstock.ui.inference_facts import Sample

_LONGEST_TEXT = 200


def sample_section(sample: Sample, title: str = "First rows") -> Html:
    """Returns a section with the first rows of a folder of files."""
    if not sample.rows:
        return section(title, empty(f"There are no rows. Columns: {', '.join(sample.columns)}."))
    rows = [el("tr", *(_cell(row, name) for name in sample.columns)) for row in sample.rows]
    numeric = {name for name in sample.columns if any(_is_number(row.get(name)) for row in sample.rows)}
    return section(title, table(list(sample.columns), rows, title, numeric))


def table(
    headings: Sequence[str], rows: Sequence[Html], label: str, numeric: Collection[str] = ("Rows",)
) -> Html:
    """Returns a table that may be wider than the page.

    Args:
        headings: One text per column.
        rows: Its ``tr`` elements.
        label: What it is, for those who do not see it.
        numeric: Headings of the columns that hold numbers.
    """
    head = el(
        "tr",
        *(el("th", name, scope="col", class_="num" if name in numeric else None) for name in headings),
    )
    return el("div", el("table", el("thead", head), el("tbody", *rows), aria_label=label), class_="scroll")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(row: Mapping[str, Any], name: str) -> Html:
    value = row.get(name)
    if _is_number(value):
        return el("td", _plain(value), class_="num")
    return el("td", DASH if value is None else _text(value))


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    text = f"[{', '.join(map(_text, value))}]" if isinstance(value, list) else _plain(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"
