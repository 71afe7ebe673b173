# SPDX-License-Identifier: Apache-2.0
"""Fills a folder on a disk: written beside it under a hidden name, brought to disk, then put in its place at once."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from penstock import files
from penstock.errors import StorageError
from penstock.inference.sinks.folder.destination import SUCCESS, Note, read_note, refuse_foreign
from penstock.runtime.staging import staging_folder, to_disk

_STAGING = ".penstock-sink-"
_NEW, _OLD = "new", "old"
_AT_CURRENT_FOLDER, _RENAME_EXCHANGE = -100, 2


@contextmanager
def filled(folder: str) -> Iterator[str]:
    """Yields an empty folder to write to, which takes the place of ``folder`` when the block ends without an error.

    What was there from an earlier delivery is replaced as a whole: whoever looks sees the old files or the new ones.

    Raises:
        StorageError: The folder cannot be written, or holds files that no delivery has written.
    """
    target = Path(os.path.realpath(files.local_path(folder)))
    prefix, rescue = f"{_STAGING}{target.name}-", partial(_bring_back, target)
    with staging_folder(target.parent, prefix, doing="write", rescue=rescue) as staging:
        check_replaceable(str(target))
        new = staging / _NEW
        new.mkdir()
        yield str(new)
        with files.storage_errors("write", folder):
            _to_disk(new)
            _put_in_place(new, staging / _OLD, target)


def finish(folder: str, note: Note) -> None:
    """Writes the note of a complete delivery."""
    files.write_atomic(files.join(folder, SUCCESS), note.to_json())


def check_replaceable(folder: str) -> None:
    """Refuses a folder that holds anything but an earlier delivery.

    Raises:
        StorageError: It does, or a file is in its place.
    """
    if not os.path.lexists(folder):
        return
    if not os.path.isdir(folder):
        raise StorageError(
            f"the folder {folder} of a sink is a file",
            input=folder,
            hint="name another folder, or take it away",
        )
    names = files.listdir(folder)
    note = read_note(folder) if names else None
    if note is None:
        if names:
            refuse_foreign(folder, names)
        return
    foreign = set(names) - set(note.names) - {SUCCESS}
    if foreign:
        refuse_foreign(folder, sorted(foreign))


def _bring_back(target: Path, staging: Path) -> None:
    """Puts the old files in place again where a delivery was killed between taking them away and putting its own."""
    old = staging / _OLD
    if old.is_dir() and not target.exists():
        old.rename(target)


def _to_disk(folder: Path) -> None:
    for path in [*folder.iterdir(), folder]:
        to_disk(path)


def _put_in_place(new: Path, old: Path, target: Path) -> None:
    try:
        # A rename takes the place of a missing folder, or of an empty one.
        new.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        check_replaceable(str(target))
        if not _exchanged(new, target):
            with contextlib.suppress(FileNotFoundError):
                target.rename(old)
            new.rename(target)
    to_disk(target.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Lets two folders change places at once; says whether the system can."""
    rename = _renameat2()
    if rename is None:
        return False
    done = rename(
        _AT_CURRENT_FOLDER, os.fsencode(one), _AT_CURRENT_FOLDER, os.fsencode(other), _RENAME_EXCHANGE
    )
    return bool(done == 0)


@lru_cache(maxsize=1)
def _renameat2() -> Any:
    """Returns Linux's ``renameat2``; ``None`` where there is none (``rename`` itself has no exchange)."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
        function.restype = ctypes.c_int
    return function
