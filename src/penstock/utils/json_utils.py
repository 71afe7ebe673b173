# SPDX-License-Identifier: Apache-2.0
"""TFX's ``tfx.utils.json_utils``: JSON that may hold classes, messages and objects that know their own JSON."""

from __future__ import annotations

import importlib
import json
from typing import Any

from penstock.errors import ParameterError
from penstock.messages.message import Message
from penstock.messages.protobuf import is_protobuf
from penstock.messages.protobuf_json import json_to_proto, proto_to_json
from penstock.utils.jsonable import JsonableType as JsonableType

_KIND, _MODULE, _CLASS, _PROTO = "__tfx_object_type__", "__module__", "__class__", "__proto_value__"


class Jsonable:
    """Base of classes whose objects ``dumps`` writes and ``loads`` reads; by default, their attributes."""

    def to_json_dict(self) -> dict[str, Any]:
        """Returns what stands for the object."""
        return self.__dict__

    @classmethod
    def from_json_dict(cls, dict_data: dict[str, Any]) -> Any:
        """Returns the object that ``to_json_dict`` stood for."""
        made = cls.__new__(cls)
        made.__dict__.update(dict_data)
        return made


def dumps(obj: Any) -> str:
    """Returns JSON text, sorted.

    Raises:
        ParameterError: Something in it has no JSON.
    """
    try:
        return json.dumps(obj, default=_document, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"this cannot be written as JSON: {error}") from error


def loads(s: str) -> Any:
    """Returns what JSON text stands for.

    Raises:
        ParameterError: It is no JSON, or of a class that there is not.
    """
    try:
        return json.loads(s, object_hook=_object)
    except ValueError as error:
        raise ParameterError(f"this is not JSON: {error}") from error


def _document(obj: Any) -> dict[str, Any]:
    if isinstance(obj, type):
        return {_KIND: "class", _MODULE: obj.__module__, _CLASS: obj.__name__}
    cls = type(obj)
    named = {_MODULE: cls.__module__, _CLASS: cls.__name__}
    if isinstance(obj, Jsonable):
        return {_KIND: "jsonable", **named, **obj.to_json_dict()}
    if isinstance(obj, Message) or is_protobuf(obj):
        return {_KIND: "proto", **named, _PROTO: proto_to_json(obj)}
    raise TypeError(f"{obj!r:.80} is of {cls.__name__}")


def _object(data: dict[str, Any]) -> Any:
    kind = data.pop(_KIND, None)
    if kind is None:
        return data
    module, name = data.pop(_MODULE, ""), data.pop(_CLASS, "")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ParameterError(f"there is no class {module}.{name}", got=str(error)) from error
    if kind == "class":
        return cls
    if kind == "proto":
        return json_to_proto(data[_PROTO], cls())
    if kind == "jsonable" and issubclass(cls, Jsonable):
        return cls.from_json_dict(data)
    raise ParameterError(f"{module}.{name} cannot be read from JSON", got=str(kind))
