# SPDX-License-Identifier: Apache-2.0
"""Reads from a function's annotations what a component made of it takes and makes; refuses what cannot work."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from penstock.components.function_component.annotations import (
    ArgumentAnnotation,
    AsyncOutputAnnotation,
    BeamAnnotation,
    InputAnnotation,
    OutputAnnotation,
    is_artifact_type,
    is_parameter_type,
    spelled,
)
from penstock.components.function_component.returned_values import ReturnedValue, returned_values
from penstock.components.function_component.user_function import check_function, evaluated, refused
from penstock.components.function_component.value_types import ValueType, value_type, without_none
from penstock.errors import ParameterError
from penstock.messages.codec import conform

ArgumentKind = Literal["parameter", "input", "input list", "value", "output", "beam"]

REQUIRED = inspect.Parameter.empty
"""Default of an argument that has none."""

_FORMS = (
    "Parameter[int], InputArtifact[Type], OutputArtifact[Type], or int, float, str, bytes, bool, list or dict"
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the function.

    Attributes:
        name: Its name.
        kind: What the component makes of it.
        type: Its artifact type, ``ValueType``, or type of parameter.
        default: What the function gets where nothing is given; ``REQUIRED`` where something must be.
    """

    name: str
    kind: ArgumentKind
    type: Any
    default: Any = REQUIRED

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.default is not REQUIRED


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """What a component function takes and makes."""

    arguments: tuple[Argument, ...]
    returns: tuple[ReturnedValue, ...]

    def of_kind(self, *wanted: ArgumentKind) -> tuple[Argument, ...]:
        """Returns the arguments of some kinds, in order."""
        return tuple(argument for argument in self.arguments if argument.kind in wanted)


def read_signature(function: types.FunctionType, *, use_beam: bool = False) -> FunctionSignature:
    """Returns what a component made of a function takes and makes.

    Args:
        function: A function at the top level of a module.
        use_beam: Whether one argument is to be a Beam pipeline.

    Raises:
        PipelineError: No component can be made of the function; the error names the argument.
    """
    check_function(function)
    found = FunctionSignature(
        tuple(_argument(function, argument) for argument in inspect.signature(function).parameters.values()),
        tuple(returned_values(function)),
    )
    _check_beam(function, found, use_beam=use_beam)
    _check_names(function, found)
    return found


def _argument(function: types.FunctionType, found: inspect.Parameter) -> Argument:
    name = found.name
    if found.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        sign = "*" if found.kind is inspect.Parameter.VAR_POSITIONAL else "**"
        raise refused(
            function,
            f"a component function cannot take {sign}{name}",
            expected="arguments with names and annotations",
            hint="declare each argument; several artifacts of a type are InputArtifact[List[Type]]",
        )
    if found.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise refused(
            function,
            f"argument {name!r} can be given by position only",
            hint="take the / out of the signature",
        )
    if found.annotation is inspect.Parameter.empty:
        raise refused(function, f"argument {name!r} has no annotation", expected=_FORMS, got=name)
    hint, nullable = without_none(evaluated(function, name, found.annotation))
    if isinstance(hint, ArgumentAnnotation):
        return _annotated(function, name, hint, found.default, nullable=nullable)
    return _value(function, name, hint, found.default, nullable=nullable)


def _annotated(
    function: types.FunctionType, name: str, hint: ArgumentAnnotation, default: Any, *, nullable: bool
) -> Argument:
    if isinstance(hint, AsyncOutputAnnotation):
        raise refused(
            function,
            f"argument {name!r}: an output cannot be seen before the function ends",
            expected=f"OutputArtifact[{spelled(hint.type)}]",
            got=repr(hint),
            hint="outputs are published when their node has ended; nodes that run all the time and put out artifacts "
            "as they go are not to be had",
        )
    if default is REQUIRED and nullable:
        default = None
    if isinstance(hint, OutputAnnotation):
        if default is not REQUIRED:
            raise refused(
                function,
                f"output {name!r} cannot be optional",
                expected=f"{name}: {hint!r}, without a default",
                got=f"a default of {default!r}" if default is not None else "Optional, or a default of None",
                hint="the component always makes it; a value that may be missing is returned, as Optional[…]",
            )
        return Argument(name, "output", hint.type)
    if isinstance(hint, InputAnnotation):
        if default not in (REQUIRED, None):
            raise refused(
                function,
                f"the default of input {name!r} must be None",
                expected=f"{name}: {hint!r} = None",
                got=repr(default),
            )
        multiple = get_origin(hint.type) is list
        item = get_args(hint.type)[0] if multiple else hint.type
        return Argument(name, "input list" if multiple else "input", item, default)
    if isinstance(hint, BeamAnnotation):
        if default not in (REQUIRED, None):
            raise refused(
                function,
                f"the default of the Beam pipeline {name!r} must be None",
                expected=f"{name}: {hint!r} = None",
                got=repr(default),
            )
        return Argument(name, "beam", hint.type, None)
    _check_default(function, name, hint.type, default)
    return Argument(name, "parameter", hint.type, default)


def _value(function: types.FunctionType, name: str, hint: Any, default: Any, *, nullable: bool) -> Argument:
    found = value_type(hint)
    if found is None:
        raise refused(
            function,
            f"argument {name!r} has an annotation that says nothing to a component",
            expected=_FORMS,
            got=f"{name}: {spelled(hint)}",
            hint=_hint_for(hint),
        )
    _check_default(function, name, found.hint, default)
    return Argument(name, "value", ValueType(found.artifact, found.hint, nullable), default)


def _hint_for(hint: Any) -> str | None:
    if is_artifact_type(hint):
        return f"InputArtifact[{hint.__name__}] where it is read, OutputArtifact[{hint.__name__}] where it is made"
    if isinstance(hint, type) and issubclass(hint, ArgumentAnnotation):
        return f"say of what: {hint.NAME}[…]"
    if is_parameter_type(hint):
        return f"Parameter[{spelled(hint)}]"
    if get_origin(hint) in (tuple, set, frozenset) or hint in (tuple, set, frozenset):
        return "JSON has lists and dicts: List[int], Dict[str, float]"
    if get_origin(hint) is dict:
        return "the keys of JSON are text: Dict[str, …]"
    return None


def _check_default(function: types.FunctionType, name: str, hint: Any, default: Any) -> None:
    if default is REQUIRED or default is None:
        return
    if isinstance(default, (list, dict, set, bytearray)):
        raise refused(
            function,
            f"the default of {name!r} can be changed by the function, and would then be another one for the next call",
            expected="a default of None",
            got=repr(default),
            hint=f"{name}=None, and `{name} = {name} or {default!r}` in the function",
        )
    try:
        conform(hint, default, path=name)
    except ParameterError as error:
        raise refused(
            function,
            f"the default of {name!r} has the wrong type",
            expected=f"{spelled(hint)} or None",
            got=f"{default!r} ({type(default).__name__})",
        ) from error


def _check_beam(function: types.FunctionType, found: FunctionSignature, *, use_beam: bool) -> None:
    pipelines = [argument.name for argument in found.of_kind("beam")]
    expected = "one argument `beam_pipeline: BeamComponentParameter[beam.Pipeline] = None`"
    if use_beam and len(pipelines) != 1:
        raise refused(
            function,
            "use_beam=True gives the function one Beam pipeline",
            expected=expected,
            got=", ".join(pipelines) or "no argument for it",
        )
    if pipelines and not use_beam:
        raise refused(
            function,
            f"argument {pipelines[0]!r} asks for a Beam pipeline",
            expected="@component(use_beam=True)",
            got="@component",
        )


def _check_names(function: types.FunctionType, found: FunctionSignature) -> None:
    outputs = {argument.name for argument in found.of_kind("output")}
    for returned in found.returns:
        if returned.name in outputs:
            raise refused(
                function,
                f"output {returned.name!r} is declared twice",
                got="an OutputArtifact argument and a returned value",
                hint="give one of them another name",
            )
        if not returned.name.isidentifier():
            raise refused(
                function, f"output {returned.name!r} has no usable name", expected="a Python identifier"
            )
