# SPDX-License-Identifier: Apache-2.0
"""Files on whatever fsspec knows."""

from __future__ import annotations

import contextlib
import posixpath
from typing import IO, Any

from penstock.errors import DependencyError
from penstock.files.backend import Entry


class RemoteFiles:
    """The backend for every URI with a scheme other than ``file``."""

    def open(self, uri: str, mode: str) -> IO[Any]:
        file_system, path = resolve(uri)
        options = {} if "b" in mode else {"encoding": "utf-8"}
        opened: IO[Any] = file_system.open(path, mode, **options)
        return opened

    def exists(self, uri: str) -> bool:
        file_system, path = resolve(uri)
        return bool(file_system.exists(path))

    def is_dir(self, uri: str) -> bool:
        file_system, path = resolve(uri)
        return bool(file_system.isdir(path))

    def listdir(self, uri: str) -> list[str]:
        file_system, path = resolve(uri)
        return sorted(posixpath.basename(found.rstrip("/")) for found in file_system.ls(path, detail=False))

    def glob(self, pattern: str) -> list[str]:
        file_system, path = resolve(pattern)
        return sorted(file_system.unstrip_protocol(found) for found in file_system.glob(path))

    def glob_names(self, base: str, pattern: str) -> list[str]:
        file_system, path = resolve(base)
        found = file_system.glob(posixpath.join(path, pattern))
        return sorted(posixpath.relpath(name, path) for name in found)

    def walk(self, uri: str) -> list[Entry]:
        file_system, path = resolve(uri)
        if not file_system.isdir(path):
            return [Entry(posixpath.basename(path), uri, int(file_system.size(path)))]
        found = file_system.find(path, detail=True)
        entries = (
            (posixpath.relpath(name, path), name, int(info["size"]))
            for name, info in found.items()
            if info["type"] == "file"
        )
        return [Entry(name, file_system.unstrip_protocol(full), size) for name, full, size in sorted(entries)]

    def makedirs(self, uri: str) -> None:
        file_system, path = resolve(uri)
        file_system.makedirs(path, exist_ok=True)

    def remove_tree(self, uri: str) -> None:
        file_system, path = resolve(uri)
        with contextlib.suppress(FileNotFoundError):
            file_system.rm(path, recursive=True)

    def rename(self, source: str, target: str) -> None:
        file_system, path = resolve(source)
        file_system.mv(path, resolve(target)[1], recursive=True)

    def size(self, uri: str) -> int:
        file_system, path = resolve(uri)
        return int(file_system.size(path))

    def write_atomic(self, uri: str, content: bytes) -> None:
        file_system, path = resolve(uri)
        file_system.makedirs(posixpath.dirname(path), exist_ok=True)
        file_system.pipe_file(path, content)


def resolve(uri: str) -> tuple[Any, str]:
    """Returns the fsspec file system of a URI and the path inside it."""
    scheme = uri.split("://", 1)[0]
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{uri} needs the library fsspec", hint="pip install fsspec, and the library for that storage"
        ) from error
    try:
        file_system, path = url_to_fs(uri)
    except ImportError as error:
        raise DependencyError(f"{uri} needs a library for {scheme}://", got=str(error)) from error
    except ValueError as error:
        raise DependencyError(
            f"no library serves {scheme}://",
            got=uri,
            expected="a path, file://, or a scheme that fsspec knows",
        ) from error
    return file_system, path
