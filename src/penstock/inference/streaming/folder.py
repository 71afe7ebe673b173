# SPDX-License-Identifier: Apache-2.0
"""A watched folder as a source: which of its files are complete, and which were seen before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penstock import files
from penstock.errors import StorageError
from penstock.files.listing import Listed, list_matching
from penstock.inference.streaming.incoming import Incoming, SourceLostError, identity_of, result_name
from penstock.inference.streaming.spec import StreamSpec

_IN_THE_MAKING = ("._", (".tmp", ".part"))
_PARQUET_MARK = b"PAR1"
_SMALLEST_PARQUET = 12
_RETRY_SECONDS = 1.0
_LISTING_SHARE = 4
"""A pause is at least this many times as long as a look at the folder takes, so that looking is never all the work."""


@dataclass(slots=True)
class _Seen:
    """What is known of a file as it was seen last; times are of a clock that only goes forward."""

    listed: Listed
    identity: str
    since: float
    known: bool = False
    unreadable_since: float | None = None
    not_before: float = 0.0
    reason: str = ""


class FolderSource:
    """The files of a folder, each taken once, when it is complete.

    Args:
        spec: The stream.
        folder: URI of the folder.
        is_known: Says whether the stream has an input of that identity already.
        pause: Waits for some seconds, or until the stream is to end.
        clock: A clock that only goes forward.
        list_files: Lists the folder.
    """

    def __init__(
        self,
        spec: StreamSpec,
        folder: str,
        is_known: Callable[[str], bool],
        pause: Callable[[float], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        list_files: Callable[[str, str], list[Listed]] = list_matching,
    ) -> None:
        self._spec = spec
        self._folder = folder.rstrip("/") or "/"
        self._is_known = is_known
        self._pause = pause
        self._clock = clock
        self._list_files = list_files
        self._seen: dict[str, _Seen] = {}
        self._next_look = 0.0

    @property
    def label(self) -> str:
        """The folder's URI."""
        return self._folder

    def poll(self, wait_seconds: float) -> list[Incoming]:
        """Returns complete files that are not known yet, the oldest first; waits where there are none."""
        if (early := self._next_look - self._clock()) > 0:
            self._pause(early)
        begun = self._clock()
        self._look()
        self._next_look = self._clock() + (self._clock() - begun) * _LISTING_SHARE
        ready = self._ready()
        if not ready:
            self._pause(wait_seconds)
        return ready

    def changed(self, incoming: Incoming) -> bool:
        """Says whether another file stands in a file's place now."""
        found = self._there(incoming)
        return found is not None and any(listed.stamp != incoming.stamp for listed in found)

    def unreadable(self, incoming: Incoming, reason: str) -> bool:
        """Has a file be tried again in a moment, until ``give_up_seconds`` are over or where it is gone."""
        if self._there(incoming) == []:
            return True
        seen = self._seen.get(self._name(incoming))
        if seen is not None and seen.identity == incoming.identity:
            self._fail(seen, reason)
            seen.known = False
        return False

    def positions(self, incoming: Sequence[Incoming]) -> dict[str, int]:  # noqa: ARG002  nothing to say
        """Returns none: a folder has no order."""
        return {}

    def settle(self, done: Sequence[Incoming]) -> None:
        """Does nothing: files stay where they are."""

    def present(self) -> frozenset[str]:
        """Returns the identities of the files that are there."""
        return frozenset(seen.identity for seen in self._seen.values())

    def close(self) -> None:
        """Does nothing: nothing is held."""

    # --------------------------------------------------------------------------------------------------------- private

    def _name(self, incoming: Incoming) -> str:
        return incoming.uri[len(self._folder.rstrip("/")) + 1 :]

    def _there(self, incoming: Incoming) -> list[Listed] | None:
        """Returns what stands in a file's place now, ``None`` where the folder itself is out of reach."""
        try:
            found = self._list_files(*_split(self._folder, self._name(incoming)))
        except StorageError:
            return None
        return [listed for listed in found if listed.uri == incoming.uri]

    def _look(self) -> None:
        """Brings what is known of the files up to date."""
        try:
            listing = self._list_files(self._folder, self._spec.pattern)
        except StorageError as error:
            raise SourceLostError(
                f"the watched folder is out of reach: {error.message}",
                input=self._folder,
                hint="mount or make it again; what came in before is not lost",
            ) from error
        now = self._clock()
        before, self._seen = self._seen, {}
        for listed in listing:
            if _in_the_making(listed.name):
                continue
            seen = before.get(listed.name)
            if seen is None or seen.listed.stamp != listed.stamp:
                identity = identity_of(self._folder, listed.name, listed.stamp)
                seen = _Seen(listed, identity, now, known=self._is_known(identity))
            self._seen[listed.name] = seen

    def _ready(self) -> list[Incoming]:
        now = self._clock()
        waiting = [seen for seen in self._seen.values() if not seen.known and now >= seen.not_before]
        waiting.sort(key=lambda seen: (seen.listed.modified, seen.listed.name))
        taken: list[Incoming] = []
        size = 0
        for seen in waiting:
            if taken and (
                len(taken) >= self._spec.tick_files or size + seen.listed.size > self._spec.tick_bytes
            ):
                break
            if (incoming := self._incoming(seen, now)) is not None:
                taken.append(incoming)
                size += seen.listed.size
                seen.known = True
        return taken

    def _incoming(self, seen: _Seen, now: float) -> Incoming | None:
        """Returns a file if it is complete, or has been unreadable for too long."""
        if now - seen.since < self._spec.settle_seconds and not self._is_old(seen.listed):
            return None
        defect = _unusable_name(seen.listed.name)
        if not defect:
            reason = self._incomplete(seen.listed)
            if reason:
                self._fail(seen, reason)
            given_up = self._is_given_up(seen, now)
            if reason and not given_up:
                return None
            defect = seen.reason if given_up else ""
        listed = seen.listed
        return Incoming(
            identity=seen.identity,
            name=result_name(_stem(listed.name), seen.identity),
            uri=_writable(listed.uri),
            label=_on_a_line(_writable(listed.name)),
            size_bytes=listed.size,
            stamp=listed.stamp,
            format=self._spec.format,
            arrived=listed.modified or time.time(),
            defect=defect,
        )

    def _fail(self, seen: _Seen, reason: str) -> None:
        now = self._clock()
        if seen.unreadable_since is None:
            seen.unreadable_since = now
        seen.reason = reason
        seen.not_before = now + min(_RETRY_SECONDS, self._spec.give_up_seconds / 4)

    def _is_given_up(self, seen: _Seen, now: float) -> bool:
        since = seen.unreadable_since
        return since is not None and now - since >= self._spec.give_up_seconds

    def _is_old(self, listed: Listed) -> bool:
        """Says whether a local file was last written so long ago that it needs no further look."""
        age = time.time() - listed.modified
        return files.is_local(self._folder) and listed.modified > 0 and age >= self._spec.settle_seconds

    def _incomplete(self, listed: Listed) -> str:
        """Returns what a file still lacks, as far as that shows without reading it."""
        if listed.size == 0:
            return "the file is empty"
        is_parquet = self._spec.format == "parquet" or (
            self._spec.format is None and listed.name.endswith(".parquet")
        )
        if not is_parquet:
            return ""
        try:
            return (
                "" if _has_footer(listed) else "the Parquet file has no footer: it was not written to its end"
            )
        except (StorageError, OSError) as error:
            return str(error)


def _unusable_name(name: str) -> str:
    """Returns why a file of that name can be neither read nor told of, whatever it holds."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "the file's name is not UTF-8; bring it under another name"
    return ""


def _writable(name: str) -> str:
    """Returns a name as any file can hold it: with bytes that are no UTF-8 as hexadecimal numbers."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _on_a_line(name: str) -> str:
    """Returns a name as a line of a log can hold it: line ends and other control characters escaped."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)


def _has_footer(listed: Listed) -> bool:
    if listed.size < _SMALLEST_PARQUET:
        return False
    with files.open(listed.uri) as file:
        file.seek(listed.size - len(_PARQUET_MARK))
        return bool(file.read(len(_PARQUET_MARK)) == _PARQUET_MARK)


def _in_the_making(name: str) -> bool:
    beginnings, endings = _IN_THE_MAKING
    base = name.rpartition("/")[2]
    return base[:1] in beginnings or base.endswith(endings)


def _stem(name: str) -> str:
    base = name.rpartition("/")[2]
    return base.rpartition(".")[0] or base


def _split(folder: str, name: str) -> tuple[str, str]:
    """Returns a file's own folder and a pattern that only its name matches."""
    below, _, base = name.rpartition("/")
    literal = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in base)
    return (files.join(folder, below) if below else folder), literal
