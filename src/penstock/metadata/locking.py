# SPDX-License-Identifier: Apache-2.0
"""A lock between processes, so that writers of one SQLite file queue instead of failing each other."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from penstock.errors import MetadataError

_FIRST_WAIT_SECONDS = 0.0005
_LONGEST_WAIT_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class FileLock:
    """An exclusive lock that ends with its process, however that ends.

    SQLite refuses a second writer at once instead of letting it wait, and ml-metadata then sleeps for seconds. Every
    acquisition opens the file anew: a lock belongs to an open file, which threads and forked children would share.

    Attributes:
        path: The lock file, made at its first use and left in place.
        timeout_seconds: How long to wait for another holder.
    """

    path: str
    timeout_seconds: float

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Holds the lock.

        Raises:
            MetadataError: The lock file cannot be made, or another process holds the lock for too long.
        """
        descriptor = self._open()
        try:
            self._wait(descriptor)
            try:
                _write_holder(descriptor)
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise MetadataError(
                "the lock file beside the metadata store cannot be opened",
                input=self.path,
                got=error.strerror,
                hint="the folder of the store must be writable",
            ) from error

    def _wait(self, descriptor: int) -> None:
        deadline = time.monotonic() + self.timeout_seconds
        pause = _FIRST_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._timed_out() from None
            else:
                return
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 1.5, _LONGEST_WAIT_SECONDS)

    def _timed_out(self) -> MetadataError:
        holder = read_holder(self.path)
        return MetadataError(
            "the metadata store is locked by another process",
            input=self.path,
            expected=f"the lock within {self.timeout_seconds:g} s",
            got=f"held by {holder}" if holder else "still held",
            hint="wait for that process, or end it; the lock goes with it",
        )


def _write_holder(descriptor: int) -> None:
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()
    with contextlib.suppress(
        OSError
    ):  # on a full disk the lock holds as well, and the store says what is wrong
        if os.pread(descriptor, len(text) + 1, 0) != text:  # mostly it was this process that had it last
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, text, 0)


def read_holder(path: str) -> str:
    """Returns the process that last took the lock, as words for a message; ``""`` where it is unknown."""
    try:
        with open(path, encoding="utf-8") as file:
            holder = json.load(file)
        return f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
