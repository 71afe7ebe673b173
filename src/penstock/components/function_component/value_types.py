# SPDX-License-Identifier: Apache-2.0
"""Values that travel between function components, each in an artifact of its own: which types they may have."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from penstock.artifacts.value_artifact import Boolean, Bytes, Float, Integer, JsonValue, String, ValueArtifact

PRIMITIVES: dict[Any, type[ValueArtifact]] = {
    int: Integer,
    float: Float,
    str: String,
    bytes: Bytes,
    bool: Boolean,
}

_JSON_SCALARS = (int, float, str, bool, type(None), Any)


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of a value that stands in an artifact.

    Attributes:
        artifact: Type of the artifact.
        hint: Type of the value, without ``None``.
        nullable: Whether the value may be ``None``.
    """

    artifact: type[ValueArtifact]
    hint: Any
    nullable: bool = False


def value_type(hint: Any) -> ValueType | None:
    """Returns what values of a type hint are; ``None`` where they cannot stand in an artifact."""
    plain, nullable = without_none(hint)
    if isinstance(plain, type) and plain in PRIMITIVES:
        return ValueType(PRIMITIVES[plain], plain, nullable)
    return ValueType(JsonValue, plain, nullable) if is_json_type(plain) else None


def without_none(hint: Any) -> tuple[Any, bool]:
    """Returns a type hint without ``None``, and whether it had it."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    members = [arg for arg in get_args(hint) if arg is not type(None)]
    if len(members) == len(get_args(hint)) or not members:
        return hint, False
    return either(*members), True


def either(*hints: Any) -> Any:
    """Returns the type hint of a choice."""
    return Union.__getitem__(hints)


def is_json_type(hint: Any) -> bool:
    """Says whether a type hint is a list or a dict (or a choice of these) that JSON can hold."""
    origin = get_origin(hint) or hint
    if origin in (Union, types.UnionType):
        return all(arg is type(None) or is_json_type(arg) for arg in get_args(hint))
    if origin is list:
        return all(map(_is_json_item, get_args(hint)))
    if origin is dict:
        args = get_args(hint)
        return not args or (args[0] is str and _is_json_item(args[1]))
    return False


def _is_json_item(hint: Any) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return all(map(_is_json_item, get_args(hint)))
    return hint in _JSON_SCALARS or is_json_type(hint)


def fits(given: Any, wanted: Any) -> bool:
    """Says whether every value of one JSON type is one of another: a ``Dict[str, int]`` is a ``Dict[str, Any]``."""
    if wanted is Any or given == wanted:
        return True
    if given is Any:
        return False
    if get_origin(given) in (Union, types.UnionType):
        return all(fits(arg, wanted) for arg in get_args(given))
    if get_origin(wanted) in (Union, types.UnionType):
        return any(fits(given, arg) for arg in get_args(wanted))
    if (get_origin(given) or given) != (get_origin(wanted) or wanted):
        return given is int and wanted is float
    args = get_args(wanted)
    own = get_args(given)
    if not args:
        return True
    return len(own) == len(args) and all(fits(one, other) for one, other in zip(own, args, strict=True))
