# SPDX-License-Identifier: Apache-2.0
"""What a type hint stands for, and how an error says it."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

LISTS = (tuple, list, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable)
MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def describe(hint: Any) -> str:
    """Returns a type hint in words."""
    hint = resolved(hint)
    origin = get_origin(hint) or hint
    args = get_args(hint)
    if hint is Any or hint is object:
        return "plain data"
    if origin in (Union, types.UnionType):
        return " or ".join(describe(arg) for arg in args)
    if origin is Literal:
        return " or ".join(repr(arg) for arg in args)
    if origin in LISTS:
        return f"a list of {describe(args[0])}" if args and args[0] != () else "a list"
    if origin in MAPPINGS:
        return f"a mapping of {describe(args[0])} to {describe(args[1])}" if args else "a mapping"
    if origin is type(None):
        return "None"
    return getattr(origin, "__qualname__", str(hint))


def resolved(hint: Any) -> Any:
    """Returns what a hint stands for, without annotations, new names and type variables."""
    if hint is None:
        return type(None)
    if get_origin(hint) is typing.Annotated:
        return resolved(get_args(hint)[0])
    if isinstance(hint, TypeVar):
        return resolved(hint.__bound__) if hint.__bound__ is not None else Any
    for attribute in ("__supertype__", "__value__"):
        if hasattr(hint, attribute) and not isinstance(hint, type):
            return resolved(getattr(hint, attribute))
    return hint
