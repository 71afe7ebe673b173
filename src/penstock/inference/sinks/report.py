# SPDX-License-Identifier: Apache-2.0
"""What a delivery says about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SinkReport:
    """What was delivered to one sink.

    Attributes:
        destination: Where, as it may be printed: no password.
        rows: Rows that were given.
        duplicates: Of these, rows whose key a later row of the same delivery has: the later one was written;
            ``None`` where that is not known.
        replaced: Rows of a database that were there before under the same key; ``None`` likewise.
        repeated: Whether an earlier attempt had delivered these very rows, so that nothing was done.
        files: URIs of the files that were written, in the order of their rows.
        seconds: How long it took.
    """

    destination: str
    rows: int
    duplicates: int | None = 0
    replaced: int | None = 0
    repeated: bool = False
    files: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def sentence(self) -> str:
        """The report as one line for a person."""
        if self.repeated:
            return f"{self.destination}: delivered before, nothing to do"
        notes = []
        if self.replaced:
            notes.append(f"{self.replaced:,} replaced")
        if self.duplicates:
            notes.append(f"{self.duplicates:,} repeated a key: the last row of each was kept")
        noted = f" ({'; '.join(notes)})" if notes else ""
        return f"{self.destination}: {self.rows:,} {'row' if self.rows == 1 else 'rows'}{noted}"
