# SPDX-License-Identifier: Apache-2.0
"""Local files, with the standard library alone."""

from __future__ import annotations

import builtins
import glob as globbing
import os
import shutil
import uuid
from collections.abc import Iterator
from typing import IO, Any

from penstock.files.backend import Entry

_SCHEME = "file://"


def is_local(uri: str) -> bool:
    """Says whether a URI is a plain path or starts with ``file://``."""
    return "://" not in uri or uri.startswith(_SCHEME)


def local_path(uri: str) -> str:
    """Returns the plain path of a local URI.

    Raises:
        ValueError: The URI is not local.
    """
    if not is_local(uri):
        raise ValueError(f"{uri} is not a local path")
    return uri[len(_SCHEME) :] if uri.startswith(_SCHEME) else uri


class LocalFiles:
    """The backend for plain paths and ``file://``."""

    def open(self, uri: str, mode: str) -> IO[Any]:
        encoding = None if "b" in mode else "utf-8"
        return builtins.open(local_path(uri), mode, encoding=encoding)

    def exists(self, uri: str) -> bool:
        return os.path.exists(local_path(uri))

    def is_dir(self, uri: str) -> bool:
        return os.path.isdir(local_path(uri))

    def listdir(self, uri: str) -> list[str]:
        return sorted(os.listdir(local_path(uri)))

    def glob(self, pattern: str) -> list[str]:
        prefix = _SCHEME if pattern.startswith(_SCHEME) else ""
        return sorted(prefix + path for path in globbing.glob(local_path(pattern), recursive=True))

    def glob_names(self, base: str, pattern: str) -> list[str]:
        return sorted(globbing.glob(pattern, root_dir=local_path(base), recursive=True))

    def walk(self, uri: str) -> list[Entry]:
        root = local_path(uri)
        if not os.path.isdir(root):
            return [Entry(os.path.basename(root), uri, os.path.getsize(root))]
        names = sorted(os.path.relpath(path, root).replace(os.sep, "/") for path in _files_under(root))
        return [
            Entry(name, f"{uri.rstrip('/')}/{name}", os.path.getsize(os.path.join(root, name)))
            for name in names
        ]

    def makedirs(self, uri: str) -> None:
        os.makedirs(local_path(uri), exist_ok=True)

    def remove_tree(self, uri: str) -> None:
        path = local_path(uri)
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            pass

    def rename(self, source: str, target: str) -> None:
        os.replace(local_path(source), local_path(target))

    def size(self, uri: str) -> int:
        return os.path.getsize(local_path(uri))

    def write_atomic(self, uri: str, content: bytes) -> None:
        path = os.path.abspath(local_path(uri))
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
        temporary = os.path.join(folder, f".{os.path.basename(path)}.{uuid.uuid4().hex}.tmp")
        try:
            with builtins.open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            self.remove_tree(temporary)
            raise
        _sync_folder(folder)


def _files_under(root: str) -> Iterator[str]:
    def fail(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(root, onerror=fail, followlinks=True):
        yield from (os.path.join(folder, name) for name in names)


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
