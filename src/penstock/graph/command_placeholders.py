# SPDX-License-Identifier: Apache-2.0
"""TFX's older placeholders of container commands, and commands of either kind as placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.graph.placeholder import Placeholder
from penstock.graph.placeholder_functions import exec_property, input, output
from penstock.graph.signature import Signature


@dataclass(frozen=True, slots=True)
class InputValuePlaceholder:
    """The value of a parameter, or of the value artifact of an input.

    Attributes:
        input_name: Name of the parameter or input.
    """

    input_name: str


@dataclass(frozen=True, slots=True)
class InputUriPlaceholder:
    """The URI of an input's first artifact.

    Attributes:
        input_name: Key of the input.
    """

    input_name: str


@dataclass(frozen=True, slots=True)
class OutputUriPlaceholder:
    """The URI to which an output is to be written.

    Attributes:
        output_name: Key of the output.
    """

    output_name: str


@dataclass(frozen=True, slots=True)
class ConcatPlaceholder:
    """Several parts put together to one text.

    Attributes:
        items: Texts and placeholders.
    """

    items: Sequence[Any]


CommandlineArgumentType = (
    str | Placeholder | InputValuePlaceholder | InputUriPlaceholder | OutputUriPlaceholder | ConcatPlaceholder
)


def command_argument(value: object, signature: Signature) -> Placeholder:
    """Returns one argument of a command as a placeholder.

    Raises:
        ParameterError: It is neither text nor a placeholder, or names something that the component has not.
    """
    if isinstance(value, Placeholder):
        return value
    if isinstance(value, str):
        return Placeholder("constant", value=value)
    if isinstance(value, InputValuePlaceholder):
        known = {**signature.inputs, **signature.parameters}
        _check(value, value.input_name, known)
        if value.input_name in signature.inputs:
            return input(value.input_name)[0].value
        return exec_property(value.input_name)
    if isinstance(value, InputUriPlaceholder):
        _check(value, value.input_name, signature.inputs)
        return input(value.input_name)[0].uri
    if isinstance(value, OutputUriPlaceholder):
        _check(value, value.output_name, signature.outputs)
        return output(value.output_name)[0].uri
    if isinstance(value, ConcatPlaceholder):
        return Placeholder("concat", *(command_argument(item, signature) for item in value.items))
    raise ParameterError(
        "an argument of a command is neither text nor a placeholder",
        expected="text, such as '--steps=3', or ph.input('…').uri, ph.output('…').uri, ph.exec_property('…')",
        got=f"{value!r:.80} ({type(value).__name__})",
        hint=f"write it as text: {str(value)!r}" if isinstance(value, (int, float)) else None,
    )


def _check(placeholder: object, name: str, known: Any) -> None:
    if name not in known:
        raise ParameterError(f"{placeholder!r} stands for nothing", hint=did_you_mean(str(name), known))
