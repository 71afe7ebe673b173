# SPDX-License-Identifier: Apache-2.0
"""Brings what a YAML file holds into the shape of frozen dataclasses, or says which file and line do not fit."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from penstock.config.yaml_file import Entry
from penstock.errors import PenstockError, UsageError, did_you_mean

T = TypeVar("T")

_NAMES = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def typed(cls: type[T], entry: Entry, *, written: Mapping[str, str] | None = None) -> T:
    """Returns the dataclass that a mapping of entries stands for.

    Fields may be ``int``, ``float``, ``str``, ``bool``, a ``Literal``, ``Any`` (plain data), another dataclass, one of
    several of these or ``None``, a ``tuple`` or a mapping of one of these, or a mapping to ``Entry``, whose values are
    typed later by someone who knows more.

    Args:
        cls: The dataclass.
        entry: The mapping.
        written: What a field is called in the file, where that is another name.

    Raises:
        UsageError: A key is unknown, missing, or has a value of another type.
    """
    made: T = typed_parts((cls,), entry, written=written)[0]
    return made


def typed_parts(
    classes: Sequence[type[Any]], entry: Entry, *, written: Mapping[str, str] | None = None
) -> tuple[Any, ...]:
    """Returns several dataclasses whose fields stand in one mapping; see :func:`typed`."""
    _checked(isinstance(entry.value, Mapping), "a mapping, name: value", entry, "this")
    names = written or {}
    fields = {
        names.get(item.name, item.name): (cls, item) for cls in classes for item in dataclasses.fields(cls)
    }
    values: dict[type[Any], dict[str, Any]] = {cls: {} for cls in classes}
    hints = {cls: typing.get_type_hints(cls) for cls in classes}
    for key, item in entry.value.items():
        if key not in fields:
            raise UsageError(f"{item.place}: {key!r} is not a setting", hint=did_you_mean(key, fields))
        cls, field = fields[key]
        values[cls][field.name] = _value(hints[cls][field.name], item, key)
    for key, (_, field) in fields.items():
        has_default = (
            field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        )
        if key not in entry.value and not has_default:
            raise UsageError(f"{entry.place}: {key} is missing", expected=f"{key}: …")
    return tuple(_made(cls, values[cls], entry) for cls in classes)


def _made(cls: type[Any], values: Mapping[str, Any], entry: Entry) -> Any:
    try:
        return cls(**values)
    except PenstockError as error:  # a dataclass that checks itself does not know where it was written
        raise UsageError(
            f"{entry.place}: {error.message}", expected=error.expected, got=error.got, hint=error.hint
        ) from None


def _value(hint: Any, entry: Entry, key: str) -> Any:
    origin = typing.get_origin(hint)
    if hint is Any:
        return entry.plain
    if origin in (typing.Union, types.UnionType):
        return _one_of(typing.get_args(hint), entry, key)
    if origin is collections.abc.Mapping:
        return _mapping(typing.get_args(hint)[1], entry, key)
    if origin is tuple:
        _checked(isinstance(entry.value, tuple), "a list", entry, key)
        return tuple(_value(typing.get_args(hint)[0], item, key) for item in entry.value)
    if origin is Literal:
        choices = typing.get_args(hint)
        return _checked(entry.value in choices, " or ".join(map(repr, choices)), entry, key)
    if dataclasses.is_dataclass(hint):
        _checked(isinstance(entry.value, Mapping), "a mapping, name: value", entry, key)
        return typed(hint, entry)  # type: ignore[arg-type]  # a class, as all hints
    return _scalar(hint, entry, key)


def _scalar(hint: Any, entry: Entry, key: str) -> Any:
    accepted = (int, float) if hint is float else (hint,)
    fits = isinstance(entry.value, accepted) and (hint is bool or not isinstance(entry.value, bool))
    _checked(fits, _NAMES[hint], entry, key)
    return float(entry.value) if hint is float else entry.value


def _mapping(hint: Any, entry: Entry, key: str) -> Any:
    _checked(isinstance(entry.value, Mapping), "a mapping, name: value", entry, key)
    if hint is Entry:
        return entry.value
    return {name: _value(hint, item, f"{key}.{name}") for name, item in entry.value.items()}


def _one_of(members: Sequence[Any], entry: Entry, key: str) -> Any:
    if entry.value is None and type(None) in members:
        return None
    wanted = [member for member in members if member is not type(None)]
    if len(wanted) == 1:
        return _value(wanted[0], entry, key)
    refusals = []
    for member in wanted:
        try:
            return _value(member, entry, key)
        except UsageError as error:
            refusals.append(error)
    expected = " or ".join(error.expected or error.message for error in refusals)
    return _checked(False, expected, entry, key)


def _checked(fits: bool, expected: str, entry: Entry, key: str) -> Any:
    if not fits:
        raise UsageError(
            f"{entry.place}: {key} has the wrong value", expected=expected, got=repr(entry.plain)
        )
    return entry.value
