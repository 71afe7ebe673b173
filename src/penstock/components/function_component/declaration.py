# SPDX-License-Identifier: Apache-2.0
"""The dataclasses that declare what a component function takes and makes, made of its signature."""

from __future__ import annotations

import dataclasses
import inspect
import keyword
from collections.abc import Sequence
from dataclasses import field
from typing import Any

from penstock.components.function_component.function_signature import FunctionSignature
from penstock.components.function_component.value_types import either
from penstock.errors import PipelineError

Field = tuple[str, Any, Any]


def declare(function: Any, what: str, fields: Sequence[Field]) -> type:
    """Returns a dataclass with these fields, as ``penstock.graph.signature`` reads it.

    Args:
        function: The function.
        what: ``Inputs``, ``Outputs`` or ``Parameters``.
        fields: Name, type hint and dataclass field of each.

    Raises:
        PipelineError: A name is one of Python's keywords.
    """
    for name, *_ in fields:
        if keyword.iskeyword(name):
            raise PipelineError(f"output {name!r} has a name that Python keeps", component=function.__name__)
    made = dataclasses.make_dataclass(
        f"{function.__name__}{what}", list(fields), frozen=True, slots=True, kw_only=True
    )
    made.__module__ = function.__module__
    return made


def inputs_of(signature: FunctionSignature) -> list[Field]:
    """Returns the fields of the inputs."""
    fields: list[Field] = []
    for argument in signature.of_kind("input", "input list", "value"):
        kind: Any = argument.type.artifact if argument.kind == "value" else argument.type
        empty: Any = () if argument.kind == "input list" else None
        default = field(default=empty) if argument.optional else field()
        fields.append((argument.name, Sequence[kind] if argument.kind == "input list" else kind, default))
    return fields


def outputs_of(signature: FunctionSignature) -> list[Field]:
    """Returns the fields of the outputs."""
    made = [(argument.name, argument.type, field()) for argument in signature.of_kind("output")]
    return [*made, *((returned.name, returned.type.artifact, field()) for returned in signature.returns)]


def parameters_of(signature: FunctionSignature) -> list[Field]:
    """Returns the fields of the parameters."""
    fields: list[Field] = []
    for argument in signature.of_kind("parameter"):
        default = field(default=argument.default) if argument.optional else field()
        hint = either(argument.type, None) if argument.default is None else argument.type
        fields.append((argument.name, hint, default))
    return fields


def call_signature(signature: FunctionSignature) -> inspect.Signature:
    """Returns how the component is called, for editors and ``help``."""
    given = [
        inspect.Parameter(argument.name, inspect.Parameter.KEYWORD_ONLY, default=argument.default)
        for argument in signature.arguments
        if argument.kind not in ("output", "beam")
    ]
    return inspect.Signature(given)
