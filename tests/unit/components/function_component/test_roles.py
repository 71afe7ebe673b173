# SPDX-License-Identifier: Apache-2.0
"""The three roles of component functions, without a run around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from light.functions import add, check, make, returns

from penstock.artifacts.standard import Integer
from penstock.artifacts.value_artifact import ValueArtifact
from penstock.components.function_component.component import FunctionResult, OutputProperties
from penstock.components.function_component.driver import FunctionDriver
from penstock.components.function_component.executor import FunctionExecutor
from penstock.components.function_component.publisher import FunctionPublisher
from penstock.errors import DataError, UserCodeError
from penstock.runtime.binding import bind_inputs, bind_outputs, bind_parameters
from penstock.runtime.roles import DriverContext, ExecutorContext, Run, Work


def work_of(
    component: Any, folder: Path, inputs: dict[str, Any], **parameters: Any
) -> Work[Any, Any, Any, None]:
    outputs = {}
    for key, port in component.signature().outputs.items():
        (folder / key).mkdir()
        is_value = issubclass(port.type, ValueArtifact)
        outputs[key] = [port.type(str(folder / key / "value" if is_value else folder / key))]
    return Work(
        inputs=bind_inputs(component, "node", inputs),
        outputs=bind_outputs(component, "node", outputs),
        parameters=bind_parameters(component, parameters),
        plan=None,
        context=ExecutorContext("p", "r", "node", 1, str(folder), str(folder)),
    )


def integer(folder: Path, value: int | None) -> Integer:
    artifact = Integer(str(folder / f"integer-{value}"))
    artifact.write(value)
    return artifact


def executed(
    component: Any, folder: Path, inputs: dict[str, Any] | None = None, **parameters: Any
) -> FunctionResult:
    work = work_of(component, folder, inputs or {}, **parameters)
    return FunctionExecutor.for_component(component).execute(work)


def test_the_function_gets_values_and_defaults(tmp_path: Path) -> None:
    result = executed(add, tmp_path, {"first": [integer(tmp_path, 4)]}, more=2)
    assert result.summary == "total=6"
    assert result.outputs == {"total": OutputProperties({}, {"__is_null__": 0})}
    assert (tmp_path / "total" / "value").read_text() == "6"


def test_properties_of_outputs_are_told(tmp_path: Path) -> None:
    result = executed(make, tmp_path, count=2)
    assert result.outputs["numbers"].custom_properties == {"count": 2}
    assert result.summary == "total=1, mean=0.5, note=None"


def test_a_value_of_another_type_is_refused_before_the_function_is_called(tmp_path: Path) -> None:
    wrong = Integer(str(tmp_path / "wrong"))
    Path(wrong.uri).write_text("many")
    with pytest.raises(DataError, match="Integer artifact 0 holds no value of its type"):
        executed(add, tmp_path, {"first": [wrong]})


def test_what_the_function_raises_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserCodeError, match=r"node: returns\(\) raised ValueError: no more") as raised:
        executed(returns, tmp_path, what="raises")
    assert "functions.py" in raised.value.traceback
    assert "executor.py" not in raised.value.traceback


def decided(component: Any, inputs: dict[str, Any]) -> Run[None]:
    context = cast(DriverContext, None)  # this driver asks for nothing
    driver = FunctionDriver.for_component(component)
    return driver.decide(bind_inputs(component, "node", inputs), None, context)


def test_the_driver_lets_it_run(tmp_path: Path) -> None:
    assert decided(add, {"first": [integer(tmp_path, 4)]}) == Run(None)


def test_the_driver_refuses_none_where_there_must_be_a_value(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"input 'first' is None; expected: a value of type int.*Optional\[int\]"
    ):
        decided(add, {"first": [integer(tmp_path, None)]})
    assert decided(add, {"first": [integer(tmp_path, 1)], "second": [integer(tmp_path, None)]}) == Run(None)
    given = {key: [integer(tmp_path, 1)] for key in ("numbers", "mean", "by_name")}
    with pytest.raises(DataError, match="input 'total' is None; expected: a value of type int"):
        decided(check, given | {"total": [integer(tmp_path, None)]})


def test_the_publisher_records_what_the_function_has_set(tmp_path: Path) -> None:
    result = FunctionResult({"total": OutputProperties({"span": 3}, {"a": 1})}, "total=6")
    work = work_of(add, tmp_path, {"first": [integer(tmp_path, 4)]})
    record = FunctionPublisher().describe(work, result)
    assert record.summary == "total=6"
    (described,) = record.artifacts["total"]
    assert (described.properties, described.custom_properties) == ({"span": 3}, {"a": 1})
