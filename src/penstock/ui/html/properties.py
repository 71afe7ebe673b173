# SPDX-License-Identifier: Apache-2.0
"""What every artifact has: properties and files. As sections of a page, and as the page of types without their own."""

from __future__ import annotations

from collections.abc import Collection

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.ui.artifact_page import properties_of, shown
from penstock.ui.html.markup import Html, el
from penstock.ui.html.page import empty, page, section
from penstock.ui.html.rows import table
from penstock.ui.tables import size

_MOST_FILES = 30


def render(artifact: Artifact) -> str:
    """Returns a page of an artifact of any type."""
    sections = [properties_section(artifact), files_section(artifact)]
    return page(artifact.type_name, artifact, [part for part in sections if part is not None])


def properties_section(artifact: Artifact, without: Collection[str] = ()) -> Html | None:
    """Returns a section with what is recorded of an artifact, ``None`` where nothing is.

    Args:
        artifact: The artifact.
        without: Names of properties that are told elsewhere.
    """
    rows = [
        el("tr", el("th", name, scope="row"), el("td", el("code", shown(value).strip())))
        for name, value in properties_of(artifact)
        if name not in without
    ]
    return section("Properties", table(("Property", "Value"), rows, "Properties", ())) if rows else None


def files_section(artifact: Artifact) -> Html:
    """Returns a section with the files of an artifact."""
    if not artifact.uri or not files.exists(artifact.uri):
        return section("Files", empty("The artifact's files are not there."))
    entries = files.walk(artifact.uri)
    rows = [
        el("tr", el("td", el("code", entry.name or artifact.uri)), el("td", size(entry.size), class_="num"))
        for entry in entries[:_MOST_FILES]
    ]
    left_out = len(entries) - len(rows)
    return section(
        "Files",
        table(("File", "Size"), rows, "Files", numeric=("Size",)) if rows else empty("Its folder is empty."),
        el("p", f"and {left_out:,} more", class_="note") if left_out else None,
        note=f"{size(sum(entry.size for entry in entries))} in all",
    )
