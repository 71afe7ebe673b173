# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["import", "change", "differs"]
"""An import to change; something to change by hand; something that works and is not quite the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in one place.

    Attributes:
        path: The file, as it was given.
        line: Line, from 1.
        kind: What is to be done about it.
        name: What it is about: the statement for an import, else a name as the code's reader knows it.
        text: What to do: the new statement for an import, else a sentence or two.
    """

    path: str
    line: int
    kind: Kind
    name: str
    text: str

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path}:{self.line}"
