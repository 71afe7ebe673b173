# SPDX-License-Identifier: Apache-2.0
"""An artifact as text."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.metadata.records import ExecutionRecord
from penstock.metadata.store import MetadataStore
from penstock.ui.tables import size

_LONGEST = 300
_INFERENCE = ("InferenceResult", "DeadLetters")


def made_by(store: MetadataStore, artifact: Artifact) -> ExecutionRecord | None:
    """Returns the execution that made an artifact, ``None`` where it came from elsewhere."""
    graph = store.lineage(artifact.id, "up", max_hops=1)
    return next(iter(graph.executions.values()), None)


def artifact_text(artifact: Artifact, producer: ExecutionRecord | None) -> str:
    """Returns what is recorded of an artifact, and what its folder holds."""
    lines = [f"{artifact.type_name} {artifact.id}", f"  uri: {artifact.uri}"]
    if artifact.state != "LIVE":
        lines.append(f"  state: {artifact.state}")
    if producer is not None:
        lines.append(f"  made by: {producer.node_id} of {producer.pipeline}, run {producer.run_id}")
    lines += [
        f"  {name}: {shown(value)}" for name, value in properties_of(artifact) if not _is_told(artifact, name)
    ]
    return "\n".join([*lines, *_content(artifact.uri), *_told(artifact)])


def _is_told(artifact: Artifact, name: str) -> bool:
    """Says whether a property is among what :func:`_told` tells in words."""
    return artifact.type_name in _INFERENCE and name in ("models", "failures")


def _told(artifact: Artifact) -> Iterator[str]:
    """Yields what a person wants to know of an artifact of this type beyond its properties."""
    if artifact.type_name in _INFERENCE or artifact.has_custom_property("predicted_rows"):
        from penstock.ui.inference_page import inference_lines

        yield from inference_lines(artifact)


def properties_of(artifact: Artifact) -> Iterator[tuple[str, Any]]:
    """Yields what is recorded of an artifact by name: declared properties first; not what only Penstock reads."""
    yield from sorted(artifact.properties.items())
    yield from sorted(
        (name, value) for name, value in artifact.custom_properties.items() if not name.startswith("__")
    )


def shown(value: Any) -> str:
    """Returns a property for people: JSON for what is not a scalar, and not more than a few lines of it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = text if "\n" not in text else "".join(f"\n    {line}" for line in text.splitlines())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _content(uri: str) -> Iterator[str]:
    if not files.exists(uri):
        yield "  its files are not there"
        return
    entries = files.walk(uri)
    word = "file" if len(entries) == 1 else "files"
    yield f"  holds {len(entries):,} {word}, {size(sum(entry.size for entry in entries))}:"
    for entry in entries[:20]:
        yield f"    {entry.name or os.path.basename(uri)}  {size(entry.size)}"
    if len(entries) > 20:
        yield f"    and {len(entries) - 20:,} more"
