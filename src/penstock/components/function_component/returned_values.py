# SPDX-License-Identifier: Apache-2.0
"""The values that a function says it returns."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from penstock.components.function_component.annotations import (
    ArgumentAnnotation,
    OutputDict,
    is_artifact_type,
    spelled,
)
from penstock.components.function_component.user_function import evaluated, refused
from penstock.components.function_component.value_types import ValueType, value_type


@dataclass(frozen=True, slots=True)
class ReturnedValue:
    """One value that the function returns.

    Attributes:
        name: Key of the output.
        type: Its type.
        omittable: Whether the function may leave it out (``NotRequired`` in a ``TypedDict``); it is then ``None``.
    """

    name: str
    type: ValueType
    omittable: bool = False


def returned_values(function: types.FunctionType) -> list[ReturnedValue]:
    """Returns the values that a function says it returns, in order."""
    hint = evaluated(function, "return", function.__annotations__.get("return"))
    if hint is None or hint is type(None):
        return []
    named, omittable = _named_values(function, hint)
    returned = []
    for name, item in named.items():
        found = value_type(item)
        if found is None:
            raise refused(
                function,
                f"returned value {name!r} cannot stand in an artifact",
                expected="int, float, str, bytes, bool, a list or dict that JSON can hold, or Optional of one of these",
                got=spelled(item),
                hint=_output_hint(name, item),
            )
        returned.append(ReturnedValue(name, found, name in omittable))
    return returned


def _named_values(function: types.FunctionType, hint: Any) -> tuple[Mapping[str, Any], frozenset[str]]:
    if isinstance(hint, OutputDict):
        return {name: evaluated(function, name, item) for name, item in hint.kwargs.items()}, frozenset()
    if type(hint).__name__ == "_TypedDictMeta":  # that of typing, or of typing_extensions
        try:
            return _of_typed_dict(
                typing.get_type_hints(hint, function.__globals__, include_extras=True), hint.__optional_keys__
            )
        except NameError as error:
            raise refused(
                function, f"a type in {hint.__qualname__} is not known at run time: {error}"
            ) from error
    example = spelled(hint) if value_type(hint) is not None else "float"
    raise refused(
        function,
        "a component function returns values by name",
        expected=f"a TypedDict, -> OutputDict(name={example}), or -> None",
        got=f"-> {spelled(hint)}",
        hint=_output_hint("name", hint),
    )


def _of_typed_dict(
    hints: Mapping[str, Any], optional: frozenset[str]
) -> tuple[Mapping[str, Any], frozenset[str]]:
    """Returns the types of a ``TypedDict``, and which keys may be left out; as text it does not know them by itself."""
    plain, omittable = dict(hints), set(optional)
    for name, hint in hints.items():
        mark = str(get_origin(hint)).rpartition(".")[2]  # of typing, or of typing_extensions
        if mark in ("NotRequired", "Required", "ReadOnly"):
            plain[name] = get_args(hint)[0]
        if mark == "NotRequired":
            omittable.add(name)
        elif mark == "Required":
            omittable.discard(name)
    return plain, frozenset(omittable)


def _output_hint(name: str, hint: Any) -> str | None:
    if isinstance(hint, ArgumentAnnotation):
        hint = hint.type
    if is_artifact_type(hint):
        return f"an artifact is made as an argument: {name}: OutputArtifact[{hint.__name__}]"
    return None
