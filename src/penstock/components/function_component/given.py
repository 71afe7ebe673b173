# SPDX-License-Identifier: Apache-2.0
"""Checks what a component function is given when the pipeline is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.artifacts.value_artifact import JsonValue
from penstock.components.function_component.annotations import PARAMETER_TYPES, spelled
from penstock.components.function_component.final_status import FinalStatusStr
from penstock.components.function_component.function_signature import REQUIRED, Argument, FunctionSignature
from penstock.components.function_component.value_types import ValueType, fits
from penstock.errors import ParameterError, PipelineError, did_you_mean
from penstock.graph.channel import Channel
from penstock.graph.placeholder import Placeholder
from penstock.graph.runtime_parameter import RuntimeParameter


def check_given(
    name: str, signature: FunctionSignature, args: tuple[Any, ...], given: Mapping[str, Any]
) -> None:
    """Checks that a component is called with what its function takes.

    Args:
        name: Name of the component.
        signature: What its function takes.
        args: What was given without a name.
        given: What was given by name.

    Raises:
        ParameterError: Something is missing, unknown, or given without a name, or a channel to a parameter.
        PipelineError: An argument that takes a channel is given something else, or a channel of other values.
    """
    takes = {a.name: a for a in signature.arguments if a.kind not in ("output", "beam")}
    _check_names(name, signature, takes, args, given)
    for key, argument in takes.items():
        value = given.get(key)
        if value is None:
            if argument.default is REQUIRED:
                raise ParameterError(
                    f"argument {key!r} is missing",
                    component=name,
                    expected=wanted(argument),
                    got="None" if key in given else None,
                )
        elif argument.kind == "parameter":
            _check_parameter(name, argument, value)
        elif argument.kind == "value":
            _check_value_channel(name, argument, value)
        elif argument.kind == "input":
            _check_one_channel(name, argument, value)


def _check_names(
    name: str,
    signature: FunctionSignature,
    takes: Mapping[str, Argument],
    args: tuple[Any, ...],
    given: Mapping[str, Any],
) -> None:
    if args:
        named = ", ".join(f"{argument}=…" for argument in takes)
        raise ParameterError(
            f"{name} takes its arguments by name",
            component=name,
            expected=f"{name}({named})",
            got=f"{len(args)} without a name: {', '.join(f'{arg!r:.40}' for arg in args)}",
        )
    made = {a.name: a for a in signature.of_kind("output", "beam")}
    for key in given:
        if key in made:
            what = (
                "is made by the component" if made[key].kind == "output" else "comes from the node's executor"
            )
            raise ParameterError(
                f"argument {key!r} {what}", component=name, hint=f"leave {key} out of the call"
            )
        if key not in takes:
            raise ParameterError(
                f"{name} has no argument {key!r}", component=name, hint=did_you_mean(key, takes)
            )


def wanted(argument: Argument) -> str:
    """Returns what an argument takes, for errors."""
    if argument.kind == "parameter":
        return f"a value of type {spelled(argument.type)}"
    kind = argument.type.artifact if argument.kind == "value" else argument.type
    return f"a channel of {kind.TYPE_NAME}"


def _check_value_channel(name: str, argument: Argument, value: Any) -> None:
    if not isinstance(value, Channel):
        raise PipelineError(
            f"argument {argument.name!r} takes a value that another node has put out",
            component=name,
            expected=wanted(argument),
            got=f"{value!r:.80} ({type(value).__name__})",
            hint="give the channel itself: node.outputs['…']"
            if isinstance(value, Placeholder)
            else f"a constant is for an argument annotated Parameter[{spelled(argument.type.hint)}]",
        )
    takes: ValueType = argument.type
    for source in value.sources():
        given = _returned_json_type(source)
        if given is not None and takes.artifact is JsonValue and not fits(given.hint, takes.hint):
            raise PipelineError(
                f"argument {argument.name!r} takes another type of JSON value",
                component=name,
                expected=spelled(takes.hint),
                got=f"{spelled(given.hint)} from {source!r}",
            )


def _returned_json_type(channel: Channel) -> ValueType | None:
    """Returns the type of the JSON value that a component function puts out along a channel."""
    signature = getattr(type(channel.producer), "FUNCTION_SIGNATURE", FunctionSignature((), ()))
    returns = {
        returned.name: returned.type for returned in signature.returns if returned.type.artifact is JsonValue
    }
    return returns.get(channel.output_key or "")


def _check_one_channel(name: str, argument: Argument, value: Any) -> None:
    if isinstance(value, (list, tuple)) and len(value) > 1:
        raise PipelineError(
            f"argument {argument.name!r} takes one artifact",
            component=name,
            expected=wanted(argument),
            got=f"{len(value)} channels",
            hint=f"annotate it InputArtifact[List[{argument.type.__name__}]] to take several",
        )


def _check_parameter(name: str, argument: Argument, value: Any) -> None:
    if isinstance(value, Channel):
        output = f"outputs[{value.output_key!r}]" if value.output_key else "channel"
        raise ParameterError(
            f"argument {argument.name!r} is a parameter, and a channel is no value",
            component=name,
            expected=wanted(argument),
            got=repr(value),
            hint=f"the value of its artifact is {output}.future()[0].value",
        )
    if isinstance(value, FinalStatusStr):
        raise ParameterError(
            f"argument {argument.name!r} is given the final status of a run, which only an exit handler learns",
            component=name,
            hint="decorate the function with @exit_handler, and hand its node to the pipeline as exit_handler=…",
        )
    if isinstance(value, RuntimeParameter) and argument.type in PARAMETER_TYPES:
        whole_for_float = (value.ptype, argument.type) == (int, float)
        if value.ptype is not argument.type and not whole_for_float:
            raise ParameterError(
                f"argument {argument.name!r} is given a runtime parameter of another type",
                component=name,
                expected=f"RuntimeParameter({value.name!r}, {argument.type.__name__})",
                got=repr(value),
            )
