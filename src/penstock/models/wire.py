# SPDX-License-Identifier: Apache-2.0
"""Reads protobuf's wire format field by field, without message classes.

The signatures of a SavedModel or an ONNX model are a few hundred bytes beside a graph of any size. Reading them needs
neither the library that has the message classes, nor a parse of the graph: a field that is not wanted is stepped over.
Format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES = 10


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yields the number and value of each field: an integer for varints, else the field's bytes.

    Raises:
        ValueError: The bytes are no message.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if kind == _BYTES:
            size, position = _varint(message, position)
        elif kind in _FIXED_SIZES:
            size = _FIXED_SIZES[kind]
        else:
            raise ValueError(f"wire type {kind} at byte {position}")
        if position + size > len(message):
            raise ValueError(f"field {number} ends {position + size - len(message)} bytes behind the message")
        yield number, message[position : position + size]
        position += size


def submessages(message: memoryview, number: int) -> Iterator[memoryview]:
    """Yields the values of a field that holds messages or bytes."""
    for found, value in fields(message):
        if found == number and isinstance(value, memoryview):
            yield value


def texts(message: memoryview, number: int) -> list[str]:
    """Returns the values of a text field."""
    return [bytes(value).decode("utf-8") for value in submessages(message, number)]


def integers(message: memoryview, number: int) -> list[int]:
    """Returns the values of an integer or enum field, signed."""
    return [_signed(value) for found, value in fields(message) if found == number and isinstance(value, int)]


def packed_integers(values: memoryview) -> Iterator[int]:
    """Yields the integers of a packed field, signed."""
    position = 0
    while position < len(values):
        value, position = _varint(values, position)
        yield _signed(value)


def entries(message: memoryview, number: int) -> Iterator[tuple[str, memoryview]]:
    """Yields key and value of a map field from text to messages."""
    for entry in submessages(message, number):
        keys, values = texts(entry, 1), list(submessages(entry, 2))
        yield (keys[-1] if keys else ""), (values[-1] if values else memoryview(b""))


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    result = 0
    for index in range(_MAX_VARINT_BYTES):
        if position + index >= len(message):
            break
        byte = message[position + index]
        result |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return result, position + index + 1
    raise ValueError(f"no varint at byte {position}")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
