# SPDX-License-Identifier: Apache-2.0
"""Builds HTML whose text is always escaped: only what ``el`` returned goes in as it is."""

from __future__ import annotations

import html
from collections.abc import Iterable

Attribute = str | int | float | bool | None

_VOID = frozenset({"br", "hr", "input", "meta"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def el(name: str, /, *children: str | None, **attributes: Attribute) -> Html:
    """Returns an element.

    Args:
        name: Tag name.
        children: Markup from ``el`` and ``join``, or plain text, which is escaped; ``None`` is left out.
        attributes: A trailing underscore is dropped (``class_``), the others become hyphens (``aria_label``);
            ``True`` is written without value, ``None`` and ``False`` are left out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(parts: Iterable[str | None], separator: str = "") -> Html:
    """Returns the parts one after another, plain text escaped."""
    return Html(separator.join(_safe(part) for part in parts if part is not None))


def _safe(part: str) -> str:
    return part if isinstance(part, Html) else html.escape(part, quote=False)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name == "viewbox":
        name = "viewBox"
    if value is True:
        return f" {name}"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(text)}"'
