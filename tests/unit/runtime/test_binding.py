# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from light.component import Add, AddInputs, Number, NumberParameters

from penstock.artifacts.standard import Integer
from penstock.errors import ParameterError, PipelineError, ResolutionError
from penstock.runtime.binding import bind_inputs, bind_outputs, bind_parameters, component_class, import_path


def test_an_import_path_stands_for_what_a_module_defines() -> None:
    assert import_path("light.component:Number") is Number
    assert import_path("light.component:Number.type_name")() == "light.component.Number"
    assert component_class("light.component:Add") is Add


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("not_there.component:X", "module not_there.component cannot be imported; expected: .* defines X"),
        ("light.not_there:X", "module light.not_there cannot be imported"),
        ("light.component:Nuber", "module light.component has no Nuber"),
        ("light.component:Number.nothing", "module light.component has no Number.nothing"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(path: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        import_path(path)


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(PipelineError, match="light.component:AddInputs is not a component"):
        component_class("light.component:AddInputs")


def test_what_a_module_raises_itself_is_not_taken_for_its_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "needs_attribute.py").write_text("import math\nX = math.tau_squared\n")
    (tmp_path / "needs_mod.py").write_text("import needs\nX = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AttributeError, match="tau_squared"):
        import_path("needs_attribute:X")
    with pytest.raises(ModuleNotFoundError, match="'needs'"):
        import_path("needs_mod:X")


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
