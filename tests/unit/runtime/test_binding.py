# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import make_dataclass
from typing import Any

import pytest
from light.component import Add, AddInputs, Number, NumberParameters

from penstock.artifacts.standard import Integer
from penstock.errors import ParameterError, PipelineError, ResolutionError
from penstock.runtime.binding import artifacts_of, bind_inputs, bind_outputs, bind_parameters, component_class


def test_a_component_is_found_by_its_import_path() -> None:
    assert component_class("light.component:Add") is Add


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(PipelineError, match="light.component:AddInputs is not a component"):
        component_class("light.component:AddInputs")


def numbers(count: int) -> list[Integer]:
    return [Integer(f"/n/{i}", id=i + 1) for i in range(count)]


def test_inputs_are_one_artifact_several_or_none_as_declared() -> None:
    first, second = numbers(2)
    bound = bind_inputs(Add, "add", {"numbers": [first, second], "extra": [], "unknown": [first]})
    assert bound == AddInputs(numbers=(first, second), extra=None, gate=None)
    assert bind_inputs(Number, "n", {"after": [second]}).after is second


@pytest.mark.parametrize(
    ("component", "given", "message"),
    [
        (Add, {}, "add: input 'numbers' has no artifact; expected: Integer"),
        (Number, {"after": numbers(2)}, "add: input 'after' has too many artifacts.*got: 2: /n/0, /n/1"),
    ],
)
def test_too_few_and_too_many_inputs_are_refused(component: Any, given: Any, message: str) -> None:
    with pytest.raises(ResolutionError, match=message):
        bind_inputs(component, "add", given)


def test_outputs_are_bound_alike() -> None:
    (number,) = numbers(1)
    assert bind_outputs(Number, "n", {"number": [number]}).number is number


def test_parameters_are_typed_and_none_leaves_the_default() -> None:
    assert bind_parameters(Number, {"value": 3.0, "seconds": 1, "folder": None}) == NumberParameters(
        value=3, seconds=1.0
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"value": "three"}, "value"),
        ({"vlaue": 3}, "Number has no parameter 'vlaue'; .*did you mean 'value'.*another version"),
    ],
)
def test_wrong_and_unknown_parameters_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        bind_parameters(Number, values)


def test_a_parameter_without_value_and_default_is_refused() -> None:
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Needed:
        size: int

    class Needy(Number):
        Parameters = Needed

    with pytest.raises(ParameterError, match=r"Needy needs a value for 'size'"):
        bind_parameters(Needy, {"size": None})


def test_artifacts_come_back_as_lists() -> None:
    ports = make_dataclass("Ports", ["one", "several", "none", "empty"])
    first, second = Integer("/a"), Integer("/b")
    bound = ports(one=first, several=(first, second), none=None, empty=())
    assert artifacts_of(bound) == {"one": [first], "several": [first, second], "none": [], "empty": []}
