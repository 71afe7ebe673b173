# SPDX-License-Identifier: Apache-2.0
"""Whether what the metadata store knows is still there."""

from __future__ import annotations

from penstock import files
from penstock.artifacts.artifact import CONTENT_BYTES, Artifact


def is_there(artifact: Artifact) -> bool:
    """Says whether an artifact's files are still there, all of them, as far as their size tells."""
    return artifact.state == "LIVE" and has_files(artifact)


def has_files(artifact: Artifact) -> bool:
    """Says the same whatever the artifact's state."""
    if not files.exists(artifact.uri):
        return False
    size = artifact.custom_properties.get(CONTENT_BYTES)
    return not isinstance(size, int) or files.tree_size(artifact.uri) >= size
