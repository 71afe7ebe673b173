# SPDX-License-Identifier: Apache-2.0
"""The file that ``penstock.models.save`` writes beside a framework's own: what the model is, takes and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock import files
from penstock.errors import DataError
from penstock.models.signature import ModelInfo, Signature

FILE_NAME = "penstock_model.json"

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is known of a model that ``penstock.models.save`` has saved.

    Attributes:
        flavor: Name of its flavor.
        signatures: Its signatures; the inputs of tabular models in the order in which they are stacked.
        library_version: Version of the library that saved it.
        file: Name of the framework's own file (or folder) beside the descriptor; empty where it is the folder itself.
        classes: What a classifier tells apart, in the order of its probabilities.
        facts: What else the flavor's loader needs, as plain JSON values.
    """

    flavor: str
    signatures: tuple[Signature, ...]
    library_version: str = ""
    file: str = ""
    classes: tuple[str | int | float | bool, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def info(self) -> ModelInfo:
        """What is recorded of the model on its artifact."""
        return ModelInfo(self.flavor, self.signatures, self.library_version, self.classes)


def write_descriptor(folder: str, descriptor: Descriptor) -> None:
    """Writes the descriptor into a model's folder, atomically; to be done after all other files are there."""
    document = {
        "format": _FORMAT,
        "flavor": descriptor.flavor,
        "library_version": descriptor.library_version,
        "file": descriptor.file,
        "signatures": [signature.to_json_dict() for signature in descriptor.signatures],
        "classes": list(descriptor.classes),
        "facts": dict(descriptor.facts),
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    files.write_atomic(files.join(folder, FILE_NAME), text + "\n")


def read_descriptor(uri: str) -> Descriptor | None:
    """Returns the descriptor in a model's folder, ``None`` where there is none or the URI is a file.

    Raises:
        DataError: It cannot be understood.
    """
    path = files.join(uri, FILE_NAME)
    if not files.is_dir(uri) or not files.exists(path):
        return None
    with files.storage_errors("read", path), files.open(path) as file:
        content = file.read()
    try:
        return _parse(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} cannot be understood",
            input=path,
            expected=f"a descriptor of format {_FORMAT}, as penstock.models.save writes it",
            got=f"{type(error).__name__}: {error}",
            hint="save the model again, or read it with the version of Penstock that saved it",
        ) from error


def _parse(content: bytes) -> Descriptor:
    document = json.loads(content)
    if document["format"] != _FORMAT:
        raise ValueError(f"format {document['format']}")
    return Descriptor(
        flavor=document["flavor"],
        signatures=tuple(Signature.from_json_dict(row) for row in document["signatures"]),
        library_version=document["library_version"],
        file=document["file"],
        classes=tuple(document["classes"]),
        facts=document["facts"],
    )
