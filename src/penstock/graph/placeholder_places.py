# SPDX-License-Identifier: Apache-2.0
"""Where placeholders may stand, and what they may read there."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from penstock.errors import ParameterError, PenstockError
from penstock.graph.placeholder import Placeholder, placeholders_in, walk
from penstock.graph.placeholder_kinds import Artifacts, Known, named
from penstock.graph.placeholder_types import type_of
from penstock.graph.signature import Signature

PlaceholderPlace = Literal["a parameter", "a predicate", "a container's command", "a Beam argument"]

_OF_RUN = ("run_id", "pipeline_name", "pipeline_root", "node_id", "frontend_url", "status")
_OF_OUTPUTS = ("output", "outputs", "execution_id", "temp_dir")
_OF_PARAMETERS = ("exec_property", "exec_properties")
_OF_INPUTS = ("input", "inputs")

_TAKE = "take it from another node: node.outputs['…'].future()[0]…"
_EARLY = (*_OF_OUTPUTS, *_OF_PARAMETERS)
_REFUSED: Mapping[PlaceholderPlace, Mapping[tuple[str, ...], tuple[str, str]]] = {
    "a parameter": {
        _EARLY: ("it is evaluated before the node's own outputs and parameters are known", _TAKE),
    },
    "a Beam argument": {
        _OF_OUTPUTS: ("it is evaluated before the node's own outputs are known", _TAKE),
    },
    "a predicate": {
        (*_EARLY, *_OF_INPUTS, *_OF_RUN, "stateful_working_dir"): (
            "it decides whether nodes run at all",
            "compare what a node has made: node.outputs['…'].future()[0]…",
        ),
    },
    "a container's command": {
        ("channel",): (
            "a command reads only its own component's inputs",
            "declare an input, feed it this channel and use ph.input('…')",
        ),
        ("runtime_parameter",): (
            "a command reads only its own component's parameters",
            "declare a parameter, give it the runtime parameter and use ph.exec_property('…')",
        ),
        ("stateful_working_dir",): (
            "a container keeps nothing from one attempt to the next",
            "tmp_dir is a folder of this execution's own",
        ),
        ("executor_spec", "platform_config", "pipeline_platform_config"): (
            "a command is the same for all nodes of its component",
            "declare a parameter, give it ph.runtime_info('…') and use ph.exec_property('…')",
        ),
    },
}


def check_place(
    placeholder: Placeholder, place: PlaceholderPlace, signature: Signature | None = None
) -> Known:
    """Refuses a placeholder that reads what it cannot where it stands, and returns what is known of its type.

    Args:
        placeholder: The placeholder.
        place: Where it stands.
        signature: That of the node that it belongs to; its inputs, outputs and parameters are looked up there.

    Raises:
        ParameterError: It reads what is not known there or what the node has not, or it is no plain value.
    """
    for inner in walk(placeholder):
        parts = inner.__parts__
        read = parts.value if parts.op == "run" else parts.op
        for names, (why, hint) in _REFUSED[place].items():
            if read in names:
                raise ParameterError(
                    f"{inner!r} cannot stand in {place}: {why}", got=repr(placeholder), hint=hint
                )
    known = type_of(placeholder, signature)
    if isinstance(known, Artifacts):
        raise ParameterError(
            f"{placeholder!r} in {place} stands for {named(known)}, not for a value",
            expected=".value, .uri or a property of it",
        )
    return known


def check_parameter(name: str, value: Any, hint: Any, signature: Signature | None = None) -> None:
    """Checks the placeholders in the value of a parameter, and whether the type of a single one fits.

    Args:
        name: Name of the parameter.
        value: Its value.
        hint: Its type.
        signature: That of the node that it belongs to.

    Raises:
        ParameterError: A placeholder may not stand there, or its type does not fit.
    """
    try:
        known = [check_place(placeholder, "a parameter", signature) for placeholder in placeholders_in(value)]
    except PenstockError as error:
        error.input = error.input or name
        raise
    if isinstance(value, Placeholder) and not _fits(known[0], hint):
        raise ParameterError(
            f"parameter {name!r} takes values of another type than {value!r} gives",
            input=name,
            expected=_described(hint),
            got=named(known[0]),
        )


def _fits(known: Known, hint: Any) -> bool:
    if typing.get_origin(hint) in (Union, types.UnionType):
        return any(_fits(known, member) for member in typing.get_args(hint))
    if known is None or not isinstance(hint, type) or hint is object:
        return True
    plain = (bool, int, float, str, bytes, list, dict)
    if hint in plain:
        return known is hint or (known is int and hint is float) or known not in plain
    return known not in (bool, int, float, bytes)  # a message's JSON text or fields may do


def _described(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def check_beam_args(args: tuple[Any, ...], signature: Signature) -> None:
    """Checks the placeholders in a node's Beam arguments.

    Raises:
        ParameterError: One may not stand there, or is no text.
    """
    for arg in args:
        for placeholder in placeholders_in(arg):
            known = check_place(placeholder, "a Beam argument", signature)
            if known not in (None, str, int, float, bool):
                raise ParameterError(
                    f"the Beam argument {placeholder!r} is no text", expected="text", got=named(known)
                )
