# SPDX-License-Identifier: Apache-2.0
"""Writes protobuf's wire format without message classes.

Format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

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


@lru_cache(maxsize=65_536)
def field_head(number: int, size: int) -> bytes:
    """Returns what stands before a field's bytes, of which there are so many."""
    return varint(number << 3 | _BYTES) + varint(size)


def bytes_field(number: int, value: bytes) -> bytes:
    """Returns a field that holds bytes, text, a message, or packed numbers."""
    return field_head(number, len(value)) + value


def map_entries(number: int, key: str, values: Iterable[bytes | None]) -> Iterator[bytes]:
    """Yields the entry of one key of a map field from text to messages or bytes, for each of many messages.

    Args:
        number: Number of the map's field.
        key: The key.
        values: Its value in each message; ``None`` where a message does not have it, which yields nothing at all.
    """
    key_field = bytes_field(1, key.encode())
    heads: dict[int, bytes] = {}
    for value in values:
        if value is None:
            yield b""
            continue
        size = len(value)
        head = heads.get(size)
        if head is None:
            before = key_field + field_head(2, size)
            head = heads[size] = field_head(number, len(before) + size) + before
        yield head + value
