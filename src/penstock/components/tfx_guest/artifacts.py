# SPDX-License-Identifier: Apache-2.0
"""Artifacts of Penstock as TFX has them, and back. Imports TFX."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import artifact_class
from penstock.graph.import_path import import_path


def type_of(guest_type: Any) -> type[Artifact]:
    """Returns Penstock's class of an artifact type of TFX: the standard one, or one of the same name and properties."""
    known = artifact_class(guest_type.TYPE_NAME)
    declared = guest_type.PROPERTIES or {}
    if set(known.PROPERTIES) >= set(declared):
        return known
    properties = {name: Property(PropertyType[item.type.name]) for name, item in declared.items()}
    return type(
        guest_type.__name__, (Artifact,), {"TYPE_NAME": guest_type.TYPE_NAME, "PROPERTIES": properties}
    )


def to_guest(artifacts: Sequence[Artifact], guest_class: str) -> list[Any]:
    """Returns artifacts as objects of TFX's class."""
    cls = import_path(guest_class)
    return [_to_guest(cls, artifact) for artifact in artifacts]


def _to_guest(cls: Any, artifact: Artifact) -> Any:
    theirs = cls()
    theirs.uri = artifact.uri
    if artifact.id:
        theirs.id = artifact.id
    if artifact.name:
        theirs.name = artifact.name
    for name, value in artifact.properties.items():
        if name in (cls.PROPERTIES or {}) and value is not None:
            setattr(theirs, name, value)
    for name, value in artifact.custom_properties.items():
        _set_custom(theirs, name, value)
    return theirs


def _set_custom(theirs: Any, name: str, value: Any) -> None:
    if isinstance(value, bool):
        theirs.set_int_custom_property(name, int(value))
    elif isinstance(value, int):
        theirs.set_int_custom_property(name, value)
    elif isinstance(value, float):
        theirs.set_float_custom_property(name, value)
    elif isinstance(value, str):
        theirs.set_string_custom_property(name, value)
    elif value is not None:
        theirs.set_json_value_custom_property(name, value)


def properties_of(theirs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the declared and the custom properties that are set on an artifact of TFX, as plain data."""
    stored = theirs.mlmd_artifact
    declared = {name: value for name in stored.properties if _is_plain(value := getattr(theirs, name))}
    return declared, {name: _plain(value) for name, value in stored.custom_properties.items()}


def _is_plain(value: object) -> bool:
    return isinstance(value, (int, float, str, bool, list, dict))


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "struct_value":
        return _unwrapped(json_format.MessageToDict(value.struct_value))
    return getattr(value, kind) if kind else None


def _unwrapped(data: Mapping[str, Any]) -> Any:
    """Takes off what TFX puts around a JSON value that is no mapping."""
    return data["__value__"] if list(data) == ["__value__"] else dict(data)


def proto_of(proto_class: str, text: str) -> Any:
    """Returns the protobuf of a class that JSON text stands for."""
    return json_format.ParseDict(json.loads(text), import_path(proto_class)())
