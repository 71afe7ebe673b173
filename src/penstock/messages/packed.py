# SPDX-License-Identifier: Apache-2.0
"""A message of any type inside another, as protobuf's ``Any``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from penstock.messages.fields import Scalar
from penstock.messages.kinds import STRING
from penstock.messages.message import Message
from penstock.messages.problems import wrong_type
from penstock.messages.protobuf import data_to_protobuf, is_protobuf, protobuf_to_data

if TYPE_CHECKING:
    from typing_extensions import Self

_PREFIX = "type.googleapis.com/"
_TYPE = "@type"
_BOXED = ("Any", "Duration", "FieldMask", "Struct", "Timestamp")


class AnyMessage(Message):
    """Holds a message together with the name of its type; ``Pack`` and ``Unpack`` take ours and protobufs.

    In JSON it is the message's own form with ``@type`` beside the fields. ``content`` is that form without ``@type``,
    as text, where protobuf has the encoded bytes.
    """

    __proto_name__ = "google.protobuf.Any"

    type_url: Scalar[str] = Scalar(STRING)
    content: Scalar[str] = Scalar(STRING)

    def Pack(self, message: Any) -> None:
        """Takes a copy of a message.

        Raises:
            ParameterError: It is neither one of our messages nor a protobuf.
        """
        if not isinstance(message, Message) and not is_protobuf(message):
            raise wrong_type("Any", "a message to pack", message)
        name = _full_name(message)
        data = (
            message.__to_json__() if isinstance(message, Message) else protobuf_to_data(message, None, name)
        )
        self.type_url = _PREFIX + name
        self.content = _text({"value": data} if _is_boxed(name) else data)

    def Unpack(self, message: Any) -> bool:
        """Makes a message a copy of the packed one; returns False, and does nothing, where its type is another."""
        if not self.Is(message):
            return False
        name = self.TypeName()
        data = json.loads(self.content)
        if _is_boxed(name):
            data = data["value"]
        if isinstance(message, Message):
            message.CopyFrom(type(message).__from_json__(data, name, lenient=True))
        else:
            message.CopyFrom(data_to_protobuf(type(message), data, name))
        return True

    def Is(self, message: Any) -> bool:
        """Whether the packed message is of the type of this one (a message, its class or its descriptor)."""
        return bool(self.type_url) and self.TypeName() == _full_name(message)

    def TypeName(self) -> str:
        """Returns the full name of the packed message's type."""
        return self.type_url.rpartition("/")[2]

    @classmethod
    def __from_json__(cls, data: object, path: str, *, lenient: bool) -> Self:
        if isinstance(data, Mapping) and set(data) <= {"type_url", "content"}:
            return super().__from_json__(data, path, lenient=False)
        if not isinstance(data, Mapping) or not isinstance(data.get(_TYPE), str):
            raise wrong_type(path, f"a mapping with {_TYPE!r}", data)
        return cls(type_url=data[_TYPE], content=_text({key: data[key] for key in data if key != _TYPE}))

    def __to_json__(self) -> Any:
        if not self.type_url:
            return {}
        return {_TYPE: self.type_url, **json.loads(self.content or "{}")}


def _full_name(message: Any) -> str:
    name = getattr(message, "__proto_name__", None)
    if name is None:
        name = getattr(message, "DESCRIPTOR", message).full_name
    return str(name)


def _is_boxed(name: str) -> bool:
    """Whether the type has a JSON form of its own, which then stands under ``value`` beside ``@type``."""
    package, _, last = name.rpartition(".")
    return package == "google.protobuf" and (last.endswith("Value") or last in _BOXED)


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))
