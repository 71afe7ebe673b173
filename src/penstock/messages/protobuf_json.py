# SPDX-License-Identifier: Apache-2.0
"""Messages and users' protobufs as JSON text and plain data, in the spelling of TFX's execution properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from penstock.errors import ParameterError
from penstock.messages.message import Message
from penstock.messages.protobuf import data_to_protobuf, is_protobuf, protobuf_to_data

ProtoT = TypeVar("ProtoT")


def proto_to_dict(proto: Any) -> Any:
    """Returns a message or protobuf as plain data in proto3's JSON form, with the field names as declared."""
    if isinstance(proto, Message):
        return proto.__to_json__()
    _check_protobuf(proto)
    return protobuf_to_data(proto, None, type(proto).__name__)


def proto_to_json(proto: Any) -> str:
    """Returns a message or protobuf as JSON text, sorted and indented as TFX does."""
    return json.dumps(proto_to_dict(proto), indent=2, sort_keys=True)


def proto_from(cls: type[ProtoT], value: Any, path: str) -> ProtoT:
    """Returns a message or protobuf of a class from whatever may stand for one.

    Args:
        cls: The class.
        value: One of these (a message is copied), plain data or JSON text.
        path: What the value is, for errors.

    Raises:
        ParameterError: It does not fit.
    """
    if issubclass(cls, Message):
        return cls.coerce(value, path)
    if isinstance(value, cls):
        return value
    if is_protobuf(value):
        value = protobuf_to_data(value, None, path)
    return _filled(cls, value, path)


def _filled(cls: type[ProtoT], value: Any, path: str) -> ProtoT:
    data = _parsed(value, path) if isinstance(value, (str, bytes)) else value
    if not isinstance(data, Mapping):
        raise ParameterError(f"{path} is no {cls.__name__}", input=path, got=f"{data!r:.80}")
    message: ProtoT = data_to_protobuf(cls, dict(data), path)
    return message


def json_to_proto(json_str: str, proto: ProtoT) -> ProtoT:
    """Fills a message or protobuf from JSON text and returns it; fields that it does not know are left out.

    Raises:
        ParameterError: The text is no JSON, or a field does not fit.
    """
    return dict_to_proto(_parsed(json_str, type(proto).__name__), proto)


def dict_to_proto(json_dict: Mapping[Any, Any], proto: ProtoT) -> ProtoT:
    """Fills a message or protobuf from plain data and returns it; fields that it does not know are left out.

    Raises:
        ParameterError: A field does not fit.
    """
    if isinstance(proto, Message):
        known = {**proto.__fields__, **{field.json_name: field for field in proto.__fields__.values()}}
        proto.MergeFrom(type(proto).from_dict({k: v for k, v in json_dict.items() if k in known}))
        return proto
    _check_protobuf(proto)
    from google.protobuf import json_format

    try:
        json_format.ParseDict(dict(json_dict), proto, ignore_unknown_fields=True)
    except (json_format.Error, TypeError, ValueError) as error:
        raise ParameterError(f"this is no {type(proto).__name__}: {error}") from error
    return proto


def _parsed(text: str | bytes, path: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ParameterError(f"{path} is not JSON: {error}", input=path) from None


def _check_protobuf(proto: object) -> None:
    if not is_protobuf(proto):
        raise ParameterError("this is no message", expected="a message or protobuf", got=f"{proto!r:.80}")
