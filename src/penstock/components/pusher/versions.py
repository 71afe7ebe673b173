# SPDX-License-Identifier: Apache-2.0
"""A folder of versions as model servers read it: one sub-folder per version, named by a number, the greatest served.

Locally a version is copied into a hidden folder beside it, brought to disk, and renamed, so that it is there whole or
not at all. Stores without rename get its files one by one, the ones by which a server knows a model last.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from penstock import files
from penstock.errors import StorageError
from penstock.files.trees import copy_file
from penstock.models.descriptor import FILE_NAME as DESCRIPTOR
from penstock.models.registry import recognise
from penstock.runtime.staging import staging_folder, to_disk

_STAGING_PREFIX = ".penstock-push-"
_DOING = "write to the push destination"
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
_CHUNK_BYTES = 1 << 20


def version_uri(folder: str, version: int) -> str:
    """Returns the URI of a version's sub-folder."""
    return files.join(folder, str(version))


def newest_version(folder: str) -> int | None:
    """Returns the greatest version in a folder; ``None`` where there is none, or no folder."""
    names = files.listdir(folder) if files.is_dir(folder) else []
    return max((int(name) for name in names if name.isascii() and name.isdecimal()), default=None)


def push_version(source: str, folder: str, now: float | None = None) -> int:
    """Copies a model into a folder as its newest version.

    Args:
        source: Folder of the model, on any file system.
        folder: Folder of the versions; it is made where it is missing.
        now: Seconds since the epoch.

    Returns:
        The version: the time in whole seconds, or the next number after the newest one where that is greater.

    Raises:
        StorageError: The folder cannot be written, or has no room; no version appears then.
    """
    version = max(int(time.time() if now is None else now), (newest_version(folder) or 0) + 1)
    if not files.is_local(folder):
        return _push_remotely(source, folder, version)
    base = Path(files.local_path(folder))
    with staging_folder(base, _STAGING_PREFIX, doing=_DOING) as staging:
        _copy_to_disk(source, staging / "model", folder)
        return _reveal(staging / "model", folder, version)


def _copy_to_disk(source: str, target: Path, folder: str) -> None:
    with files.storage_errors(_DOING, folder):
        target.mkdir()
        folders = {target}
        for entry in files.walk(source):
            path = target / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(parent for parent in path.parents if target in parent.parents)
            with files.open(entry.uri) as reader, path.open("xb") as writer:
                shutil.copyfileobj(reader, writer, _CHUNK_BYTES)
                writer.flush()
                os.fsync(writer.fileno())
        for made in folders:
            to_disk(made)


def _reveal(model: Path, folder: str, version: int) -> int:
    base = Path(files.local_path(folder))
    with files.storage_errors(_DOING, folder):
        while True:
            try:
                model.rename(base / str(version))
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
                version += 1
            else:
                to_disk(base)
                return version


def _place(source: str) -> Callable[[files.Entry], int]:
    """Returns the place of a file in the order of copying: what makes the folder a model comes last."""
    flavor = recognise(source)

    def place(entry: files.Entry) -> int:
        if entry.name == DESCRIPTOR:
            return 2
        return int(flavor is not None and flavor.recognises([entry.name]))

    return place


def _push_remotely(source: str, folder: str, version: int) -> int:
    while files.exists(version_uri(folder, version)):
        version += 1
    target = version_uri(folder, version)
    try:
        for entry in sorted(files.walk(source), key=_place(source)):
            destination = files.join(target, entry.name)
            files.makedirs(destination.rpartition("/")[0])
            copy_file(entry.uri, destination)
    except BaseException:
        with contextlib.suppress(StorageError):
            files.remove_tree(target)
        raise
    return version
