# SPDX-License-Identifier: Apache-2.0
"""The folder in which a stream keeps its state; one process at a time has it."""

from __future__ import annotations

import fcntl
import os
from types import TracebackType

from penstock import files
from penstock.errors import StorageError, UsageError
from penstock.metadata.owner import Owner

_LOCK = "lock"


class StateFolder:
    """A stream's state folder, made where it is missing and locked for as long as this is open.

    The lock is the system's, so that it goes with the process however that ends.

    Args:
        path: The folder, on a local disk.

    Raises:
        StorageError: It cannot be made or written.
        UsageError: Another process has it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        lock = os.path.join(path, _LOCK)
        with files.storage_errors("write", lock):
            os.makedirs(path, exist_ok=True)
            self._descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._take()
            except BaseException:
                os.close(self._descriptor)
                raise

    def _take(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"the state folder {self.path} is in use by another stream",
                got=_owner_text(os.pread(self._descriptor, 4096, 0).decode("utf-8", "replace")),
                hint="end that one first, or name a state folder of its own for this one",
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, Owner.current().to_text().encode(), 0)

    def file(self, *names: str) -> str:
        """Returns the path of something in the folder."""
        return os.path.join(self.path, *names)

    def check(self) -> None:
        """Checks that the folder is still the one that was opened.

        Raises:
            StorageError: It was removed or moved away: what is done from now on would not be remembered.
        """
        try:
            there = os.stat(os.path.join(self.path, _LOCK))
        except OSError:
            there = None
        if there is None or not os.path.samestat(there, os.fstat(self._descriptor)):
            raise StorageError(
                f"the state folder {self.path} was taken away",
                input=self.path,
                hint="bring it back; without it, what is done is scored again",
            )

    def close(self) -> None:
        """Lets the folder go."""
        os.close(self._descriptor)

    def __enter__(self) -> StateFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _owner_text(text: str) -> str:
    try:
        owner = Owner.from_text(text)
    except (ValueError, TypeError):
        return "a process that has just begun"
    return f"process {owner.pid} on {owner.host} has it"
