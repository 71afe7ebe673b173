# SPDX-License-Identifier: Apache-2.0
"""Writes protobuf's wire format without message classes.

Format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

_BYTES = 2
_64_BITS = (1 << 64) - 1


def varint(value: int) -> bytes:
    """Returns an integer as protobuf writes it; a negative one as its 64-bit two's complement."""
    value &= _64_BITS
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def integer_field(number: int, value: int) -> bytes:
    """Returns a field that holds an integer, an enumeration's value or a truth value."""
    return varint(number << 3) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Returns a field that holds bytes, text, a message, or packed numbers."""
    return varint(number << 3 | _BYTES) + varint(len(value)) + value


def map_entry(number: int, key: str, value: bytes) -> bytes:
    """Returns one entry of a map field from text to messages or bytes."""
    return bytes_field(number, bytes_field(1, key.encode()) + bytes_field(2, value))
