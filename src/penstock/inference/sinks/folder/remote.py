# SPDX-License-Identifier: Apache-2.0
"""Fills a folder of an object store, where nothing can be renamed: one object says which files count.

Each delivery writes its files under a prefix of its own, ``generation-<id>/``. ``_SUCCESS``, written last and in one
piece, names the files of the delivery that counts; those of the one before it are removed afterwards.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from penstock import files
from penstock.errors import StorageError
from penstock.inference.sinks.folder.destination import SUCCESS, Note, read_note, refuse_foreign
from penstock.metadata.owner import Owner

_GENERATION = "generation-"
_OWNER_FILE = "_owner.json"
_ABANDONED_SECONDS = 7 * 86_400.0


@contextmanager
def generation(folder: str) -> Iterator[str]:
    """Yields the URI that takes the files of a delivery; they are removed where the block ends with an error.

    Raises:
        StorageError: The store refuses, or the folder holds objects that no delivery has written.
    """
    _sweep(folder)
    own = files.join(folder, f"{_GENERATION}{uuid.uuid4().hex}")
    document = {"owner": Owner.current().to_text(), "started": time.time()}
    files.write_atomic(files.join(own, _OWNER_FILE), json.dumps(document))
    try:
        yield own
    except BaseException:
        with contextlib.suppress(StorageError):
            files.remove_tree(own)
        raise


def finish(folder: str, own: str, note: Note) -> None:
    """Makes a generation the one that counts, and removes the one before it."""
    before = read_note(folder)
    name = own.rpartition("/")[2]
    counted = Note(note.rows, tuple(f"{name}/{part}" for part in note.names), note.delivery)
    files.write_atomic(files.join(folder, SUCCESS), counted.to_json())
    for old in _generations(before) - {name}:
        with contextlib.suppress(StorageError):
            files.remove_tree(files.join(folder, old))


def check_replaceable(folder: str) -> None:
    """Refuses a folder that holds anything but deliveries.

    Raises:
        StorageError: It does.
    """
    if not files.is_dir(folder):
        return
    foreign = [
        name
        for name in files.listdir(folder)
        if name and name != SUCCESS and not name.startswith(_GENERATION)
    ]
    if foreign or (files.exists(files.join(folder, SUCCESS)) and read_note(folder) is None):
        refuse_foreign(folder, foreign or [SUCCESS])


def _sweep(folder: str) -> None:
    """Removes generations that neither count nor are being written."""
    check_replaceable(folder)
    if not files.is_dir(folder):
        return
    counting = _generations(read_note(folder))
    for name in files.listdir(folder):
        if name.startswith(_GENERATION) and name not in counting:
            uri = files.join(folder, name)
            if _is_abandoned(uri) and name not in _generations(read_note(folder)):
                with contextlib.suppress(StorageError):
                    files.remove_tree(uri)


def _is_abandoned(uri: str) -> bool:
    owner = files.join(uri, _OWNER_FILE)
    try:
        with files.open(owner) as file:
            document = json.loads(file.read())
        gone = not Owner.from_text(document["owner"]).is_alive()
        return gone or time.time() - float(document["started"]) > _ABANDONED_SECONDS
    except StorageError:
        # The owner is written first, so whoever removes the generation has begun.
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _generations(note: Note | None) -> set[str]:
    return {name.partition("/")[0] for name in note.names} if note else set()
