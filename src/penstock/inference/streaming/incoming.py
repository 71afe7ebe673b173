# SPDX-License-Identifier: Apache-2.0
"""What comes in, what became of it, and what a source of it can do."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from penstock.errors import PenstockError
from penstock.inference.job import ModelRef
from penstock.inference.spec import SourceFormat

_STEM_LENGTH = 100
_DIGEST_LENGTH = 12
_NOT_IN_NAMES = re.compile(r"[^\w.+=,@-]+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that came in, or a batch of messages, which is kept as a file until it is scored.

    Attributes:
        identity: Tells it from everything else that the stream has ever seen: a file by path, size and time, messages
            by their ids.
        name: What its results are called, without an ending.
        uri: The file to read.
        label: How people know it.
        size_bytes: Size of the file.
        stamp: What was seen of the file; another stamp means that it has changed since. Empty for messages.
        format: Format of the file; ``None`` means that its name tells.
        arrived: When it arrived, in seconds since the epoch.
        receipt: What the source needs to give a receipt for messages (see :meth:`Source.settle`).
        defect: Why it cannot be read, where that is known before reading; it goes to the dead letters as it is.
    """

    identity: str
    name: str
    uri: str
    label: str
    size_bytes: int = 0
    stamp: str = ""
    format: SourceFormat | None = None
    arrived: float = 0.0
    receipt: str = ""
    defect: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of something that came in.

    Attributes:
        rows: Rows of its results; where the graph ends in several steps, of all of them.
        failed: Rows, messages or files in its dead letters.
        results: URI of its results by step; none where no row is left.
        dead_letters: URI of its dead letters; empty where there are none.
        models: The models that it was scored with, by name.
    """

    rows: int
    failed: int
    results: Mapping[str, str] = field(default_factory=dict)
    dead_letters: str = ""
    models: Mapping[str, ModelRef] = field(default_factory=dict)


class SourceLostError(PenstockError):
    """A folder or a server is out of reach; it may come back."""


class Source(Protocol):
    """Where a stream's input comes from."""

    @property
    def label(self) -> str:
        """How people know it; the same for the same source, whenever it is opened."""

    def poll(self, wait_seconds: float) -> list[Incoming]:
        """Returns what is there to be scored, not more than a tick takes, waiting for it for a while.

        Raises:
            SourceLostError: The source is out of reach.
        """

    def changed(self, incoming: Incoming) -> bool:
        """Says whether a file has become another one since it was taken; one that is gone has not."""

    def unreadable(self, incoming: Incoming, reason: str) -> bool:
        """Takes note of what could not be read; returns whether that is final, else ``poll`` will bring it again."""

    def positions(self, incoming: Sequence[Incoming]) -> dict[str, int]:
        """Returns where places in the source stand once these are claimed, for the journal to keep."""

    def settle(self, done: Sequence[Incoming]) -> None:
        """Tells the source that messages are done. Telling it twice does no harm.

        Raises:
            SourceLostError: The source is out of reach.
        """

    def present(self) -> frozenset[str]:
        """Returns the identities of what ``poll`` would bring again if the stream forgot that it is done."""

    def close(self) -> None:
        """Lets the source go."""


def identity_of(*parts: str) -> str:
    """Returns the identity that some texts stand for together."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def result_name(stem: str, identity: str) -> str:
    """Returns what the results of an input are called: readable, a valid name everywhere, and no one else's."""
    readable = _NOT_IN_NAMES.sub("_", stem).strip("._")[:_STEM_LENGTH] or "input"
    return f"{readable}-{identity[:_DIGEST_LENGTH]}"
