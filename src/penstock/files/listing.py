# SPDX-License-Identifier: Apache-2.0
"""What a folder holds right now, with what tells whether a file has changed since the last look."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from penstock import files
from penstock.errors import PenstockError, StorageError
from penstock.files.local import is_local, local_path

_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
_TAGS = ("ETag", "etag", "md5Hash", "content_md5")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a folder.

    Attributes:
        name: Path relative to the folder, with ``/``.
        uri: Full URI.
        size: Bytes.
        stamp: Text that changes where the file does, as far as its file system tells.
        modified: When it was last written, in seconds since the epoch; 0 where its file system does not tell.
    """

    name: str
    uri: str
    size: int
    stamp: str
    modified: float


def list_matching(folder: str, pattern: str) -> list[Listed]:
    """Returns the files of a folder that match a pattern, sorted by name; what was cached of it is read anew.

    Args:
        folder: The folder. One that does not exist is an error, save in an object store, where none exists.
        pattern: Pattern of the names; ``*`` stays within one folder, ``**`` stands for any number of folders. Folders
            that begin with ``.`` or ``_`` are left alone.

    Raises:
        StorageError: The folder cannot be read.
    """
    parts = pattern.split("/")
    try:
        with files.storage_errors("list", folder):
            found = _local(folder, parts) if is_local(folder) else _remote(folder, parts)
            return sorted(found, key=lambda listed: listed.name)
    except PenstockError:
        raise
    except (
        Exception
    ) as error:  # the clients of object stores have errors of their own for connections and sign-ins
        raise StorageError(f"cannot list {folder}: {type(error).__name__}: {error}", input=folder) from error


def matches(name: Sequence[str], pattern: Sequence[str]) -> bool:
    """Says whether a path matches a pattern, both given as the parts between slashes."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return matches(name, pattern[1:]) or (bool(name) and matches(name[1:], pattern))
    return bool(name) and fnmatchcase(name[0], pattern[0]) and matches(name[1:], pattern[1:])


def _local(folder: str, pattern: Sequence[str]) -> Iterator[Listed]:
    root = local_path(folder)
    waiting = [""]
    while waiting:
        below = waiting.pop()
        for entry in _scanned(root, below):
            name = f"{below}/{entry.name}" if below else entry.name
            if len(pattern) > 1 and entry.is_dir(follow_symlinks=False):
                if entry.name[0] not in "._":
                    waiting.append(name)
            elif matches(name.split("/"), pattern):
                yield from _stated(entry, name, folder)


def _scanned(root: str, below: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(os.path.join(root, below)) as entries:
            return list(entries)
    except FileNotFoundError:
        if not below:
            raise
        return []  # gone since the folder above it was looked at


def _stated(entry: os.DirEntry[str], name: str, folder: str) -> Iterator[Listed]:
    try:
        if not entry.is_file():
            return
        status = entry.stat()
    except FileNotFoundError:  # gone since
        return
    stamp = f"{status.st_size}:{status.st_mtime_ns}"
    yield Listed(name, files.join(folder, name), status.st_size, stamp, status.st_mtime)


def _remote(folder: str, pattern: Sequence[str]) -> Iterator[Listed]:
    from penstock.files.remote import resolve

    file_system, root = resolve(folder)
    root = root.rstrip("/")
    file_system.invalidate_cache()
    deep = len(pattern) > 1
    for info in file_system.find(root, detail=True).values() if deep else file_system.ls(root, detail=True):
        name = info["name"][len(root) :].strip("/")
        parts = name.split("/")
        hidden = any(part[:1] in ("", ".", "_") for part in parts[:-1])
        if info["type"] == "file" and name and not hidden and matches(parts, pattern):
            yield _described(info, name, folder)


def _described(info: dict[str, Any], name: str, folder: str) -> Listed:
    size = int(info["size"] or 0)
    time = next((info[key] for key in _TIMES if info.get(key)), None)
    tag = next((info[key] for key in _TAGS if info.get(key)), "")
    seconds = time.timestamp() if isinstance(time, datetime) else 0.0
    if isinstance(time, (int, float)):
        seconds = float(time)
    return Listed(name, files.join(folder, name), size, f"{size}:{tag}:{time}", seconds)
