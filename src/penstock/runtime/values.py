# SPDX-License-Identifier: Apache-2.0
"""Values of runtime parameters: checked, typed, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.errors import ParameterError, did_you_mean
from penstock.ir.model import ParameterType, PipelineIR, RuntimeParameterIR

Value = int | float | str | bool


def runtime_values(ir: PipelineIR, given: Mapping[str, Any]) -> dict[str, Value]:
    """Returns the value of every runtime parameter.

    Raises:
        ParameterError: One is unknown, has no value, or a value of the wrong type.
    """
    for name in given:
        if name not in ir.runtime_parameters:
            raise ParameterError(
                f"pipeline {ir.name} has no runtime parameter {name!r}",
                hint=did_you_mean(name, ir.runtime_parameters),
            )
    values: dict[str, Value] = {}
    for name, parameter in ir.runtime_parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise ParameterError(
                f"runtime parameter {name!r} has no value", expected=parameter.type, hint=f"--param {name}=…"
            )
        values[name] = _typed(parameter, value)
    return values


def _typed(parameter: RuntimeParameterIR, value: Any) -> Value:
    if isinstance(value, str):
        return parse_value(value, parameter.type, parameter.name)
    accepted: dict[str, tuple[type, ...]] = {
        "int": (int,),
        "float": (int, float),
        "str": (str,),
        "bool": (bool,),
    }
    if not isinstance(value, accepted[parameter.type]) or (
        isinstance(value, bool) and parameter.type != "bool"
    ):
        raise ParameterError(
            f"runtime parameter {parameter.name!r} has the wrong type",
            expected=parameter.type,
            got=repr(value),
        )
    checked: Value = value  # type: ignore[assignment]  # the check above has narrowed it
    return float(checked) if parameter.type == "float" else checked


def parse_value(text: str, kind: ParameterType, name: str) -> Value:
    """Reads a value from the command line or a configuration file.

    Raises:
        ParameterError: The text does not stand for a value of that type.
    """
    try:
        if kind == "bool":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        if kind == "int":
            return int(text)
        return float(text) if kind == "float" else text
    except (ValueError, KeyError):
        raise ParameterError(
            f"parameter {name!r} has the wrong type", expected=kind, got=repr(text)
        ) from None
