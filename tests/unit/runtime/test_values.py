# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from penstock.errors import ParameterError
from penstock.ir.model import PipelineIR, RuntimeParameterIR
from penstock.runtime.values import parse_value, runtime_values


def ir(kind: Any = "int", default: Any = None) -> PipelineIR:
    return PipelineIR("p", "/r", {}, "/p", (), {"n": RuntimeParameterIR("n", kind, default)})


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("int", 3, 3), ("int", "-3", -3), ("float", 3, 3.0), ("float", "1e-3", 0.001), ("str", "x", "x"),
        ("str", "", ""), ("bool", True, True), ("bool", "No", False), ("bool", "1", True), ("int", 0, 0),
    ],
)  # fmt: skip
def test_values_have_the_type_of_the_parameter(kind: str, given: Any, value: Any) -> None:
    found = runtime_values(ir(kind), {"n": given})["n"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("default", [0, 5])
def test_a_default_stands_in(default: int) -> None:
    assert runtime_values(ir(default=default), {}) == {"n": default}
    assert runtime_values(ir(default=default), {"n": 7}) == {"n": 7}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("int", {"n": "3.5"}, "wrong type; expected: int; got: '3.5'"),
        ("int", {"n": 3.0}, "wrong type; expected: int; got: 3.0"),
        ("int", {"n": True}, "wrong type; expected: int; got: True"),
        ("bool", {"n": "maybe"}, "wrong type; expected: bool; got: 'maybe'"),
        ("str", {"n": 3}, "wrong type; expected: str; got: 3"),
        ("int", {}, "'n' has no value; expected: int; what to do: --param n="),
        ("int", {"m": 1}, "pipeline p has no runtime parameter 'm'"),
    ],
)
def test_anything_else_is_refused(kind: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        runtime_values(ir(kind), given)


def test_text_of_a_command_line_is_read_by_type() -> None:
    assert parse_value("TRUE", "bool", "n") is True
    assert parse_value("3", "str", "n") == "3"
