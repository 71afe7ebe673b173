# SPDX-License-Identifier: Apache-2.0
"""Types the values of a column of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

_INTS = range(-(2**63), 2**63)


def parsed(content: bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """Returns what JSON text says.

    Args:
        content: The text, in UTF-8 (or UTF-16 or UTF-32, which shows).
        parse_constant: Is called with ``NaN``, ``Infinity`` or ``-Infinity``; these are numbers where it is left out.

    Raises:
        ValueError: It is no JSON, or holds what no text can hold: JSON can write half of a surrogate pair.
    """
    try:
        text = content.decode(json.detect_encoding(content))
        value = json.loads(text, parse_constant=parse_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise ValueError(f"text that is not Unicode: {error}") from None
    except RecursionError:
        raise ValueError("lists or objects too deep in each other") from None
    return value


def widest(known: pa.DataType, values: Sequence[Any]) -> pa.DataType:
    """Returns the narrowest type that holds values, and those that a known type holds.

    Args:
        known: Type of earlier values: null, int64, float64, string, or a list of these.
        values: Parsed JSON.
    """
    return _common(known, _quick_type(values) or _slow_type(values))


def column_of(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """Returns values as a column of a type that :func:`widest` has found for them."""
    return pa.array([_fitted(value, type_) for value in values], type_)


def _quick_type(values: Sequence[Any]) -> pa.DataType | None:
    """Returns the type of values that are all alike, ``None`` where they are not."""
    kinds = {type(value) for value in values}
    kinds.discard(type(None))
    if not kinds:
        return pa.null()
    if kinds == {str}:
        return pa.string()
    if kinds == {float}:
        return pa.float64()
    return None


def _slow_type(values: Sequence[Any]) -> pa.DataType:
    type_ = pa.null()
    for value in values:
        type_ = _common(type_, _type_of(value))
    return type_


def _type_of(value: Any) -> pa.DataType:
    if value is None:
        return pa.null()
    if isinstance(value, bool):
        return pa.int64()
    if isinstance(value, int):
        return pa.int64() if value in _INTS else pa.float64()
    if isinstance(value, float):
        return pa.float64()
    if isinstance(value, list):
        inner = _slow_type(value)
        # Lists of lists, and lists with a missing value in them, are no features: they stay what they are, as text.
        if pa.types.is_list(inner) or None in value:
            return pa.string()
        return pa.list_(inner)
    return pa.string()


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_string(one) or pa.types.is_string(other):
        return pa.string()
    if pa.types.is_list(one) or pa.types.is_list(other):
        values = [type_.value_type if pa.types.is_list(type_) else type_ for type_ in (one, other)]
        return pa.list_(_common(*values))
    return pa.float64()


def _fitted(value: Any, type_: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(type_):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if pa.types.is_list(type_):
        return [_fitted(item, type_.value_type) for item in (value if isinstance(value, list) else [value])]
    if pa.types.is_floating(type_):
        return float(value) if abs(value) < _LARGEST else math.inf if value > 0 else -math.inf
    return int(value)


_LARGEST = 2**1000
"""Python cannot make a float of a whole number beyond this; such a one is infinite."""
