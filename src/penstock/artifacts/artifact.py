# SPDX-License-Identifier: Apache-2.0
"""The artifact: a typed, located thing that one node makes and others read."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from penstock.errors import ParameterError, did_you_mean

BaseType = Literal["Dataset", "Model", "Metrics", "Statistics"]
ArtifactState = Literal["PENDING", "LIVE", "MARKED_FOR_DELETION", "DELETED", "ABANDONED", "REFERENCE"]
PropertyValue = int | float | str | bool | list[Any] | dict[str, Any] | None

CONTENT_DIGEST = "content_digest"
"""Custom property with the digest of an artifact's files, recorded once, when it is published."""

CONTENT_BYTES = "content_bytes"
"""Custom property with the size of an artifact's files, recorded beside the digest: losses show by it at once."""

IS_EXTERNAL = "is_external"
"""Custom property: 1 for an artifact that was imported rather than made by a pipeline."""

TFX_VERSION = "tfx_version"
"""Custom property that TFX's own readers need on every output."""


class PropertyType(enum.Enum):
    """Type of a declared property, as stored in ML Metadata."""

    INT = 1
    FLOAT = 2
    STRING = 3
    JSON_VALUE = 4


class Property:
    """Declares one typed property of an artifact type: ``PROPERTIES = {'span': Property(PropertyType.INT)}``."""

    __slots__ = ("type",)

    def __init__(self, type: PropertyType) -> None:
        self.type = type


_PYTHON_TYPES: dict[PropertyType, tuple[type, ...]] = {
    PropertyType.INT: (int,),
    PropertyType.FLOAT: (float, int),
    PropertyType.STRING: (str,),
    PropertyType.JSON_VALUE: (str, int, float, bool, list, dict, type(None)),
}


class Artifact:
    """An artifact of the type that the class names.

    Subclasses set ``TYPE_NAME`` (and, where they have them, ``PROPERTIES`` and ``TYPE_ANNOTATION``); declared
    properties are then read and set as attributes (``examples.span = 3``). Everything else that is worth recording
    goes into custom properties.
    """

    TYPE_NAME: ClassVar[str] = "Artifact"
    PROPERTIES: ClassVar[Mapping[str, Property]] = {}
    TYPE_ANNOTATION: ClassVar[BaseType | None] = None

    def __init__(
        self,
        uri: str = "",
        *,
        id: int = 0,
        name: str = "",
        state: ArtifactState = "LIVE",
        properties: Mapping[str, PropertyValue] | None = None,
        custom_properties: Mapping[str, PropertyValue] | None = None,
    ) -> None:
        self.uri = uri
        self.id = id
        self.name = name
        self.state: ArtifactState = state
        self._properties: dict[str, PropertyValue] = {}
        self._custom: dict[str, PropertyValue] = dict(custom_properties or {})
        for key, value in (properties or {}).items():
            self.set_property(key, value)

    @property
    def type_name(self) -> str:
        """Name of the artifact's type in the metadata store."""
        return self.TYPE_NAME

    @property
    def properties(self) -> Mapping[str, PropertyValue]:
        """The declared properties that are set."""
        return self._properties

    @property
    def custom_properties(self) -> Mapping[str, PropertyValue]:
        """The custom properties that are set."""
        return self._custom

    def set_property(self, key: str, value: PropertyValue) -> None:
        """Sets a declared property.

        Raises:
            ParameterError: The type declares no such property, or another type of value.
        """
        declared = self.PROPERTIES.get(key)
        if declared is None:
            raise ParameterError(
                f"artifact type {self.type_name} has no property {key!r}",
                hint=f"{did_you_mean(key, self.PROPERTIES)}; anything else goes into custom properties",
            )
        if not isinstance(value, _PYTHON_TYPES[declared.type]) or (
            isinstance(value, bool) and declared.type is not PropertyType.JSON_VALUE
        ):
            raise ParameterError(
                f"property {key!r} of artifact type {self.type_name} has the wrong type",
                expected=declared.type.name,
                got=f"{value!r} ({type(value).__name__})",
            )
        self._properties[key] = value

    def __getattr__(self, name: str) -> Any:
        declared = type(self).PROPERTIES.get(name)
        if declared is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        defaults = {PropertyType.INT: 0, PropertyType.FLOAT: 0.0, PropertyType.STRING: ""}
        return self.__dict__.get("_properties", {}).get(name, defaults.get(declared.type))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).PROPERTIES:
            self.set_property(name, value)
        else:
            object.__setattr__(self, name, value)

    def has_custom_property(self, key: str) -> bool:
        """Says whether a custom property is set."""
        return key in self._custom

    def set_custom_property(self, key: str, value: PropertyValue) -> None:
        """Sets a custom property of any storable type."""
        self._custom[key] = value

    def get_custom_property(self, key: str, default: PropertyValue = None) -> PropertyValue:
        """Returns a custom property, or ``default`` where it is not set."""
        return self._custom.get(key, default)

    def set_string_custom_property(self, key: str, value: str) -> None:
        """Sets a custom property to a string."""
        self._custom[key] = str(value)

    def set_int_custom_property(self, key: str, value: int) -> None:
        """Sets a custom property to an integer."""
        self._custom[key] = int(value)

    def set_float_custom_property(self, key: str, value: float) -> None:
        """Sets a custom property to a float."""
        self._custom[key] = float(value)

    def set_json_value_custom_property(self, key: str, value: PropertyValue) -> None:
        """Sets a custom property to any value that JSON can hold."""
        self._custom[key] = value

    def get_string_custom_property(self, key: str) -> str:
        """Returns a custom property as a string, ``""`` where it is not set."""
        value = self._custom.get(key)
        return "" if value is None else str(value)

    def get_int_custom_property(self, key: str) -> int:
        """Returns a custom property as an integer, 0 where it is not set."""
        value = self._custom.get(key)
        return int(value) if isinstance(value, (int, float, str)) else 0

    def get_float_custom_property(self, key: str) -> float:
        """Returns a custom property as a float, 0.0 where it is not set."""
        value = self._custom.get(key)
        return float(value) if isinstance(value, (int, float, str)) else 0.0

    def get_json_value_custom_property(self, key: str) -> PropertyValue:
        """Returns a custom property as it was set, ``None`` where it is not."""
        return self._custom.get(key)

    @property
    def content_digest(self) -> str:
        """Digest of the artifact's files as recorded when it was published; ``""`` where none was."""
        return self.get_string_custom_property(CONTENT_DIGEST)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Artifact):
            return NotImplemented
        return self.to_json_dict() == other.to_json_dict()

    __hash__ = None  # type: ignore[assignment]  # mutable values have no hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id}, uri={self.uri!r})"

    def to_json_dict(self) -> dict[str, Any]:
        """Returns everything needed to rebuild the artifact in another process (see ``from_json_dict``)."""
        return {
            "type": self.type_name,
            "uri": self.uri,
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "properties": dict(self._properties),
            "custom_properties": dict(self._custom),
        }
