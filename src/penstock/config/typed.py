# SPDX-License-Identifier: Apache-2.0
"""Brings what a YAML file holds into the shape of a frozen dataclass, or says which file and line do not fit."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from penstock.config.yaml_file import Entry
from penstock.errors import UsageError, did_you_mean

T = TypeVar("T")

_NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def typed(cls: type[T], entry: Entry) -> T:
    """Returns the dataclass that a mapping of entries stands for.

    Fields may be ``int``, ``float``, ``str``, ``bool``, a ``Literal``, one of these or ``None``, a ``tuple`` of one of
    these, or a mapping to ``Entry``, whose values are typed later by someone who knows more.

    Raises:
        UsageError: A key is unknown, missing, or has a value of another type.
    """
    hints = typing.get_type_hints(cls)
    fields: dict[str, dataclasses.Field[Any]] = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # any dataclass
    values = {}
    for key, item in entry.value.items():
        if key not in fields:
            raise UsageError(f"{item.place}: {key!r} is not a setting", hint=did_you_mean(key, fields))
        values[key] = _value(hints[key], item, key)
    return cls(**values)


def _value(hint: Any, entry: Entry, key: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if entry.value is None:
            return None
        (hint,) = [member for member in typing.get_args(hint) if member is not type(None)]
        return _value(hint, entry, key)
    if origin is collections.abc.Mapping:
        return _checked(isinstance(entry.value, Mapping), "a mapping, name: value", entry, key)
    if origin is tuple:
        _checked(isinstance(entry.value, tuple), "a list", entry, key)
        return tuple(_value(typing.get_args(hint)[0], item, key) for item in entry.value)
    if origin is Literal:
        choices = typing.get_args(hint)
        return _checked(entry.value in choices, " or ".join(map(repr, choices)), entry, key)
    accepted = (int, float) if hint is float else (hint,)
    fits = isinstance(entry.value, accepted) and (hint is bool or not isinstance(entry.value, bool))
    return _checked(fits, _NAMES[hint], entry, key)


def _checked(fits: bool, expected: str, entry: Entry, key: str) -> Any:
    if not fits:
        raise UsageError(
            f"{entry.place}: {key} has the wrong value", expected=expected, got=repr(entry.plain)
        )
    return entry.value
