# SPDX-License-Identifier: Apache-2.0
"""Artifact, execution and context types: registered when they are first used, exactly as TFX registers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import artifact_class
from penstock.errors import MetadataError
from penstock.metadata import mlmd, names
from penstock.metadata.connection import Connection, NotFoundError

Kind = Literal["Artifact", "Execution", "Context"]

_STORED = {
    PropertyType.INT: "INT",
    PropertyType.FLOAT: "DOUBLE",
    PropertyType.STRING: "STRING",
    PropertyType.JSON_VALUE: "STRUCT",
    PropertyType.PROTO: "PROTO",
    PropertyType.BOOLEAN: "BOOLEAN",
}
_READ = {
    "INT": PropertyType.INT,
    "DOUBLE": PropertyType.FLOAT,
    "STRING": PropertyType.STRING,
    "STRUCT": PropertyType.JSON_VALUE,
    "PROTO": PropertyType.PROTO,
    "BOOLEAN": PropertyType.BOOLEAN,
}


class TypeRegistry:
    """The types of one store, looked up once each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ids: dict[tuple[Kind, str, object], int] = {}
        self._classes: dict[str, type[Artifact]] = {}

    def context_type(self, name: names.ContextType) -> int:
        """Returns the id of a context type, registering it where it is new."""
        return self._remembered(("Context", name, None), {}, None)

    def execution_type(self, name: str, base_type: names.ExecutionBaseType | None) -> int:
        """Returns the id of an execution type, registering or extending it where needed.

        Raises:
            MetadataError: The store has a type of that name of another kind.
        """
        return self._remembered(("Execution", name, base_type), {}, base_type)

    def artifact_type(self, cls: type[Artifact], type_name: str) -> int:
        """Returns the id of the type of an artifact's class, registering or extending it where needed.

        Raises:
            MetadataError: The store has a type of that name of another kind, or with another type of a property.
        """
        properties = {key: _STORED[declared.type] for key, declared in cls.PROPERTIES.items()}
        return self._remembered(("Artifact", type_name, cls), properties, cls.TYPE_ANNOTATION)

    def artifact_class(self, type_name: str) -> type[Artifact]:
        """Returns a class that has all properties that the store declares for a type."""
        cls = self._classes.get(type_name)
        if cls is None:
            cls = self._classes[type_name] = self._complete(artifact_class(type_name), type_name)
        return cls

    def _complete(self, cls: type[Artifact], type_name: str) -> type[Artifact]:
        stored = self._stored("Artifact", type_name)
        declared = {} if stored is None else stored.properties
        kinds = mlmd.pb.PropertyType
        missing = {
            key: Property(_READ[kinds.Name(kind)])
            for key, kind in declared.items()
            if key not in cls.PROPERTIES and kinds.Name(kind) in _READ
        }
        if not missing:
            return cls
        properties = {**cls.PROPERTIES, **missing}
        return type(cls.__name__, (cls,), {"PROPERTIES": properties, "__doc__": cls.__doc__})

    def _remembered(
        self, key: tuple[Kind, str, object], properties: Mapping[str, str], base_type: str | None
    ) -> int:
        """Returns the id of a type as it is wanted; ``key`` says by what it is remembered."""
        known = self._ids.get(key)
        if known is not None:
            return known
        kind, name, _ = key
        stored = self._stored(kind, name)
        if stored is None or not _covers(kind, stored, properties, base_type):
            self._connection.database.dialect.check_name(f"{kind.lower()} type", name)
            identity = self._put(kind, name, properties, base_type)
            self._classes.pop(name, None)
        else:
            identity = int(stored.id)
        self._ids[key] = identity
        return identity

    def _stored(self, kind: Kind, name: str) -> Any:
        request = getattr(mlmd.service, f"Get{kind}TypeRequest")(type_name=name)
        try:
            response = self._connection.call(request)
        except NotFoundError:
            return None
        stored = getattr(response, f"{kind.lower()}_type")
        if stored.name != name:
            raise MetadataError(
                f"the database takes two names of {kind.lower()} types for one",
                expected=repr(name),
                got=repr(stored.name),
                hint="rename the type, or take a database with a collation such as utf8mb4_bin",
            )
        return stored

    def _put(self, kind: Kind, name: str, properties: Mapping[str, str], base_type: str | None) -> int:
        message = getattr(mlmd.pb, f"{kind}Type")(name=name)
        for key, stored in properties.items():
            message.properties[key] = mlmd.pb.PropertyType.Value(stored)
        if base_type is not None:
            message.base_type = message.SystemDefinedBaseType.Value(base_type.upper())
        request = getattr(mlmd.service, f"Put{kind}TypeRequest")(can_add_fields=True, can_omit_fields=True)
        getattr(request, f"{kind.lower()}_type").CopyFrom(message)
        identity: int = self._connection.write(lambda: self._connection.call(request)).type_id
        return identity


def _covers(kind: Kind, stored: Any, properties: Mapping[str, str], base_type: str | None) -> bool:
    """Says whether a stored type has all that is wanted of it.

    Raises:
        MetadataError: It says something else.
    """
    for key, wanted in properties.items():
        if key not in stored.properties:
            return False
        found = mlmd.pb.PropertyType.Name(stored.properties[key])
        if found != wanted:
            raise MetadataError(
                f"the metadata store has {kind.lower()} type {stored.name} with another type of property {key!r}",
                expected=wanted,
                got=found,
                hint="a property's type cannot change: rename the property, or the type",
            )
    if base_type is None:
        return True
    if not stored.base_type:
        return False
    found = stored.SystemDefinedBaseType.Name(stored.base_type)
    if found != base_type.upper():
        raise MetadataError(
            f"the metadata store has {kind.lower()} type {stored.name} as another kind",
            expected=base_type,
            got=found.capitalize(),
            hint="the kind of a type cannot change: rename the type",
        )
    return True
