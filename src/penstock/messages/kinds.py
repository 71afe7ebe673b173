# SPDX-License-Identifier: Apache-2.0
"""What one value of a field may be, how it is checked, and what it looks like in proto3 JSON.

JSON forms: https://protobuf.dev/programming-guides/json/.
"""

from __future__ import annotations

import base64
import binascii
import math
import operator
import re
import struct
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from penstock.errors import did_you_mean
from penstock.messages.enums import ProtoEnum
from penstock.messages.problems import wrong_type, wrong_value

if TYPE_CHECKING:
    from penstock.messages.message import Message

T = TypeVar("T")
M = TypeVar("M", bound="Message")
EnumT = TypeVar("EnumT", bound=ProtoEnum)

_INTEGER = re.compile(r"-?[0-9]+")
_NAMED_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Kind(Generic[T]):
    """What a field, or an element of a repeated or map field, holds."""

    def accept(self, value: object, path: str, *, lenient: bool) -> T:
        """Returns the value as the field holds it; a message is copied, as in protobuf.

        Args:
            value: What was given.
            path: Path of the field, for the error.
            lenient: Whether JSON's forms are taken too: numbers as strings, bytes as base64, camelCase names.

        Raises:
            ParameterError: The value has another type, or is out of range.
        """
        raise NotImplementedError

    def to_json(self, value: T) -> Any:
        """Returns the value's form in proto3 JSON."""
        return value


class ScalarKind(Kind[T]):
    """A kind whose values are immutable and have a default."""

    default: T

    def is_default(self, value: T) -> bool:
        """Whether the value need not be written where there is no presence."""
        return value == self.default


class StringKind(ScalarKind[str]):
    """Text."""

    default = ""

    def accept(self, value: object, path: str, *, lenient: bool) -> str:  # noqa: ARG002 - text is text in JSON too
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        return value


class BytesKind(ScalarKind[bytes]):
    """Bytes; base64 in JSON."""

    default = b""

    def accept(self, value: object, path: str, *, lenient: bool) -> bytes:
        if isinstance(value, bytes):
            return value
        if not lenient or not isinstance(value, str):
            raise wrong_type(path, "bytes", value)
        standard = value.replace("-", "+").replace("_", "/").rstrip("=")
        try:
            return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise wrong_value(path, "bytes as base64", value) from None

    def to_json(self, value: bytes) -> str:
        return base64.b64encode(value).decode("ascii")


class BoolKind(ScalarKind[bool]):
    """True or false; the words are taken where JSON needs a string (keys of maps)."""

    default = False

    def accept(self, value: object, path: str, *, lenient: bool) -> bool:
        if isinstance(value, bool):
            return value
        if lenient and value in ("true", "false"):
            return value == "true"
        raise wrong_type(path, "True or False", value)


class IntKind(ScalarKind[int]):
    """An integer of a fixed width; 64 bits are strings in JSON, which has no integers of that size."""

    default = 0

    def __init__(self, bits: int, *, signed: bool) -> None:
        self.bits = bits
        self.lowest = -(1 << (bits - 1)) if signed else 0
        self.highest = (1 << (bits - 1 if signed else bits)) - 1

    def accept(self, value: object, path: str, *, lenient: bool) -> int:
        number = _integer_of_json(value) if lenient else value
        if isinstance(number, bool) or not hasattr(number, "__index__"):
            raise wrong_type(path, "an integer", value)
        result = operator.index(number)
        if not self.lowest <= result <= self.highest:
            raise wrong_value(path, f"an integer from {self.lowest} to {self.highest}", value)
        return result

    def to_json(self, value: int) -> int | str:
        return str(value) if self.bits == 64 else value


class FloatKind(ScalarKind[float]):
    """A floating point number of 64 bits."""

    default = 0.0

    def accept(self, value: object, path: str, *, lenient: bool) -> float:
        number = _float_of_json(value) if lenient else value
        if isinstance(number, (bool, str, bytes)) or not hasattr(number, "__float__"):
            raise wrong_type(path, "a number", value)
        try:
            return float(number)
        except (OverflowError, TypeError, ValueError):
            raise wrong_value(path, "a number within the range of floats", value) from None

    def is_default(self, value: float) -> bool:
        return value == 0 and math.copysign(1, value) > 0

    def to_json(self, value: float) -> float | str:
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return value


class Float32Kind(FloatKind):
    """A floating point number of 32 bits, kept as the one with the fewest digits, which is what JSON shows."""

    def accept(self, value: object, path: str, *, lenient: bool) -> float:
        number = super().accept(value, path, lenient=lenient)
        if not math.isfinite(number):
            return number
        try:
            bits = struct.pack("<f", number)
        except OverflowError:
            raise wrong_value(path, "a number within the range of 32-bit floats", value) from None
        (rounded,) = struct.unpack("<f", bits)
        candidates = (float(f"{rounded:.{digits}g}") for digits in range(6, 9))
        return next(
            (short for short in candidates if struct.pack("<f", short) == bits), float(f"{rounded:.9g}")
        )


class EnumKind(ScalarKind[EnumT]):
    """A member of an enumeration, given as itself, by name or by number; its name in JSON."""

    def __init__(self, enum: type[EnumT]) -> None:
        self.enum = enum
        self.default = enum(0)

    def accept(self, value: object, path: str, *, lenient: bool) -> EnumT:
        if isinstance(value, ProtoEnum) and not isinstance(value, self.enum):
            raise wrong_type(path, self._names(), value)
        if isinstance(value, str):
            if value in self.enum.__members__:
                return self.enum[value]
            if not (lenient and _INTEGER.fullmatch(value)):
                raise wrong_value(path, self._names(), value, did_you_mean(value, self.enum.__members__))
        number = INT32.accept(value, path, lenient=lenient)
        if number not in self.enum.values():
            raise wrong_value(path, self._names(), value)
        return self.enum(number)

    def to_json(self, value: EnumT) -> str:
        return value.name

    def _names(self) -> str:
        return f"a member of {self.enum.__qualname__}: {', '.join(self.enum.keys())}"


class MessageKind(Kind[M]):
    """A message as an element of a repeated or map field."""

    def __init__(self, type_: type[M]) -> None:
        self.type = type_

    def accept(self, value: object, path: str, *, lenient: bool) -> M:
        return self.type.__accept__(value, path, lenient=lenient)

    def to_json(self, value: M) -> Any:
        return value.__to_json__()


def _integer_of_json(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


def _float_of_json(value: object) -> object:
    if not isinstance(value, str) or value in _NAMED_FLOATS:
        return _NAMED_FLOATS[value] if isinstance(value, str) else value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if math.isfinite(number) else value


STRING = StringKind()
BYTES = BytesKind()
BOOL = BoolKind()
INT32 = IntKind(32, signed=True)
UINT32 = IntKind(32, signed=False)
INT64 = IntKind(64, signed=True)
UINT64 = IntKind(64, signed=False)
FLOAT = Float32Kind()
DOUBLE = FloatKind()
