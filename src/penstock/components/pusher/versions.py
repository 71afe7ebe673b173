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
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock import files
from penstock.errors import StorageError
from penstock.files.trees import copy_file
from penstock.metadata.owner import Owner
from penstock.models.descriptor import FILE_NAME as DESCRIPTOR
from penstock.models.registry import recognise

_STAGING_PREFIX = ".penstock-push-"
_OWNER_FILE = "owner.json"
_OWNERLESS_SECONDS = 3600.0
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
    with _staging(folder) as staging:
        _copy_to_disk(source, staging / "model", folder)
        return _reveal(staging / "model", folder, version)


@contextmanager
def _staging(folder: str) -> Iterator[Path]:
    """Makes a hidden folder beside the versions, and removes it with all that is left in it."""
    base = Path(files.local_path(folder))
    with files.storage_errors("write to the push destination", folder):
        base.mkdir(parents=True, exist_ok=True)
        _sweep(base)
        staging = base / f"{_STAGING_PREFIX}{uuid.uuid4().hex}"
        staging.mkdir()
    try:
        files.write_atomic(str(staging / _OWNER_FILE), Owner.current().to_text())
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Removes what pushes that were killed have left."""
    for staging in base.glob(f"{_STAGING_PREFIX}*"):
        if _is_abandoned(staging):
            shutil.rmtree(staging, ignore_errors=True)


def _is_abandoned(staging: Path) -> bool:
    try:
        return not Owner.from_text((staging / _OWNER_FILE).read_text(encoding="utf-8")).is_alive()
    except (OSError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            return time.time() - staging.stat().st_mtime > _OWNERLESS_SECONDS
        return False


def _copy_to_disk(source: str, target: Path, folder: str) -> None:
    with files.storage_errors("write to the push destination", folder):
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
            _sync_folder(made)


def _reveal(model: Path, folder: str, version: int) -> int:
    base = Path(files.local_path(folder))
    with files.storage_errors("write to the push destination", folder):
        while True:
            try:
                model.rename(base / str(version))
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
                version += 1
            else:
                _sync_folder(base)
                return version


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
