# SPDX-License-Identifier: Apache-2.0
"""Reads UBJSON as far as XGBoost writes it.

What matters of a model is a few names beside trees of any number, so that numbers in bulk are stepped over.
Format: https://ubjson.org and https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

from __future__ import annotations

import struct
from typing import Any

_NUMBERS = {
    b"i": ">b",
    b"U": ">B",
    b"I": ">h",
    b"l": ">i",
    b"L": ">q",
    b"d": ">f",
    b"D": ">d",
}
_CONSTANTS: dict[bytes, Any] = {b"Z": None, b"T": True, b"F": False}
_MAX_DEPTH = 50
SMALL = 4096
"""Arrays of at most this many numbers are read."""


def parse(content: bytes) -> Any:
    """Returns the document; arrays of more numbers than :data:`SMALL` are ``None`` in it.

    Raises:
        ValueError: The bytes are no such document.
    """
    value, _ = _value(content, _marker(content, 0), 1, 0)
    return value


def _value(content: bytes, marker: bytes, position: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise ValueError(f"more than {_MAX_DEPTH} levels at byte {position}")
    if marker == b"{":
        return _object(content, position, depth)
    if marker == b"[":
        return _array(content, position, depth)
    if marker in (b"S", b"H"):
        return _text(content, position)
    if marker == b"C":
        return content[position : position + 1].decode("latin-1"), position + 1
    if marker in _CONSTANTS:
        return _CONSTANTS[marker], position
    return _number(content, marker, position)


def _object(content: bytes, position: int, depth: int) -> tuple[dict[str, Any], int]:
    _, count, position = _container(content, position)
    found: dict[str, Any] = {}
    while count is None or len(found) < count:
        if count is None and _marker(content, position) == b"}":
            return found, position + 1
        name, position = _text(content, position)
        found[name], position = _value(content, _marker(content, position), position + 1, depth + 1)
    return found, position


def _array(content: bytes, position: int, depth: int) -> tuple[list[Any] | None, int]:
    kind, count, position = _container(content, position)
    if kind is not None and kind in _NUMBERS:
        if count is None:
            raise ValueError(f"a typed array without length at byte {position}")
        return _typed_array(content, kind, count, position)
    found: list[Any] = []
    while count is None or len(found) < count:
        if kind is not None:
            value, position = _value(content, kind, position, depth + 1)
        elif count is None and _marker(content, position) == b"]":
            return found, position + 1
        else:
            value, position = _value(content, _marker(content, position), position + 1, depth + 1)
        found.append(value)
    return found, position


def _typed_array(content: bytes, kind: bytes, count: int, position: int) -> tuple[list[Any] | None, int]:
    item = struct.Struct(_NUMBERS[kind])
    end = position + count * item.size
    if end > len(content):
        raise ValueError(f"an array ends {end - len(content)} bytes behind the file")
    if count > SMALL:
        return None, end
    return [row[0] for row in item.iter_unpack(content[position:end])], end


def _container(content: bytes, position: int) -> tuple[bytes | None, int | None, int]:
    """Reads what may stand at the start of an array or object: the type and the number of its values."""
    kind = None
    if _marker(content, position) == b"$":
        kind = _marker(content, position + 1)
        position += 2
    if _marker(content, position) != b"#":
        return kind, None, position
    count, position = _length(content, position + 1)
    return kind, count, position


def _text(content: bytes, position: int) -> tuple[str, int]:
    size, position = _length(content, position)
    if position + size > len(content):
        raise ValueError(f"a text ends {position + size - len(content)} bytes behind the file")
    return content[position : position + size].decode("utf-8"), position + size


def _length(content: bytes, position: int) -> tuple[int, int]:
    value, position = _number(content, _marker(content, position), position + 1)
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"no length at byte {position}")
    return value, position


def _number(content: bytes, marker: bytes, position: int) -> tuple[Any, int]:
    if marker not in _NUMBERS:
        raise ValueError(f"no value at byte {position - 1}")
    item = struct.Struct(_NUMBERS[marker])
    if position + item.size > len(content):
        raise ValueError(f"the file ends inside a number at byte {position}")
    return item.unpack_from(content, position)[0], position + item.size


def _marker(content: bytes, position: int) -> bytes:
    if position >= len(content):
        raise ValueError(f"the file ends at byte {len(content)}, before the document does")
    return content[position : position + 1]
