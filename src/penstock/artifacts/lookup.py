# SPDX-License-Identifier: Apache-2.0
"""Looks things up in lists of artifacts, as executors in TFX's way do: the one artifact, its URI, a split's folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from penstock import files
from penstock.artifacts.artifact import TFX_VERSION, Artifact
from penstock.artifacts.standard import from_json_dict
from penstock.errors import DataError, ParameterError, did_you_mean

ArtifactT = TypeVar("ArtifactT", bound=Artifact)

_SPLIT_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9_-]*)?$")
_SPLIT_FOLDERS_SINCE = (0, 29)


def get_single_instance(artifact_list: Sequence[ArtifactT]) -> ArtifactT:
    """Returns the one artifact of a list.

    Raises:
        DataError: There are none or several.
    """
    if len(artifact_list) != 1:
        raise DataError(
            "there is not exactly one artifact",
            expected="one",
            got=f"{len(artifact_list)}: {', '.join(artifact.uri for artifact in artifact_list)}".rstrip(": "),
        )
    return artifact_list[0]


def get_single_uri(artifact_list: Sequence[Artifact]) -> str:
    """Returns the URI of the one artifact of a list; raises as ``get_single_instance`` does."""
    return get_single_instance(artifact_list).uri


def get_split_uris(artifact_list: Sequence[Artifact], split: str) -> list[str]:
    """Returns the folder of a split in each artifact of a list.

    Raises:
        DataError: One has no such split.
    """
    return [_split_uri(artifact, split) for artifact in artifact_list]


def get_split_uri(artifact_list: Sequence[Artifact], split: str) -> str:
    """Returns the folder of a split in the one artifact of a list.

    Raises:
        DataError: There are none or several, or it has no such split.
    """
    return _split_uri(get_single_instance(artifact_list), split)


def _split_uri(artifact: Artifact, split: str) -> str:
    names = decode_split_names(getattr(artifact, "split_names", ""))
    if split not in names:
        raise DataError(
            f"{artifact.type_name} artifact {artifact.uri} has no split {split!r}",
            expected=f"one of {', '.join(names)}" if names else "an artifact whose split_names are set",
            got=split,
            hint=did_you_mean(split, names)
            if names
            else "set them first: artifact.split_names = artifact_utils.encode_split_names([…])",
        )
    old = is_artifact_version_older_than(artifact, ".".join(map(str, _SPLIT_FOLDERS_SINCE)))
    return files.join(artifact.uri, split if old else f"Split-{split}")


def is_artifact_version_older_than(artifact: Artifact, artifact_version: str) -> bool:
    """Says whether an artifact was written by a version of TFX before one; one that was just made was not."""
    if not artifact.id:
        return False
    written_by = artifact.get_string_custom_property(TFX_VERSION)
    return not written_by or _numbers(written_by) < _numbers(artifact_version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def encode_split_names(splits: Iterable[str]) -> str:
    """Returns names of splits as ``split_names`` holds them, a JSON list.

    Raises:
        ParameterError: A name cannot be one.
    """
    names = [splits] if isinstance(splits, str) else list(splits)
    for name in names:
        if not isinstance(name, str) or not _SPLIT_NAME.match(name):
            raise ParameterError(
                "a split has a name that cannot be one",
                expected="letters, digits, '_' and '-', beginning with a letter or digit",
                got=repr(name),
            )
    return json.dumps(names)


def decode_split_names(split_names: str) -> list[str]:
    """Returns the names of the splits that ``split_names`` holds; none where it is not set."""
    names: list[str] = json.loads(split_names) if split_names else []
    return names


def replicate_artifacts(source: ArtifactT, count: int) -> list[ArtifactT]:
    """Returns copies of an artifact, each with a folder of its own below that of the artifact."""
    made = []
    for index in range(count):
        copied = type(source)()
        copied.copy_from(source)
        copied.uri = files.join(source.uri, str(index))
        made.append(copied)
    return made


def verify_artifacts(artifacts: Mapping[str, Sequence[Artifact]] | Sequence[Artifact] | Artifact) -> None:
    """Makes sure that artifacts have URIs, and that something is there.

    Raises:
        DataError: One has not, or nothing is.
    """
    if isinstance(artifacts, Artifact):
        artifacts = [artifacts]
    listed = (
        [a for group in artifacts.values() for a in group] if isinstance(artifacts, Mapping) else artifacts
    )
    for artifact in listed:
        if not artifact.uri or not files.exists(artifact.uri):
            raise DataError(
                f"{artifact!r} is not there", expected="files at its URI", got=artifact.uri or "no URI"
            )


def jsonify_artifact_dict(artifact_dict: Mapping[str, Sequence[Artifact]]) -> str:
    """Returns artifacts by key as JSON text."""
    return json.dumps(
        {key: [artifact.to_json_dict() for artifact in group] for key, group in artifact_dict.items()}
    )


def parse_artifact_dict(json_str: str) -> dict[str, list[Artifact]]:
    """Returns the artifacts by key that ``jsonify_artifact_dict`` wrote."""
    documents: dict[str, list[dict[str, Any]]] = json.loads(json_str)
    return {key: [from_json_dict(document) for document in group] for key, group in documents.items()}
