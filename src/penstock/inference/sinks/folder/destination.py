# SPDX-License-Identifier: Apache-2.0
"""A folder that a delivery fills: what it may replace, and the note by which it is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from penstock import files
from penstock.errors import ParameterError, StorageError

SUCCESS = "_SUCCESS"
"""Name of the note that stands in a folder whose delivery is complete."""

_WRITER = "penstock"


@dataclass(frozen=True, slots=True)
class Note:
    """What the note says.

    Attributes:
        rows: Rows of the delivery.
        names: Names of its files, relative to the note's folder, in the order of their rows.
        delivery: What tells it from other deliveries.
    """

    rows: int
    names: tuple[str, ...]
    delivery: str

    def to_json(self) -> str:
        """Returns the note as text."""
        document = {"written_by": _WRITER, "delivery": self.delivery, "rows": self.rows, "files": self.names}
        return json.dumps(document, indent=1) + "\n"


def read_note(folder: str) -> Note | None:
    """Returns the note of a folder; ``None`` where there is none, or none of ours."""
    uri = files.join(folder, SUCCESS)
    if not files.exists(uri):
        return None
    with files.open(uri) as file, files.storage_errors("read", uri):
        text = file.read()
    try:
        document = json.loads(text)
        if document["written_by"] != _WRITER:
            return None
        return Note(int(document["rows"]), tuple(document["files"]), str(document["delivery"]))
    except (ValueError, KeyError, TypeError):
        return None


def folder_uri(path: str, project_root: str) -> str:
    """Returns the folder of a sink: a path is relative to the project's root.

    Raises:
        ParameterError: The path leads to no folder below the root of a file system.
    """
    if not files.is_local(path):
        return path.rstrip("/")
    folder = files.join(project_root, files.local_path(path)).rstrip("/")
    if not folder:
        raise ParameterError("a sink cannot be the root of the file system", input=path)
    return folder


def names_of(count: int, suffix: str) -> list[str]:
    """Returns the names of so many files."""
    return [f"part-{index:05d}-of-{count:05d}{suffix}" for index in range(count)]


def refuse_foreign(folder: str, names: Sequence[str]) -> None:
    """Raises because a folder holds files that no delivery has written.

    Raises:
        StorageError: Always.
    """
    shown = ", ".join(sorted(names)[:3])
    raise StorageError(
        f"the folder {folder} of a sink holds files that are no earlier delivery",
        input=folder,
        expected="an empty folder, none, or one that a sink has filled",
        got=shown + (" …" if len(names) > 3 else ""),
        hint="name a folder of its own: a delivery replaces all that is in it",
    )
