# SPDX-License-Identifier: Apache-2.0
"""Hidden folders on a disk, in which something is made before it is renamed to where it is looked for."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock import files
from penstock.metadata.owner import Owner

_OWNER_FILE = "owner.json"
_OWNERLESS_SECONDS = 3600.0
"""How long a folder may be without its owner's file, which is written first."""


@contextmanager
def staging_folder(
    parent: Path, prefix: str, *, doing: str, rescue: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """Makes a hidden folder, and removes it at the end of the block with all that is left in it.

    Those of the same prefix that processes have left which were killed are removed first.

    Args:
        parent: Where it is made, on the file system of the place that its content goes to.
        prefix: How its name begins; the rest makes it unlike any other.
        doing: What is done, for the error of a file system that refuses.
        rescue: Saves what is worth saving of a folder that was left.

    Raises:
        StorageError: The file system refuses.
    """
    with files.storage_errors(doing, str(parent)):
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent, prefix, rescue)
        staging = parent / f"{prefix}{uuid.uuid4().hex}"
        staging.mkdir()
    try:
        files.write_atomic(str(staging / _OWNER_FILE), Owner.current().to_text())
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def to_disk(path: Path) -> None:
    """Brings a file's content, or the names in a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(parent: Path, prefix: str, rescue: Callable[[Path], None] | None) -> None:
    length = len(prefix) + len(uuid.uuid4().hex)  # another prefix may begin with this one
    for staging in parent.iterdir():
        if staging.name.startswith(prefix) and len(staging.name) == length and _is_abandoned(staging):
            if rescue is not None:
                rescue(staging)
            shutil.rmtree(staging, ignore_errors=True)


def _is_abandoned(staging: Path) -> bool:
    try:
        return not Owner.from_text((staging / _OWNER_FILE).read_text(encoding="utf-8")).is_alive()
    except (OSError, ValueError, TypeError):
        with contextlib.suppress(OSError):
            return time.time() - staging.stat().st_mtime > _OWNERLESS_SECONDS
        return False
