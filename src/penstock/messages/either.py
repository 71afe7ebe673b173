# SPDX-License-Identifier: Apache-2.0
"""Messages of Penstock's and protobufs of the user's, handled alike: made, read and written without knowing which."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from penstock.errors import ParameterError, did_you_mean
from penstock.messages.message import Message
from penstock.messages.protobuf import data_to_protobuf, is_protobuf, is_protobuf_type, protobuf_to_data
from penstock.messages.writing_text import to_text

SerializedForm = Literal["json", "text_format", "binary"]


def is_message(value: object) -> bool:
    """Whether a value is a message of either kind."""
    return isinstance(value, Message) or is_protobuf(value)


def is_message_type(cls: object) -> bool:
    """Whether a class is a message class of either kind."""
    return isinstance(cls, type) and (issubclass(cls, Message) or is_protobuf_type(cls))


def message_path(cls: type[Any]) -> str:
    """Returns the import path ``module:Name`` of a message class.

    Raises:
        ParameterError: Another process could not import it from there.
    """
    path = f"{cls.__module__}:{cls.__qualname__}"
    try:
        found: Any = message_class(path)
    except ParameterError:
        found = None
    if found is not cls:
        raise ParameterError(
            f"the message class {cls.__qualname__} cannot be imported from {cls.__module__}",
            expected="a class at the top level of a module, such as one that protoc has written",
            got=path,
        )
    return path


def message_class(path: str) -> Any:
    """Returns the message class of an import path.

    Raises:
        ParameterError: There is none.
    """
    module, _, qualified = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in qualified.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            "a message class cannot be imported", expected=f"{qualified} in {module}", got=str(error)
        ) from error
    return found


def field_names(cls: Any) -> tuple[str, ...]:
    """Returns the names of the fields of a message class."""
    if issubclass(cls, Message):
        return tuple(cls.__fields__)
    return tuple(field.name for field in cls.DESCRIPTOR.fields)


def field_type(cls: Any, name: str) -> Any:
    """Returns the type of a field's value: a message class, ``list``, ``dict``, or a plain type.

    ``None`` stands for the values of enumerations, which are given as numbers and as names.
    """
    value = getattr(cls(), name)
    if is_message(value):
        return type(value)
    if hasattr(value, "items"):
        return dict
    if hasattr(value, "extend"):
        return list
    enum = None if issubclass(cls, Message) else cls.DESCRIPTOR.fields_by_name[name].enum_type
    return type(value) if enum is None and type(value) in (bool, int, float, str, bytes) else None


def to_data(message: Any) -> Any:
    """Returns a message as plain data in proto3's JSON form, with the field names as declared."""
    if isinstance(message, Message):
        return message.__to_json__()
    return protobuf_to_data(message, None, message.DESCRIPTOR.full_name)


def make_message(cls: Any, base: Any, fields: Mapping[str, Any]) -> Any:
    """Returns a message of ``base`` (JSON) with ``fields`` over it.

    Lists are appended, maps updated, messages merged, anything else is set. ``None`` stands for nothing, also in a
    list.

    Raises:
        ParameterError: A value does not fit its field.
    """
    if issubclass(cls, Message):
        message = cls.__from_json__(base, cls.__qualname__, lenient=True)
    else:
        message = data_to_protobuf(cls, base, cls.DESCRIPTOR.full_name)
    for name, value in fields.items():
        if value is None:
            continue
        try:
            _put(message, name, value)
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise ParameterError(
                f"field {name!r} of {type_name(cls)} cannot take this value: {error}",
                got=f"{value!r:.80} ({type(value).__name__})",
            ) from error
    return message


def type_name(cls: Any) -> str:
    """Returns the name of a message class, as protobuf has it."""
    return str(cls.__proto_name__ if issubclass(cls, Message) else cls.DESCRIPTOR.full_name)


def _put(message: Any, name: str, value: Any) -> None:
    if name not in field_names(type(message)):
        raise ParameterError(
            f"{type_name(type(message))} has no field {name!r}",
            hint=did_you_mean(name, field_names(type(message))),
        )
    held = getattr(message, name)
    if is_message(held):
        _merge(held, value)
        held.SetInParent()
    elif hasattr(held, "items"):
        for key, item in _entries(value):
            _put_item(held, key, item)
    elif hasattr(held, "extend"):
        if isinstance(value, (str, bytes)):
            raise TypeError("a list is wanted")
        for item in value:
            _append(held, item)
    else:
        setattr(message, name, _scalar(message, name, value))


def _entries(value: Any) -> list[tuple[Any, Any]]:
    return [(key, item) for key, item in value.items() if item is not None]


def _put_item(held: Any, key: Any, item: Any) -> None:
    if is_message(item) and is_protobuf(item):
        _merge(held[key], item)  # protobuf makes the entry when it is looked up
    else:
        held[key] = item


def _append(held: Any, item: Any) -> None:
    if item is None:
        return
    if is_protobuf(item) and hasattr(held, "add"):
        _merge(held.add(), item)
    else:
        held.append(item)


def _merge(held: Any, value: Any) -> None:
    if is_protobuf(held) and is_protobuf(value) and _is_any(held) and not _is_any(value):
        held.Pack(value)
        return
    if is_protobuf(held) and isinstance(value, Mapping):
        value = data_to_protobuf(type(held), value, held.DESCRIPTOR.full_name)
    if isinstance(held, Message):
        value = type(held).__accept__(value, type(held).__qualname__, lenient=True)
    held.MergeFrom(value)


def _is_any(message: Any) -> bool:
    return bool(message.DESCRIPTOR.full_name == "google.protobuf.Any")


def _scalar(message: Any, name: str, value: Any) -> Any:
    if isinstance(message, Message) or not isinstance(value, str):
        return value
    enum = message.DESCRIPTOR.fields_by_name[name].enum_type
    if enum is None:
        return value
    if value not in enum.values_by_name:
        raise ParameterError(
            f"{enum.full_name} has no value {value!r}", hint=did_you_mean(value, enum.values_by_name)
        )
    return enum.values_by_name[value].number


def serialized(message: Any, form: SerializedForm) -> str | bytes:
    """Returns a message as text or, for ``binary``, as bytes.

    Raises:
        ParameterError: A message of Penstock's is wanted in protobuf's binary form.
    """
    if form == "json":
        return json.dumps(to_data(message), indent=2, sort_keys=True)
    if isinstance(message, Message):
        if form == "binary":
            raise ParameterError(
                f"{type(message).__qualname__} has no binary form",
                expected="json or text_format",
                hint="protobufs of your own have one",
            )
        return to_text(message)
    if form == "binary":
        binary: bytes = message.SerializeToString(deterministic=True)
        return binary
    from google.protobuf import text_format

    text: str = text_format.MessageToString(message)
    return text
