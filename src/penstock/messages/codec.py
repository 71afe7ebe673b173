# SPDX-License-Identifier: Apache-2.0
"""Typed values to plain JSON data and back, driven by type hints.

Parameters, plans and results cross processes and stand in the IR in this form. Messages have proto3's JSON form,
dataclasses are objects, members of enumerations are their names. What JSON lacks is tagged, so that it comes back
whatever the hint: ``{"$float": "NaN"}``, ``{"$bytes": "<base64>"}``, and ``{"$dict": …}`` around a mapping that looks
like a tag.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import json
import math
import numbers
from collections.abc import Mapping
from typing import Any, TypeVar, overload

from penstock.errors import ParameterError
from penstock.messages.decoding import BYTES_TAG, DICT_TAG, FLOAT_TAG, decode, is_tagged
from penstock.messages.message import Message
from penstock.messages.problems import wrong_type
from penstock.messages.protobuf import is_protobuf, protobuf_to_data

T = TypeVar("T")


def to_jsonable(value: object, path: str = "") -> Any:
    """Returns the plain JSON data that stands for a value.

    Args:
        value: ``None``, a number, text, bytes, a list, tuple or mapping of these, a member of an enumeration, a
            dataclass, a message or a protobuf.
        path: What the value is, for errors.

    Raises:
        ParameterError: Somewhere in the value there is something else; the error names its path.
    """
    return _encode(value, path or "value")


@overload
def from_jsonable(hint: type[T], data: object, path: str = "") -> T: ...
@overload
def from_jsonable(hint: Any, data: object, path: str = "") -> Any: ...
def from_jsonable(hint: Any, data: object, path: str = "") -> Any:
    """Returns the value of a type that plain JSON data stands for.

    Values that are of their type already are taken as they are, so that this also checks, and brings into shape, what a
    user gave: lists become tuples, mappings become dataclasses and messages, names become members of enumerations.

    Args:
        hint: ``int``, ``float``, ``str``, ``bool``, ``bytes``, ``None``; tuples, lists, sequences (as tuples) and
            mappings (as dictionaries); unions, ``Literal``, enumerations, dataclasses, messages, protobuf classes;
            ``Any`` for plain JSON data. Of several dataclasses in a union the first one that fits is taken.
        data: What ``to_jsonable`` gave, or a value.
        path: What the value is, for errors: ``parameters`` makes an error name ``parameters.train_args.num_steps``.

    Raises:
        ParameterError: The data does not fit the hint, or the hint is none of those above.
    """
    if hint is Any or hint is object:
        data = to_jsonable(data, path)
    return decode(hint, data, path or "value")


def digestable(value: object) -> str:
    """Returns the canonical JSON text of a value: sorted, compact, ASCII; equal values have equal texts."""
    return json.dumps(to_jsonable(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _encode(value: Any, path: str) -> Any:
    if isinstance(value, enum.Enum):
        return value.name
    if value is None or isinstance(value, bool):
        return value
    for basic in (str, int):
        if isinstance(value, basic):
            return basic(value)
    if isinstance(value, (list, tuple)):
        return [_encode(item, f"{path}[{i}]") for i, item in enumerate(value)]
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
        data[text] = _encode(item, f"{path}[{key!r}]")
    return {DICT_TAG: data} if is_tagged(data) else data


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
        return {field.name: _encode(getattr(value, field.name), f"{path}.{field.name}") for field in fields}
    raise wrong_type(
        path, "plain data, a dataclass, a member of an enumeration, a message or a protobuf", value
    )
