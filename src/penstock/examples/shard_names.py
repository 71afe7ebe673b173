# SPDX-License-Identifier: Apache-2.0
"""What the files of one split are called, while they are written and afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock import files


@dataclass(frozen=True, slots=True)
class ShardNames:
    """Names of the files of one split.

    Attributes:
        folder: URI of the split's folder.
        prefix: How the names begin.
        suffix: How they end, with the dot.
    """

    folder: str
    prefix: str
    suffix: str

    def unfinished(self, index: int) -> str:
        """Returns the URI of a file whose split is still being written: hidden from every reader's pattern."""
        return files.join(self.folder, f".{self.prefix}-{index:05d}{self.suffix}")

    def finish(self, unfinished: Sequence[str]) -> list[str]:
        """Gives files their final names, ``<prefix>-00000-of-00002<suffix>`` as in TFX, and returns these."""
        count = len(unfinished)
        final = [
            files.join(self.folder, f"{self.prefix}-{index:05d}-of-{count:05d}{self.suffix}")
            for index in range(count)
        ]
        for before, after in zip(unfinished, final, strict=True):
            files.rename(before, after)
        return final
