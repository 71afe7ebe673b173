# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import inspect
import pickle

import pytest
from light import functions
from light.functions import Numbers, add, check, make, number, tell

from penstock.artifacts.standard import Float, Integer, JsonValue
from penstock.components.function_component.component import BaseFunctionalComponent, component
from penstock.components.function_component.final_status import FinalStatusStr
from penstock.dsl import standard_annotations
from penstock.errors import ParameterError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.component import BaseComponent
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.expression import spelled


def test_the_component_is_a_class_in_the_functions_place() -> None:
    assert issubclass(make, BaseFunctionalComponent)
    assert issubclass(make, BaseComponent)
    assert (make.__module__, make.__qualname__, make.__doc__) == (
        "light.functions", "make", "Writes the first numbers.",
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(make)) is make
    assert make.type_name() == "light.functions.make"


def test_a_node_has_the_functions_name_and_outputs() -> None:
    node = make(count=2)
    assert node.id == "make"
    assert node.with_id("other").id == "other"
    assert {key: channel.type for key, channel in node.outputs.items()} == {
        "numbers": Numbers, "total": Integer, "mean": Float, "by_name": JsonValue, "note": node.outputs["note"].type,
    }  # fmt: skip
    assert node.exec_properties == {"count": 2}
    assert isinstance(node, BaseFunctionalComponent)


def test_test_call_is_the_function() -> None:
    assert number.test_call(value=4) == {"value": 4}
    assert add.test_call(1, 2, more=3) == {"total": 6}


def test_how_it_is_called_can_be_looked_up() -> None:
    assert str(inspect.signature(add)) == "(*, first, second=0, more=0)"
    assert "numbers" not in inspect.signature(make).parameters


def test_the_signature_follows_from_the_annotations() -> None:
    inputs, parameters = check.signature().inputs, check.signature().parameters
    assert [key for key, port in inputs.items() if not port.optional] == [
        "numbers",
        "total",
        "mean",
        "by_name",
    ]
    assert inputs["others"].multiple
    assert (parameters["expected"].required, parameters["scale"].required) == (True, False)


def test_channels_feed_values_and_lists() -> None:
    made, other = make(), make().with_id("other")
    node = check(
        numbers=made.outputs["numbers"],
        total=made.outputs["total"],
        mean=made.outputs["mean"],
        by_name=made.outputs["by_name"],
        others=[made.outputs["numbers"], other.outputs["numbers"]],
        expected={},
    )
    assert [len(channels) for channels in node.inputs.values()] == [1, 1, 1, 1, 2]
    assert {upstream.id for upstream in node.upstream_nodes} == {"make", "other"}


def test_a_parameter_may_be_given_later() -> None:
    given = number(value=RuntimeParameter("n", int, 3))
    total = add(first=given.outputs["value"], more=given.outputs["value"].future()[0].value)
    ir = compile_pipeline(Pipeline("p", components=[given, total]), project_root="/nowhere")
    assert ir.node("number").parameters["value"].runtime_parameter == "n"
    expression = ir.node("add").parameters["more"].expression
    assert expression is not None
    assert spelled(expression) == "number.value[0].value"
    assert ir.node("add").component == "light.functions:add"
    assert ir.node("add").upstream == ("number",)


def test_a_component_function_says_what_kind_of_work_it_does() -> None:
    assert component(component_annotation=standard_annotations.Train)(number.test_call).BASE_TYPE == "Train"

    class Deploying:
        MLMD_SYSTEM_BASE_TYPE = 5

    assert component(component_annotation=Deploying)(number.test_call).BASE_TYPE == "Deploy"
    assert make.BASE_TYPE is None


def test_a_component_under_another_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = component(number.test_call)
    monkeypatch.setattr(functions, "renamed", renamed, raising=False)
    ir = compile_pipeline(Pipeline("p", components=[renamed()]), project_root="/nowhere")
    assert ir.nodes[0].component == "light.functions:renamed"


def test_an_exit_handler_is_given_the_status() -> None:
    handler = tell(status=FinalStatusStr(), folder="/tmp")
    ir = compile_pipeline(Pipeline("p", components=[number()], exit_handler=handler), project_root="/nowhere")
    node = ir.node("tell")
    assert node.trigger == "at_exit"
    expression = node.parameters["status"].expression
    assert expression is not None
    assert (expression.op, expression.value) == ("run", "status")


def test_a_value_is_checked_when_the_node_is_made() -> None:
    with pytest.raises(ParameterError, match=r"number: value.*int.*'many'"):
        number(value="many")
