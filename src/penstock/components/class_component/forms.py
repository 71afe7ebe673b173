# SPDX-License-Identifier: Apache-2.0
"""Between the typed values of roles and the dictionaries of TFX's way."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.graph.class_style import DescribedArtifact
from penstock.graph.component import BaseComponent
from penstock.messages.codec import to_jsonable
from penstock.messages.message import Message
from penstock.messages.protobuf import is_protobuf
from penstock.messages.protobuf_json import proto_to_json
from penstock.runtime.binding import artifacts_of

_PLAIN = (bool, int, float, str)


def artifact_dict(declared: object) -> dict[str, list[Artifact]]:
    """Returns the artifacts of a component's ``Inputs`` or ``Outputs`` by key, as lists, without the empty ones."""
    return {key: artifacts for key, artifacts in artifacts_of(declared).items() if artifacts}


def exec_properties(component: type[BaseComponent], parameters: object) -> dict[str, Any]:
    """Returns the parameters as ``Do`` gets them; those that were not given are left out.

    Those of a specification have that form already. Of a component that declares dataclasses, messages are JSON text,
    and so is what JSON can hold beyond numbers and text.
    """
    values = {item.name: getattr(parameters, item.name) for item in _fields(parameters)}
    given = {name: value for name, value in values.items() if value is not None}
    return given if component.SPEC_CLASS is not None else {name: _tfx_form(v) for name, v in given.items()}


def _tfx_form(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Message) or is_protobuf(value):
        return proto_to_json(value)
    data = to_jsonable(value)
    return list(data) if isinstance(data, (list, tuple)) else json_text(data)


def json_text(data: Any) -> str:
    """Returns plain data as JSON text, sorted, as TFX writes a ``custom_config``."""
    return json.dumps(data, sort_keys=True)


def _fields(declared: object) -> Sequence[dataclasses.Field[Any]]:
    return dataclasses.fields(declared)  # type: ignore[arg-type]  # declarations are dataclasses


def described(artifact: Artifact) -> DescribedArtifact:
    """Returns what is to be recorded of an artifact."""
    return DescribedArtifact(artifact.uri, dict(artifact.properties), dict(artifact.custom_properties))


def apply(description: DescribedArtifact, artifact: Artifact) -> None:
    """Sets the properties of a description on an artifact."""
    for name, value in description.properties.items():
        artifact.set_property(name, value)
    for name, value in description.custom_properties.items():
        artifact.set_custom_property(name, value)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the properties that are new or have another value, and can be recorded."""
    return {
        name: value
        for name, value in after.items()
        if value != before.get(name) and (isinstance(value, (*_PLAIN, list, dict)))
    }
