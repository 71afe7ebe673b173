# SPDX-License-Identifier: Apache-2.0
"""Numbers that cells of text and values of JSON show, one at a time. Light: nothing is imported for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.inference.columns import Kind

_INTS = range(-(2**63), 2**63)
_WHOLE = re.compile(r"[+-]?[0-9]+")
_EXACT = 2**53
"""Up to here, a float tells whole numbers apart."""
_LONGEST_INT = 20
_SHOWN = 100


def cell_as(text: str, kind: Kind) -> int | float | None:
    """Returns the number that a cell shows, whole numbers as ``int``; ``None`` where it shows none of that kind.

    Args:
        text: The cell.
        kind: ``int`` takes ``3`` and ``3.0``, ``float`` any number.
    """
    tidy = text.strip(" \t\n\r\v\f")
    if not tidy.isascii() or "_" in tidy:
        return None
    if _WHOLE.fullmatch(tidy) and len(tidy) <= _LONGEST_INT and int(tidy) in _INTS:
        return int(tidy)
    try:
        number: int | float | None = value_as(float(tidy), kind)
    except ValueError:
        return None
    return number


def value_as(value: Any, kind: Kind) -> Any:
    """Returns a value of JSON as a number, or numbers where it is a list; ``None`` where it is none of that kind."""
    if isinstance(value, list):
        items = [value_as(item, kind) for item in value]
        return None if None in items else items
    if isinstance(value, int):
        return int(value) if kind == "float" or value in _INTS else None
    if not isinstance(value, float):
        return None
    if kind == "float":
        return value
    return int(value) if value.is_integer() and abs(value) < _EXACT else None


def cause_of(unreadable: Mapping[str, Any], kinds: Mapping[str, Kind]) -> str:
    """Returns in a line why a row was given up.

    Args:
        unreadable: The cells that are not what is wanted, by column.
        kinds: What is wanted.
    """
    return "; ".join(
        f"column {name!r} has {_shown(value)}, which is no {'whole ' * (kinds[name] == 'int')}number"
        for name, value in unreadable.items()
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
