# SPDX-License-Identifier: Apache-2.0
"""Tables as text, and numbers and times as people write them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

_GAP = "  "
_NARROWEST = 20


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    width: int | None = None,
    paint: Callable[[int, str], str] = lambda column, cell: cell,  # noqa: ARG005  leaves the text as it is
) -> str:
    """Returns a table.

    Args:
        header: One text per column; columns that are empty in all rows are left out.
        rows: The cells.
        right: Columns that are flush right.
        width: Where lines must end; the last column is wrapped then.
        paint: Colours a cell that is already padded, given its column.
    """
    shown = [i for i in range(len(header)) if not rows or any(row[i] for row in rows)]
    widths = {i: max(len(header[i]), *(len(row[i]) for row in rows), 0) for i in shown}
    last = shown[-1] if shown else 0
    indent = sum(widths[i] + len(_GAP) for i in shown[:-1])
    room = max(width - indent, _NARROWEST) if width else None

    def line(cells: Sequence[str], colour: Callable[[int, str], str]) -> list[str]:
        padded = [
            colour(i, cells[i].rjust(widths[i]) if i in right else cells[i].ljust(widths[i]))
            for i in shown[:-1]
        ]
        end = cells[last].rjust(widths[last]) if last in right else cells[last]
        folded = textwrap.wrap(end, room, break_long_words=False) if room and len(end) > room else [end]
        first, *more = folded or [""]
        lines = [_GAP.join([*padded, colour(last, first)])]
        return [text.rstrip() for text in lines + [" " * indent + colour(last, part) for part in more]]

    lines = line(header, lambda _, cell: cell)
    for row in rows:
        lines += line(row, paint)
    return "\n".join(lines)


def count(number: int | None) -> str:
    """Returns a number of things with thousands set apart, ``""`` for ``None``."""
    return "" if number is None else f"{number:,}"


def duration(seconds: float) -> str:
    """Returns a duration: tenths up to a minute, then minutes and hours."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def size(size_bytes: float) -> str:
    """Returns a size in bytes with a unit of 1,024."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size_bytes < 1024 or unit == "GiB":
            return f"{size_bytes:,.0f} bytes" if unit == "bytes" else f"{size_bytes:,.1f} {unit}"
        size_bytes /= 1024
    raise AssertionError("the last unit takes every size")
