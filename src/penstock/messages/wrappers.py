# SPDX-License-Identifier: Apache-2.0
"""Protobuf's wrapper messages: one value, so that "not set" differs from "set to the default".

In JSON each is its bare value (https://protobuf.dev/reference/protobuf/google.protobuf/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from penstock.messages.fields import Scalar
from penstock.messages.kinds import BOOL, BYTES, DOUBLE, FLOAT, INT32, INT64, STRING, UINT32, UINT64
from penstock.messages.message import Message

if TYPE_CHECKING:
    from typing_extensions import Self


class Wrapper(Message):
    """Base of the wrappers; the subclass declares ``value``."""

    @classmethod
    def __from_json__(cls, data: object, path: str, *, lenient: bool) -> Self:
        message = cls()
        message.__fill__(data if isinstance(data, Mapping) else {"value": data}, path, lenient=lenient)
        return message

    def __to_json__(self) -> Any:
        (field,) = self.__fields__.values()
        return field.to_json(field.read(self.__cells__))


class DoubleValue(Wrapper, package="google.protobuf"):
    """A 64-bit float."""

    value: Scalar[float] = Scalar(DOUBLE)


class FloatValue(Wrapper, package="google.protobuf"):
    """A 32-bit float."""

    value: Scalar[float] = Scalar(FLOAT)


class Int64Value(Wrapper, package="google.protobuf"):
    """A signed 64-bit integer."""

    value: Scalar[int] = Scalar(INT64)


class UInt64Value(Wrapper, package="google.protobuf"):
    """An unsigned 64-bit integer."""

    value: Scalar[int] = Scalar(UINT64)


class Int32Value(Wrapper, package="google.protobuf"):
    """A signed 32-bit integer."""

    value: Scalar[int] = Scalar(INT32)


class UInt32Value(Wrapper, package="google.protobuf"):
    """An unsigned 32-bit integer."""

    value: Scalar[int] = Scalar(UINT32)


class BoolValue(Wrapper, package="google.protobuf"):
    """True or false."""

    value: Scalar[bool] = Scalar(BOOL)


class StringValue(Wrapper, package="google.protobuf"):
    """Text."""

    value: Scalar[str] = Scalar(STRING)


class BytesValue(Wrapper, package="google.protobuf"):
    """Bytes."""

    value: Scalar[bytes] = Scalar(BYTES)
