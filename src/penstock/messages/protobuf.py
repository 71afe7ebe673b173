# SPDX-License-Identifier: Apache-2.0
"""Takes protobufs that users bring; protobuf is imported only when one comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.errors import ParameterError

if TYPE_CHECKING:
    from penstock.messages.message import Message


def is_protobuf(value: object) -> bool:
    """Whether a value is a protobuf message; a message of ours is none."""
    return not isinstance(value, type) and is_protobuf_type(type(value))


def is_protobuf_type(cls: object) -> bool:
    """Whether a class is one of protobuf's message classes."""
    return isinstance(cls, type) and hasattr(cls, "DESCRIPTOR") and hasattr(cls, "SerializeToString")


def protobuf_to_data(value: Any, expected: type[Message] | None, path: str) -> Any:
    """Returns a protobuf as plain data in proto3's JSON form, with the field names as declared.

    Args:
        value: The protobuf.
        expected: The message type that it must be by name, whatever its package; any where it is ``None``.
        path: What the value is, for errors.

    Raises:
        ParameterError: It is a protobuf of another name, or holds what JSON cannot.
    """
    name = value.DESCRIPTOR.full_name
    if expected is not None and name.rpartition(".")[2] != expected.__proto_name__.rpartition(".")[2]:
        raise ParameterError(
            f"{path} is another protobuf",
            input=path,
            expected=f"a {expected.__proto_name__}",
            got=f"a {name}",
        )
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(value, preserving_proto_field_name=True)
    except (json_format.Error, TypeError) as error:
        raise ParameterError(
            f"{path} cannot be written as JSON: {error}", input=path, got=f"a {name}"
        ) from error


def data_to_protobuf(cls: type[Any], data: Any, path: str) -> Any:
    """Returns a protobuf of the user's own type from plain data in proto3's JSON form.

    Raises:
        ParameterError: The data does not fit the type.
    """
    from google.protobuf import json_format

    message = cls()
    try:
        json_format.ParseDict(data, message)
    except (json_format.Error, TypeError, ValueError, AttributeError) as error:
        raise ParameterError(
            f"{path} is not a {message.DESCRIPTOR.full_name}: {error}",
            input=path,
            expected="its proto3 JSON form",
        ) from error
    return message
