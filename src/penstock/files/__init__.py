# SPDX-License-Identifier: Apache-2.0
"""Files by URI: local paths with the standard library alone, everything else through fsspec.

A URI is a plain path, ``file://<path>``, or anything that fsspec knows (``gs://``, ``s3://`` …). Whatever
goes wrong is raised as :class:`~penstock.errors.StorageError` with the path and the cause.
"""

from __future__ import annotations

import posixpath
from typing import IO, Any

from penstock.files.backend import Backend, Entry, storage_error, storage_errors
from penstock.files.local import LocalFiles, is_local, local_path

__all__ = [
    "Entry",
    "copy_tree",
    "digest",
    "exists",
    "glob",
    "is_dir",
    "is_local",
    "join",
    "listdir",
    "local_path",
    "makedirs",
    "open",
    "remove_tree",
    "rename",
    "size",
    "storage_error",
    "storage_errors",
    "tree_size",
    "walk",
    "write_atomic",
]

_LOCAL = LocalFiles()


def join(uri: str, *parts: str) -> str:
    """Appends path parts to a URI: ``join('gs://b/x/', 'y', 'z') == 'gs://b/x/y/z'``.

    A part that is itself absolute (``/data`` or a URI) starts anew, as with ``os.path.join``.
    """
    joined = uri
    for part in parts:
        joined = part if "://" in part else posixpath.join(joined, part)
    return joined


def open(uri: str, mode: str = "rb") -> IO[Any]:
    """Opens a file; text modes are UTF-8. Folders above it are not made (see :func:`makedirs`).

    Errors of later reads and writes keep their own type: do those under :func:`storage_errors`.
    """
    with storage_errors("open", uri):
        return _backend(uri).open(uri, mode)


def exists(uri: str) -> bool:
    """Says whether a file or folder is there."""
    with storage_errors("look up", uri):
        return _backend(uri).exists(uri)


def is_dir(uri: str) -> bool:
    """Says whether the URI is a folder."""
    with storage_errors("look up", uri):
        return _backend(uri).is_dir(uri)


def listdir(uri: str) -> list[str]:
    """Returns the sorted names (not paths) of what a folder holds."""
    with storage_errors("list", uri):
        return _backend(uri).listdir(uri)


def glob(pattern: str, *, base: str | None = None) -> list[str]:
    """Returns the sorted URIs that match a pattern (``*``, ``?``, ``[…]``, ``**``); none is no error.

    Args:
        pattern: The pattern.
        base: Folder that the pattern is relative to. It is taken literally, and every result starts with it.
    """
    with storage_errors("search", base or pattern):
        if base is None:
            return _backend(pattern).glob(pattern)
        return [join(base, name) for name in _backend(base).glob_names(base, pattern)]


def walk(uri: str) -> list[Entry]:
    """Returns all files under a folder at any depth, sorted by name; a file is its own only entry."""
    with storage_errors("list", uri):
        return _backend(uri).walk(uri)


def makedirs(uri: str) -> None:
    """Makes a folder and those above it; an existing one stays as it is."""
    with storage_errors("make folder", uri):
        _backend(uri).makedirs(uri)


def remove_tree(uri: str) -> None:
    """Removes a file or a folder with all it holds; nothing happens where there is none."""
    with storage_errors("remove", uri):
        _backend(uri).remove_tree(uri)


def rename(source: str, target: str) -> None:
    """Renames a file or folder inside one file system.

    Atomic on local disks, a copy and a delete on object stores. Locally a file at ``target`` is replaced; a
    folder is only if it is empty.
    """
    with storage_errors("rename", source):
        _backend(source).rename(source, target)


def size(uri: str) -> int:
    """Returns the size of a file in bytes."""
    with storage_errors("look up", uri):
        return _backend(uri).size(uri)


def tree_size(uri: str) -> int:
    """Returns the bytes of all files under a folder, or of one file."""
    return sum(entry.size for entry in walk(uri))


def write_atomic(uri: str, data: bytes | str) -> None:
    """Writes a whole file so that others see the old content or the new one, never half of it.

    Locally the content is on disk (``fsync``) before the name appears. Folders above it are made.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    with storage_errors("write", uri):
        _backend(uri).write_atomic(uri, content)


def copy_tree(source: str, target: str) -> None:
    """Copies a file, or a folder with all it holds, between any file systems; existing files are replaced."""
    from penstock.files.trees import copy_tree as copy

    copy(source, target)


def digest(uri: str) -> str:
    """Returns a SHA-256 (hex) over the names and contents of a tree; see ``penstock.files.trees``."""
    from penstock.files.trees import tree_digest

    return tree_digest(uri)


def _backend(uri: str) -> Backend:
    if is_local(uri):
        return _LOCAL
    from penstock.files.remote import RemoteFiles

    return RemoteFiles()
