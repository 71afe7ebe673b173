# SPDX-License-Identifier: Apache-2.0
"""Folders of runs beside those of their artifacts: logs, and what commands and executors kept for themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from penstock import files
from penstock.errors import DependencyError, StorageError
from penstock.metadata.records import RunRecord
from penstock.runtime.node_values import STATEFUL


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder that belongs to one run, what is in it, and how much."""

    uri: str
    content: Literal["logs", "working files"]
    size_bytes: int


def folders_of(runs: Sequence[RunRecord]) -> Mapping[int, tuple[RunFolder, ...]]:
    """Returns the folders that runs have left, by the runs' context ids."""
    working = {root: _working_folders(root) for root in dict.fromkeys(map(_root, runs)) if root}
    found: dict[int, tuple[RunFolder, ...]] = {}
    for record in runs:
        logs = _log_folder(record)
        found[record.id] = (
            *((RunFolder(logs, "logs", files.tree_size(logs)),) if logs else ()),
            *(
                RunFolder(uri, "working files", files.tree_size(uri))
                for uri in working.get(_root(record), {}).get(record.run_id, ())
            ),
        )
    return found


def _root(record: RunRecord) -> str:
    return str(record.properties.get("root") or "")


def _working_folders(root: str) -> Mapping[str, list[str]]:
    """Returns the working folders below a root by the runs that they are named for; none of a root out of reach."""
    found: dict[str, list[str]] = {}
    with suppress(StorageError, DependencyError):
        if files.is_dir(root):
            for uri in files.glob(f"*/{STATEFUL}/*", base=root):
                found.setdefault(uri.rstrip("/").rpartition("/")[2], []).append(uri)
    return found


def _log_folder(record: RunRecord) -> str:
    """Returns the folder of a run's logs, if it is on this machine and named as such folders are."""
    folder = str(record.properties.get("folder") or "")
    above, name = os.path.split(folder.rstrip("/"))
    is_ours = name == record.run_id and os.path.basename(above) in (".runs", "runs")
    return folder if is_ours and os.path.isdir(folder) else ""
