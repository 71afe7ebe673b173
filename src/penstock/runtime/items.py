# SPDX-License-Identifier: Apache-2.0
"""Items of loops: which of its instances a node's work is."""

from __future__ import annotations

from penstock.errors import UsageError

Item = tuple[int, ...]
"""Positions in the loops around a node, the outermost first; ``()`` where there is none."""


def item_text(item: Item) -> str:
    """Returns an item as names of executions have it: ``2.1``; ``0`` where there is no loop."""
    return item_label(item) or "0"


def parse_item(text: str) -> Item:
    """Reads an item such as ``2.1``.

    Raises:
        UsageError: The text is not one.
    """
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(
            "that is no item of a loop", expected="numbers from 0, such as 2 or 2.1", got=repr(text)
        )
    return tuple(map(int, parts))


def instance_name(node_id: str, item: Item | str) -> str:
    """Returns what a node's work on one item is called in messages: ``Trainer[2.1]``."""
    text = item if isinstance(item, str) else item_label(item)
    return f"{node_id}[{text}]" if text else node_id


def item_label(item: Item) -> str:
    """Returns an item as results have it: ``2.1``, and ``""`` where there is no loop."""
    return ".".join(map(str, item))
