# SPDX-License-Identifier: Apache-2.0
"""Where results go: each appears under its final name at once and whole, on any file system."""

from __future__ import annotations

import errno
import os
import shutil

from penstock import files


def put(made: str, uri: str) -> None:
    """Gives a finished local file its final place; on a local disk it is there for good when this returns.

    Args:
        made: The file; it is gone afterwards.
        uri: Its final place. What stands there is replaced.

    Raises:
        StorageError: The place cannot be written.
    """
    if not files.is_local(uri):
        files.copy_tree(made, uri)  # object stores show a file when it is written whole
        os.unlink(made)
        return
    final = files.local_path(uri)
    with files.storage_errors("write", final):
        os.makedirs(os.path.dirname(final), exist_ok=True)
        _sync(made)
        try:
            os.replace(made, final)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy(made, final)
        _sync(os.path.dirname(final))


def _copy(made: str, final: str) -> None:
    """Brings a file to another disk, under a hidden name first."""
    folder, name = os.path.split(final)
    temporary = os.path.join(folder, f".{name}.tmp")
    shutil.copyfile(made, temporary)
    _sync(temporary)
    os.replace(temporary, final)
    os.unlink(made)


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
