# SPDX-License-Identifier: Apache-2.0
"""TFX's ``dsl.io.fileio``: files by path or URI (``gs://``, ``s3://`` … through fsspec), for user code.

Errors are ``OSError``s, as there: ``NotFoundError`` for what is not there, the system's own for the rest.
"""

from __future__ import annotations

import builtins
import errno
import os
import posixpath
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from penstock import files
from penstock.errors import StorageError
from penstock.files.remote import resolve

PathType = bytes | str
"""What a path may be; bytes are read as the file system's encoding."""

_PathT = TypeVar("_PathT", bytes, str)


class NotFoundError(OSError):
    """There is no such file or folder."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a file system other than the local one tells of a file.

    Attributes:
        length: Bytes; 0 for a folder.
        is_directory: Whether it is a folder.
    """

    length: int
    is_directory: bool

    @property
    def st_size(self) -> int:
        """``length``, by the name that the local file system gives it."""
        return self.length


def open(path: PathType, mode: str = "r") -> IO[Any]:
    """Opens a file; text is UTF-8."""
    with _errors(path):
        return files.open(os.fsdecode(path), mode)


def copy(src: PathType, dst: PathType, overwrite: bool = False) -> None:
    """Copies a file, between any file systems.

    Raises:
        OSError: ``dst`` exists, and ``overwrite`` is not set.
    """
    _free(dst, overwrite)
    with (
        _errors(src),
        files.open(os.fsdecode(src), "rb") as source,
        _errors(dst),
        files.open(os.fsdecode(dst), "wb") as target,
    ):
        shutil.copyfileobj(source, target)


def exists(path: PathType) -> bool:
    """Says whether a file or folder is there."""
    with _errors(path):
        return files.exists(os.fsdecode(path))


def glob(pattern: _PathT) -> list[_PathT]:
    """Returns the paths that match a pattern (``*``, ``?``, ``[…]``, ``**``), sorted."""
    with _errors(pattern):
        return [_like(pattern, found) for found in files.glob(os.fsdecode(pattern))]


def isdir(path: PathType) -> bool:
    """Says whether a path is a folder."""
    with _errors(path):
        return files.is_dir(os.fsdecode(path))


def listdir(path: _PathT) -> list[_PathT]:
    """Returns the names of what a folder holds, sorted."""
    with _errors(path):
        return [_like(path, name) for name in files.listdir(os.fsdecode(path))]


def makedirs(path: PathType) -> None:
    """Makes a folder and those above it; an existing one stays as it is."""
    with _errors(path):
        files.makedirs(os.fsdecode(path))


def mkdir(path: PathType) -> None:
    """Makes a folder; the one above it must exist, and it must not."""
    name = os.fsdecode(path)
    with _errors(path):
        if files.is_local(name):
            os.mkdir(files.local_path(name))
        else:
            file_system, inside = resolve(name)
            file_system.mkdir(inside, create_parents=False)


def remove(path: PathType) -> None:
    """Removes a file."""
    name = os.fsdecode(path)
    with _errors(path):
        if files.is_local(name):
            os.remove(files.local_path(name))
        else:
            file_system, inside = resolve(name)
            file_system.rm_file(inside)


def rename(src: PathType, dst: PathType, overwrite: bool = False) -> None:
    """Renames a file or folder inside one file system.

    Raises:
        OSError: ``dst`` exists, and ``overwrite`` is not set.
        NotImplementedError: ``dst`` is on another file system; copy and remove instead.
    """
    source, target = os.fsdecode(src), os.fsdecode(dst)
    if _scheme(source) != _scheme(target):
        raise NotImplementedError(f"{source} and {target} are on different file systems; copy, then remove")
    _free(target, overwrite)
    with _errors(source):
        files.rename(source, target)


def rmtree(path: PathType) -> None:
    """Removes a folder with all that it holds."""
    name = os.fsdecode(path)
    with _errors(path):
        if not files.exists(name):
            raise _not_found(name)
        files.remove_tree(name)


def stat(path: PathType) -> os.stat_result | Status:
    """Returns what the file system tells of a file: ``os.stat`` for a local one, else a ``Status``."""
    name = os.fsdecode(path)
    with _errors(path):
        if files.is_local(name):
            return os.stat(files.local_path(name))
        file_system, inside = resolve(name)
        info = file_system.info(inside)
        return Status(int(info.get("size") or 0), info["type"] == "directory")


def walk(
    top: _PathT, topdown: bool = True, onerror: Callable[..., None] | None = None
) -> Iterator[tuple[_PathT, list[_PathT], list[_PathT]]]:
    """Yields folder, names of its folders and names of its files, for each folder from ``top`` on.

    Args:
        top: Where to begin.
        topdown: Whether a folder comes before those in it; the list of folders may then be changed to leave some out.
        onerror: Called with the error where a folder cannot be listed; nothing happens by default.
    """
    name = os.fsdecode(top)
    found = (
        os.walk(files.local_path(name), topdown=topdown, onerror=onerror)
        if files.is_local(name)
        else _walk(name, topdown, onerror)
    )
    for folder, folders, names in found:
        if isinstance(top, str):
            yield folder, folders, names
        else:
            yield (
                _like(top, folder),
                [_like(top, item) for item in folders],
                [_like(top, item) for item in names],
            )


def _walk(
    folder: str, topdown: bool, onerror: Callable[..., None] | None
) -> Iterator[tuple[str, list[str], list[str]]]:
    file_system, inside = resolve(folder)
    try:
        entries = file_system.ls(inside, detail=True)
    except OSError as error:
        if onerror is not None:
            onerror(error)
        return
    names: dict[str, list[str]] = {"directory": [], "file": []}
    for entry in sorted(entries, key=lambda entry: str(entry["name"])):
        names.setdefault(entry["type"], []).append(posixpath.basename(entry["name"].rstrip("/")))
    if topdown:
        yield folder, names["directory"], names["file"]
    for name in names["directory"]:
        yield from _walk(files.join(folder, name), topdown, onerror)
    if not topdown:
        yield folder, names["directory"], names["file"]


@contextmanager
def _errors(path: PathType) -> Iterator[None]:
    """Lets what goes wrong appear as TFX's users know it."""
    try:
        yield
    except StorageError as error:
        cause = error.__cause__
        if isinstance(cause, FileNotFoundError):
            raise _not_found(path) from cause
        if isinstance(cause, OSError):
            raise cause from None
        raise
    except FileNotFoundError as error:
        raise _not_found(path) from error


def _not_found(path: PathType) -> NotFoundError:
    return NotFoundError(errno.ENOENT, "no such file or folder", os.fsdecode(path))


def _free(path: PathType, overwrite: bool) -> None:
    if not overwrite and exists(path):
        raise FileExistsError(f"{os.fsdecode(path)} exists, and overwrite is not set")


def _scheme(uri: str) -> str:
    return "" if files.is_local(uri) else uri.partition("://")[0]


def _like(given: _PathT, found: str) -> _PathT:
    return found if isinstance(given, str) else builtins.bytes(os.fsencode(found))
