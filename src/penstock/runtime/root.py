# SPDX-License-Identifier: Apache-2.0
"""Where things lie below a pipeline's root, and which of them belong to a metadata store.

Outputs stand in folders named by the ids of executions, which are unique in one store only. A root that another store
has used before (one that was deleted since, another clone's, TFX's) may hold folders of the same names, and what is in
them must neither be mixed with new files nor be swept away. So the first store that uses a root leaves a note there,
and any other adds a mark of its own to the names of its folders.
"""

from __future__ import annotations

import hashlib
import os

from penstock import files
from penstock.ir.model import PipelineIR
from penstock.metadata.store import MetadataStore

_NOTE = ".metadata-store"
_UNKNOWN = "unknown"
_OUTPUT_FOLDERS = "*/*/[0-9]*"


def folder_mark(root: str, store: MetadataStore) -> str:
    """Returns what a store adds to the names of its folders: nothing in a root that it was the first to use.

    Raises:
        StorageError: The root cannot be read or written.
    """
    identity = store.identity()
    note = files.join(root, _NOTE)
    if not files.exists(note):
        used = files.is_dir(root) and files.glob(_OUTPUT_FOLDERS, base=root)
        files.write_atomic(note, _UNKNOWN if used else identity)
    with files.open(note, "r") as file:
        owner = file.read()
    return "" if owner == identity else f"-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def run_folder(ir: PipelineIR, run_id: str) -> str:
    """Returns the local folder of a run: below the pipeline's root, or in the project where the root is remote."""
    if files.is_local(ir.root):
        return os.path.join(files.local_path(ir.root), ".runs", run_id)
    return os.path.join(ir.project_root, ".penstock", "runs", run_id)
