# SPDX-License-Identifier: Apache-2.0
"""What the output can show: colours, a live display, how many columns."""

from __future__ import annotations

import os
import shutil
from typing import IO, Any

_COLOURS = {"green": "32", "yellow": "33", "red": "31", "dim": "2", "bold": "1"}

STATE_COLOURS = {
    "ran": "green",
    "cached": "green",
    "skipped": "yellow",
    "failed": "red",
    "cancelled": "red",
    "not run": "yellow",
    "COMPLETE": "green",
    "FAILED": "red",
    "CANCELED": "red",
    "KILLED": "red",
}
"""Colour of a node's or a run's state."""


def is_live(stream: IO[Any]) -> bool:
    """Says whether a display that redraws itself makes sense: on a terminal that can, with nobody asking for less."""
    return _is_capable_terminal(stream) and not os.environ.get("CI")


def has_colours(stream: IO[Any]) -> bool:
    """Says whether text may be coloured; ``NO_COLOR`` (https://no-color.org) is heeded."""
    return _is_capable_terminal(stream)


def _is_capable_terminal(stream: IO[Any]) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: IO[Any]) -> int | None:
    """Returns the width of the terminal, ``None`` where the output is none and lines may be of any length."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


class Palette:
    """Colours text, or leaves it as it is.

    Args:
        enabled: Whether to colour.
    """

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    def paint(self, text: str, colour: str | None) -> str:
        """Returns the text in a colour, ``None`` for its own."""
        if not self._enabled or colour is None:
            return text
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"

    def state(self, text: str) -> str:
        """Returns a state in its colour; blanks around it stay."""
        return self.paint(text, STATE_COLOURS.get(text.strip()))


PLAIN = Palette(False)
