# SPDX-License-Identifier: Apache-2.0
"""JSON values as structs, the way TFX stores them: anything but an object is wrapped as ``{"__value__": …}``."""

from __future__ import annotations

import math
from typing import Any

from penstock.metadata import mlmd, names

_DEEPEST = 30  # each level is two messages, and protobuf reads no more than a hundred
_EXACT_INTEGERS = 1 << 53


def is_exact(value: Any) -> bool:
    """Says whether a value comes back from a struct as it is.

    A struct has one kind of number, and a whole one is read as an integer; so it holds neither ``2.0`` nor integers
    beyond the precision of a float.
    """
    if isinstance(value, dict) and names.VALUE_KEY in value:
        return False
    return _is_exact(value, 0)


def _is_exact(value: Any, depth: int) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return _is_unicode(value)
    if isinstance(value, int):
        return abs(value) <= _EXACT_INTEGERS
    if isinstance(value, float):
        return math.isfinite(value) and not value.is_integer()
    if depth == _DEEPEST:
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_exact(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return all(
            isinstance(k, str) and _is_unicode(k) and _is_exact(v, depth + 1) for k, v in value.items()
        )
    return False


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def nearest(value: Any) -> Any:
    """Returns the value nearest to one of JSON that a struct can hold, the value itself where it can."""
    if is_exact(value):
        return value
    if isinstance(value, dict) and names.VALUE_KEY in value:
        return nearest({key: item for key, item in value.items() if key != names.VALUE_KEY})
    return _nearest(value, 0)


def _nearest(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return value if abs(value) <= _EXACT_INTEGERS else max(min(value, 10**300), -(10**300)) * 1.0
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == _DEEPEST:
        return None
    if isinstance(value, list):
        return [_nearest(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_nearest(key, depth): _nearest(item, depth + 1) for key, item in value.items()}
    return value


def to_value(value: Any) -> Any:
    """Returns a JSON value as a property value of the library."""
    encoded = mlmd.pb.Value()
    encoded.struct_value.SetInParent()
    encoded.struct_value.update(_plain(value if isinstance(value, dict) else {names.VALUE_KEY: value}))
    return encoded


def _plain(value: Any) -> Any:
    """Returns a value with its tuples as lists, which is all that protobuf takes."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def from_value(encoded: Any) -> Any:
    """Returns the JSON value in a property value that holds a struct."""
    fields = encoded.struct_value.fields
    if names.VALUE_KEY in fields:
        return _from_struct(fields[names.VALUE_KEY])
    return {key: _from_struct(item) for key, item in sorted(fields.items())}


def _from_struct(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return [_from_struct(item) for item in value.list_value.values]
    if kind == "struct_value":
        return {key: _from_struct(item) for key, item in sorted(value.struct_value.fields.items())}
    if kind == "number_value":
        number = value.number_value
        return int(number) if math.isfinite(number) and number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)
