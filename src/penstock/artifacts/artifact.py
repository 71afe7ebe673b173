# SPDX-License-Identifier: Apache-2.0
"""The artifact: a typed, located thing that one node makes and others read."""

from __future__ import annotations

import builtins
import copy
import enum
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from penstock.artifacts.packed import is_packed, packed, unpacked
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
    PROTO = 5
    BOOLEAN = 6


class Property:
    """Declares one typed property of an artifact type: ``PROPERTIES = {'span': Property(PropertyType.INT)}``.

    Args:
        type: Type of its values.

    Raises:
        ParameterError: It is no ``PropertyType``.
    """

    __slots__ = ("type",)

    def __init__(self, type: PropertyType) -> None:
        if not isinstance(type, PropertyType):
            raise ParameterError(
                "Property needs a PropertyType",
                expected=", ".join(f"PropertyType.{kind.name}" for kind in PropertyType),
                got=repr(type),
            )
        self.type = type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Property) and other.type is self.type

    def __hash__(self) -> int:
        return hash(self.type)

    def __repr__(self) -> str:
        return f"Property({self.type})"


_PYTHON_TYPES: dict[PropertyType, tuple[type, ...]] = {
    PropertyType.INT: (int,),
    PropertyType.FLOAT: (float, int),
    PropertyType.STRING: (str,),
    PropertyType.JSON_VALUE: (str, int, float, bool, list, dict, type(None)),
    PropertyType.PROTO: (dict,),
    PropertyType.BOOLEAN: (bool,),
}
_DEFAULTS: dict[PropertyType, PropertyValue] = {
    PropertyType.INT: 0,
    PropertyType.FLOAT: 0.0,
    PropertyType.STRING: "",
    PropertyType.BOOLEAN: False,
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
    def type(self) -> builtins.type[Artifact]:
        """The artifact's class."""
        return type(self)

    @property
    def mlmd_artifact(self) -> Artifact:
        """The artifact itself, for code that hands it to an ``ExecutorOutput`` as TFX wants it."""
        return self

    @property
    def is_external(self) -> bool:
        """Whether it was imported rather than made by a pipeline."""
        return self.get_int_custom_property(IS_EXTERNAL) == 1

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
        if declared.type is PropertyType.PROTO:
            value = packed(value)
        may_be_bool = declared.type in (PropertyType.JSON_VALUE, PropertyType.BOOLEAN)
        if not isinstance(value, _PYTHON_TYPES[declared.type]) or (
            isinstance(value, bool) and not may_be_bool
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
        value = self.__dict__.get("_properties", {}).get(name, _DEFAULTS.get(declared.type))
        return unpacked(value) if declared.type is PropertyType.PROTO and value is not None else value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).PROPERTIES:
            self.set_property(name, value)
        else:
            object.__setattr__(self, name, value)

    def has_property(self, key: str) -> bool:
        """Says whether a declared property is set."""
        return key in self._properties

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

    def set_bool_custom_property(self, key: str, value: bool) -> None:
        """Sets a custom property to a truth value."""
        self._custom[key] = bool(value)

    def set_proto_custom_property(self, key: str, value: Any) -> None:
        """Sets a custom property to a protobuf."""
        self._custom[key] = packed(value)

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

    def get_bool_custom_property(self, key: str) -> bool:
        """Returns a custom property as a truth value, ``False`` where it is not set."""
        return bool(self._custom.get(key))

    def get_proto_custom_property(self, key: str) -> Any:
        """Returns the protobuf that a custom property was set to, ``None`` where it was not."""
        value = self._custom.get(key)
        return unpacked(value) if is_packed(value) else None

    def get_json_value_custom_property(self, key: str) -> PropertyValue:
        """Returns a custom property as it was set, ``None`` where it is not."""
        return self._custom.get(key)

    def copy_from(self, other: Artifact) -> None:
        """Takes over URI and properties of another artifact of the same type.

        Raises:
            ParameterError: It is of another type.
        """
        if other.type_name != self.type_name:
            raise ParameterError(
                "properties are copied between artifacts of one type",
                expected=self.type_name,
                got=other.type_name,
            )
        self.uri = other.uri
        self._properties = copy.deepcopy(other._properties)
        self._custom = copy.deepcopy(other._custom)

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
