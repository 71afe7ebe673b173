# SPDX-License-Identifier: Apache-2.0
"""How rows are shared out among splits: names, sizes, and by which hash. Light; ``assignment`` does the work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from penstock.errors import ParameterError

SplitAlgorithm = Literal["penstock-mix64", "tfx-sha256"]
"""``penstock-mix64``: see ``penstock.examples.hashing``. ``tfx-sha256``: TFX's membership; see ``tfx_hash``."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class SplitShare:
    """One split that rows are shared out to.

    Attributes:
        name: Its name.
        buckets: Its share of all buckets, at least 1.
    """

    name: str
    buckets: int


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How rows are shared out: a row whose hash falls into one of a split's buckets belongs to that split.

    Attributes:
        shares: The splits, in the order of their buckets.
        feature: Name of the feature whose values are hashed, so that rows which agree in it stay together; ``None``
            for the whole row.
        algorithm: The hash.
    """

    shares: tuple[SplitShare, ...]
    feature: str | None = None
    algorithm: SplitAlgorithm = "penstock-mix64"

    def __post_init__(self) -> None:
        check_split_names(self.names)
        for share in self.shares:
            if share.buckets < 1:
                raise ParameterError(
                    f"split {share.name!r} has no buckets",
                    input="hash_buckets",
                    expected="at least 1",
                    got=str(share.buckets),
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the splits."""
        return tuple(share.name for share in self.shares)

    @property
    def total_buckets(self) -> int:
        """Number of buckets of all splits together."""
        return sum(share.buckets for share in self.shares)


TRAIN_AND_EVAL = (SplitShare("train", 2), SplitShare("eval", 1))
"""What rows are shared out to where nothing else is said, as in TFX."""


def check_split_names(names: tuple[str, ...]) -> None:
    """Checks names of splits.

    Raises:
        ParameterError: There is none, one has characters that a folder's name should not have, or is there twice.
    """
    if not names:
        raise ParameterError("there must be at least one split", input="splits")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ParameterError(
                f"{name!r} is no name for a split",
                input="splits",
                expected="letters, digits, _ and -, the first a letter or digit",
            )
        if names.count(name) > 1:
            raise ParameterError(
                f"split {name!r} is there twice", input="splits", expected="names that differ"
            )
