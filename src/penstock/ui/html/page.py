# SPDX-License-Identifier: Apache-2.0
"""The frame that all pages share: head, heading, style, script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from penstock.artifacts.artifact import Artifact
from penstock.ui.html.markup import Html, el, join


def page(title: str, artifact: Artifact, sections: Iterable[Html], chips: Sequence[str] = ()) -> str:
    """Returns a whole page.

    Args:
        title: What is shown ("Statistics").
        artifact: Whose page it is.
        sections: The content, top down.
        chips: Short facts beside the artifact's id (span, splits).
    """
    name = f"{title} · artifact {artifact.id}" if artifact.id else title
    body = join(
        [
            _header(title, artifact, chips),
            el("main", *sections),
            el("footer", el("p", "Made by Penstock from the artifact's files. This page needs no network.")),
            el("script", Html(_resource("page.js"))),
        ]
    )
    head = join(
        [
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("title", name),
            el("style", Html(_resource("page.css"))),
        ]
    )
    return f"<!doctype html>\n{el('html', el('head', head), el('body', body), lang='en')}\n"


def _header(title: str, artifact: Artifact, chips: Sequence[str]) -> Html:
    facts = [f"{artifact.type_name} {artifact.id}" if artifact.id else artifact.type_name, *chips]
    return el(
        "header",
        el(
            "div",
            el("p", "Penstock", class_="brand"),
            el("h1", title),
            el("ul", *(el("li", fact) for fact in facts), class_="chips", aria_label="About this artifact"),
            el("p", artifact.uri, class_="uri", title="Where the artifact's files are"),
        ),
        el(
            "button",
            "Light / dark",
            type="button",
            id="theme",
            hidden=True,
            title="Switch between the light and the dark theme",
        ),
    )


def section(heading: str, *children: str | None, id: str | None = None, note: str | None = None) -> Html:
    """Returns a section with a heading."""
    return el("section", el("h2", heading), el("p", note, class_="note") if note else None, *children, id=id)


def cards(facts: Iterable[tuple[str, str, str]]) -> Html:
    """Returns a row of figures: (label, figure, what it is of)."""
    return el(
        "dl",
        *(
            el(
                "div",
                el("dt", label),
                el("dd", figure),
                el("dd", remark, class_="remark") if remark else None,
            )
            for label, figure, remark in facts
        ),
        class_="cards",
    )


def badge(text: str, kind: str = "plain") -> Html:
    """Returns a short word in a coloured box: ``good``, ``bad``, ``warn``, ``info`` or ``plain``."""
    return el("span", text, class_=f"badge {kind}")


def legend(names: Sequence[str]) -> Html:
    """Returns which colour stands for which series."""
    return el(
        "ul",
        *(
            el("li", el("span", class_=f"swatch s{index % 6}", aria_hidden="true"), name)
            for index, name in enumerate(names)
        ),
        class_="legend",
    )


def empty(text: str) -> Html:
    """Returns a remark in place of content."""
    return el("p", text, class_="empty")


def _resource(name: str) -> str:
    return resources.files("penstock.ui.html").joinpath(name).read_text(encoding="utf-8")
