# SPDX-License-Identifier: Apache-2.0
"""Types the cells of a column.

An int is an optional sign and decimal digits within 64 bits; a float whatever Python's ``float`` takes, without
underscores; both may have blanks around them. What a CSV cell shows decides, so ``007`` is the int 7 and ``1e3`` a
float.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from penstock.examples.kinds import FeatureKind

FLOAT32 = pa.float32()

_WIDER: dict[FeatureKind, FeatureKind] = {"int": "float", "float": "bytes"}


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that is wider than those before it.

    Attributes:
        index: Its index in the column.
        before: Kind of the cells before it.
        after: Kind that the column needs from here on.
    """

    index: int
    before: FeatureKind
    after: FeatureKind


def parse(cells: pa.Array, kind: FeatureKind, floats: pa.DataType = FLOAT32) -> pa.Array | None:
    """Returns a column of text as values of a kind, or ``None`` where a cell is not of that kind.

    Args:
        cells: The text; null is a missing value.
        kind: Wanted kind.
        floats: Type of floats: that of tf.Examples, or ``float64`` where every digit counts.
    """
    if kind == "bytes":
        return cells
    parsed = _parse_plain(cells, kind, floats)
    if parsed is None:
        tidy = pc.replace_substring_regex(pc.ascii_trim_whitespace(cells), r"^\+([^+-])", r"\1")
        parsed = None if tidy.equals(cells) else _parse_plain(tidy, kind, floats)
    return parsed


def widen(cells: pa.Array, kind: FeatureKind | None) -> tuple[FeatureKind | None, pa.Array, list[Change]]:
    """Returns a column as values of the narrowest kind that fits, but not narrower than ``kind``.

    Args:
        cells: The text; null is a missing value.
        kind: Kind of the column's earlier cells; ``None`` if all were missing.

    Returns:
        The kind (``None`` if still no cell has a value), the values, and where the kind changed on the way.
    """
    if cells.null_count == len(cells):
        return kind, pa.nulls(len(cells)) if kind is None else parse(cells, kind), []
    current: FeatureKind = kind or "int"
    changes: list[Change] = []
    while (parsed := parse(cells, current)) is None:
        index = first_misfit(cells, current)
        after = _WIDER[current]
        if changes and changes[-1].index == index:
            changes[-1] = Change(index, changes[-1].before, after)
        else:
            changes.append(Change(index, current, after))
        current = after
    return current, parsed, changes


def first_misfit(cells: pa.Array, kind: FeatureKind) -> int:
    """Returns the index of the first cell that is not of a kind; there must be one."""
    low, high = 0, len(cells)
    while high - low > 1:
        middle = (low + high) // 2
        if parse(cells.slice(low, middle - low), kind) is None:
            high = middle
        else:
            low = middle
    return low


def _parse_plain(cells: pa.Array, kind: FeatureKind, floats: pa.DataType) -> pa.Array | None:
    try:
        if kind == "float":
            return pc.cast(pc.cast(cells, pa.float64()), floats)
        parsed = pc.cast(cells, pa.int64())
    except pa.ArrowInvalid:
        return None
    # Arrow takes 0x1F for an integer; nobody else does.
    is_hexadecimal = pc.or_(pc.starts_with(cells, "0x"), pc.starts_with(cells, "0X"))
    return None if pc.any(is_hexadecimal).as_py() else parsed
