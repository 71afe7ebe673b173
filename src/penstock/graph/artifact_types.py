# SPDX-License-Identifier: Apache-2.0
"""Artifact types as plain data, for declarations that cross a process boundary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import artifact_class
from penstock.errors import ParameterError, PipelineError
from penstock.graph.import_path import import_path


def artifact_type_document(cls: object, what: str) -> dict[str, Any]:
    """Returns an artifact type as plain data: where its class is, and enough to do without it.

    Raises:
        ParameterError: It is no artifact type.
    """
    if not isinstance(cls, type) or not issubclass(cls, Artifact):
        raise ParameterError(
            f"{what} is declared with something that is no artifact type",
            input=what,
            expected="a subclass of Artifact, such as standard_artifacts.Model",
            got=f"{cls!r:.80} ({type(cls).__name__})",
            hint="a plain value as an artifact has the type Integer, Float, String, Boolean or JsonValue"
            if cls in (int, float, str, bool, dict, list)
            else None,
        )
    return {
        "type": cls.TYPE_NAME,
        "class": f"{cls.__module__}:{cls.__qualname__}",
        "properties": {name: declared.type.name for name, declared in cls.PROPERTIES.items()},
    }


def artifact_type_from(document: Mapping[str, Any]) -> type[Artifact]:
    """Returns the artifact type that ``artifact_type_document`` has described.

    Where its class cannot be imported here, it is a class of the same name and properties.
    """
    try:
        found: Any = import_path(str(document["class"]))
    except (PipelineError, ImportError):
        found = None
    if isinstance(found, type) and issubclass(found, Artifact) and document["type"] == found.TYPE_NAME:
        return found
    known = artifact_class(document["type"])
    if set(known.PROPERTIES) >= set(document["properties"]):
        return known
    properties = {name: Property(PropertyType[kind]) for name, kind in document["properties"].items()}
    return type(known.__name__, (known,), {"PROPERTIES": properties, "__doc__": known.__doc__})
