# SPDX-License-Identifier: Apache-2.0
"""Outputs that an executor has divided: where one artifact was asked for, it made several in folders below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock import files
from penstock.artifacts.artifact import Artifact
from penstock.errors import PipelineError
from penstock.runtime.roles import ArtifactRecord, Record

Outputs = Mapping[str, Sequence[Artifact]]
Digests = Mapping[str, Sequence[str]]


def is_divided(described: Sequence[ArtifactRecord]) -> bool:
    """Says whether the artifacts of an output are those that a record names, not those that were asked for."""
    return any(artifact.uri is not None for artifact in described)


def as_divided(
    outputs: Outputs, record: Record, digests: Digests
) -> tuple[dict[str, list[Artifact]], dict[str, list[str]]]:
    """Returns outputs and their digests with the artifacts that a record names in the place of those asked for.

    Raises:
        PipelineError: One does not lie below the folder of its output.
    """
    made = {key: list(group) for key, group in outputs.items()}
    known = {key: list(group) for key, group in digests.items()}
    for key, described in record.artifacts.items():
        if key in outputs and is_divided(described):
            uris = [artifact.uri or outputs[key][0].uri for artifact in described]
            _check_places(key, outputs[key][0].uri, uris)
            made[key] = [type(outputs[key][0])(uri) for uri in uris]
            known[key] = [files.digest(uri) if files.exists(uri) else "" for uri in uris]
    return made, known


def _check_places(key: str, folder: str, uris: Sequence[str]) -> None:
    outside = [uri for uri in uris if not uri.startswith(f"{folder}/")]
    if outside or len(set(uris)) < len(uris):
        raise PipelineError(
            f"the artifacts of output {key!r} are not where they must be",
            expected=f"each in a folder of its own below {folder}",
            got=", ".join(outside or uris),
        )
