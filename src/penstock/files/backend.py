# SPDX-License-Identifier: Apache-2.0
"""What a file system must be able to do, and how its errors are told."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol

from penstock.errors import StorageError

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Entry:
    """A file found under a folder.

    Attributes:
        name: Path relative to that folder, with ``/``; the base name for a file that was itself asked for.
        uri: Full URI.
        size: Bytes.
    """

    name: str
    uri: str
    size: int


class Backend(Protocol):
    """One kind of file system; the functions of ``penstock.files`` say what each method does."""

    def open(self, uri: str, mode: str) -> IO[Any]: ...
    def exists(self, uri: str) -> bool: ...
    def is_dir(self, uri: str) -> bool: ...
    def listdir(self, uri: str) -> list[str]: ...
    def glob(self, pattern: str) -> list[str]: ...
    def glob_names(self, base: str, pattern: str) -> list[str]: ...
    def walk(self, uri: str) -> list[Entry]: ...
    def makedirs(self, uri: str) -> None: ...
    def remove_tree(self, uri: str) -> None: ...
    def rename(self, source: str, target: str) -> None: ...
    def size(self, uri: str) -> int: ...
    def write_atomic(self, uri: str, content: bytes) -> None: ...


@contextmanager
def storage_errors(action: str, uri: str) -> Iterator[None]:
    """Turns whatever ``OSError`` the block raises into a :class:`StorageError` that names path and cause.

    Args:
        action: Verb for the message, such as ``write``.
        uri: The file or folder concerned.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(action, uri, error) from error


def storage_error(action: str, uri: str, error: OSError) -> StorageError:
    """Says an ``OSError`` as a :class:`StorageError`."""
    cause = error.strerror or str(error) or type(error).__name__
    message = f"cannot {action} {uri}"
    if error.errno in _NO_SPACE:
        return StorageError(
            f"{message}: the disk is full",
            input=uri,
            got=cause,
            hint="free space there, or put pipeline_root on a larger disk, and run again",
        )
    if error.errno in _DENIED:
        return StorageError(
            f"{message}: not permitted", input=uri, got=cause, hint="check owner, mode and mount of that path"
        )
    if isinstance(error, FileNotFoundError):
        return StorageError(f"{message}: no such file or folder", input=uri, hint="check the path")
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return StorageError(
            f"{message}: a file is in the way",
            input=uri,
            got=cause,
            hint="name another folder, or take that file away",
        )
    return StorageError(f"{message}: {cause}", input=uri)
