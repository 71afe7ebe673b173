# SPDX-License-Identifier: Apache-2.0
"""Typed values to plain JSON data; ``penstock.messages.codec`` is the way in."""

from __future__ import annotations

import base64
import dataclasses
import enum
import math
import numbers
from collections.abc import Mapping
from typing import Any

from penstock.errors import ParameterError
from penstock.messages.message import Message
from penstock.messages.problems import wrong_type
from penstock.messages.protobuf import is_protobuf, protobuf_to_data

FLOAT_TAG = "$float"
BYTES_TAG = "$bytes"
DICT_TAG = "$dict"
_TAGS = frozenset((FLOAT_TAG, BYTES_TAG, DICT_TAG))


def tag_of(data: object) -> str | None:
    """Returns the tag of data that stands for a value that JSON lacks."""
    if not isinstance(data, Mapping) or len(data) != 1:
        return None
    (key,) = data
    return key if key in _TAGS else None


def encode(value: Any, path: str) -> Any:
    """Returns the plain JSON data that stands for a value."""
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, bool):
        return value
    for basic in (str, int):
        if isinstance(value, basic):
            return basic(value)
    if isinstance(value, (list, tuple)):
        return [encode(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        return _encode_mapping(value, path)
    if isinstance(value, bytes):
        return {BYTES_TAG: base64.b64encode(value).decode("ascii")}
    if isinstance(value, (float, numbers.Real)):
        return _encode_number(value)
    return _encode_object(value, path)


def _encode_number(value: Any) -> Any:
    if isinstance(value, numbers.Integral):
        return int(value)
    number = float(value)
    if math.isfinite(number):
        return number
    name = "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    return {FLOAT_TAG: name}


def _encode_mapping(value: Mapping[Any, Any], path: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, item in value.items():
        text = _encode_key(key, path)
        if text in data:
            raise ParameterError(f"{path} has two keys that are {text!r} in JSON", input=path)
        data[text] = encode(item, f"{path}[{key!r}]")
    return {DICT_TAG: data} if tag_of(data) else data


def _encode_key(key: Any, path: str) -> str:
    if isinstance(key, enum.Enum):
        return key.name
    if isinstance(key, str):
        return str(key)
    if isinstance(key, numbers.Integral) and not isinstance(key, bool):
        return str(int(key))
    raise wrong_type(f"a key of {path}", "a string, an integer or a member of an enumeration", key)


def _encode_object(value: Any, path: str) -> Any:
    if isinstance(value, Message):
        return value.__to_json__()
    if is_protobuf(value):
        return protobuf_to_data(value, None, path)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field for field in dataclasses.fields(value) if field.init)
        return {field.name: encode(getattr(value, field.name), f"{path}.{field.name}") for field in fields}
    raise wrong_type(
        path, "plain data, a dataclass, a member of an enumeration, a message or a protobuf", value
    )
