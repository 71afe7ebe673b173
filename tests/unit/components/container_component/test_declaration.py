# SPDX-License-Identifier: Apache-2.0
"""Container components: what they declare, and how that goes through the IR."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from light.component import Number

import penstock as tfx
from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.artifacts.standard import Examples, Integer, Model
from penstock.components.container_component.component import ContainerComponent
from penstock.components.container_component.running import container_of_component, options_of_component
from penstock.dsl.component.experimental import executor_specs, placeholders
from penstock.dsl.placeholder import placeholder as ph
from penstock.graph.compiler import compile_pipeline
from penstock.graph.component import BaseComponent
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.executor_spec import ExecutorContainerSpec
from penstock.graph.pipeline import Pipeline
from penstock.ir.container import container_of
from penstock.ir.document import from_json, to_json
from penstock.ir.expression import spelled
from penstock.ir.model import NodeIR
from penstock.messages.trainer import TrainArgs
from penstock.runtime.loading import load_declaration

create_container_component = tfx.dsl.experimental.create_container_component


class Picture(Artifact):
    TYPE_NAME = "Picture"
    PROPERTIES: ClassVar[Any] = {"width": Property(PropertyType.INT)}


Train = create_container_component(
    name="Train",
    image="registry/trainer:1",
    command=[
        "python",
        "/train.py",
        placeholders.InputUriPlaceholder("data"),
        placeholders.OutputUriPlaceholder("model"),
        placeholders.ConcatPlaceholder(["--steps=", placeholders.InputValuePlaceholder("steps")]),
        placeholders.InputValuePlaceholder("count"),
        ph.exec_property("args").num_steps,
    ],
    inputs={"data": Examples, "count": Integer, "picture": Picture},
    outputs={"model": Model, "score": tfx.types.standard_artifacts.Float},
    parameters={"steps": int, "args": TrainArgs},
)


def node_of(*nodes: Any) -> NodeIR:
    ir = compile_pipeline(Pipeline("p", components=nodes), project_root="/project")
    assert from_json(to_json(ir)) == ir
    return ir.nodes[-1]


def trained() -> list[Any]:
    data = tfx.dsl.Importer(source_uri="/d", artifact_type=Examples).with_id("data")
    picture = tfx.dsl.Importer(source_uri="/p", artifact_type=Picture).with_id("picture")
    number = Number()
    return [
        data,
        picture,
        number,
        Train(
            data=data.outputs["result"],
            picture=picture.outputs["result"],
            count=number.outputs["number"],
            steps=3,
            args={"num_steps": 5},
        ),
    ]


def test_the_ir_holds_the_container_for_every_scheduler() -> None:
    node = node_of(*trained())
    assert node.id == "Train"
    assert node.component == "penstock.components.container_component.component:ContainerComponent"
    container = container_of(node)
    assert container is not None
    assert spelled(container.image) == "'registry/trainer:1'"
    assert [spelled(e) for e in container.command] == [
        "'python'",
        "'/train.py'",
        "input('data')[0].uri",
        "output('model')[0].uri",
        "'--steps=' + exec_property('steps')",
        "input('count')[0].value",
        "exec_property('args').num_steps",
    ]
    assert container.args == ()


def test_python_nodes_have_no_container() -> None:
    assert container_of(node_of(Number())) is None


def test_the_declaration_makes_the_same_component_elsewhere() -> None:
    node = node_of(*trained())
    component = load_declaration(node.component, node.id, node.declaration)
    assert issubclass(component, ContainerComponent)
    assert component.signature() == Train.signature()
    assert component.type_name() == node.type == "penstock.components.container_component.Train"
    assert container_of_component(component) == container_of(node)
    assert component.signature().inputs["picture"].type is Picture


def test_a_type_that_cannot_be_imported_is_made_again() -> None:
    local = type(
        "Sound", (Artifact,), {"TYPE_NAME": "Sound", "PROPERTIES": {"rate": Property(PropertyType.INT)}}
    )
    listen = create_container_component("Listen", "i", ["x"], outputs={"sound": local})
    node = node_of(listen())
    made = load_declaration(node.component, node.id, node.declaration).signature().outputs["sound"].type
    assert made.TYPE_NAME == "Sound"
    assert list(made.PROPERTIES) == ["rate"]


def test_several_artifacts_may_come_in() -> None:
    count = create_container_component("Count", "i", ["x", ph.input("all")[1].uri], inputs={"all": Integer})
    first, second = Number().with_id("a"), Number().with_id("b")
    node = node_of(first, second, count(all=[first.outputs["number"], second.outputs["number"]]))
    assert node.inputs["all"].multiple
    assert len(node.inputs["all"].channels) == 2


def test_options_and_resources_of_one_node() -> None:
    plain = create_container_component("Plain", "i", ["x"])
    node = plain().with_container_options(network="none", environment={"A": "b"}, run_args=["--init"])
    node.with_resources(cpus=2, memory_gib=1.5)
    ir = node_of(node)
    options = options_of_component(load_declaration(ir.component, ir.id, ir.declaration))
    assert (options.network, dict(options.environment), options.run_args) == ("none", {"A": "b"}, ("--init",))
    assert (options.cpus, options.memory_gib) == (2, 1.5)
    assert (
        options_of_component(load_declaration(ir.component, ir.id, node_of(plain()).declaration)).network
        is None
    )


# --------------------------------------------------------------------------------------------- components with a class


class CopySpec(ComponentSpec):
    INPUTS: ClassVar[Any] = {"data": ChannelParameter(type=Examples)}
    OUTPUTS: ClassVar[Any] = {"copy": ChannelParameter(type=Examples)}
    PARAMETERS: ClassVar[Any] = {"suffix": ExecutionParameter(type=str)}


class Copy(BaseComponent):
    SPEC_CLASS = CopySpec
    EXECUTOR_SPEC = executor_specs.TemplatedExecutorContainerSpec(
        image="copier",
        command=["cp", placeholders.InputUriPlaceholder("data"), ph.output("copy").uri],
        args=[placeholders.InputValuePlaceholder("suffix")],
    )

    def __init__(self, data: Any, suffix: str, **named: Any) -> None:
        spec = CopySpec(data=data, copy=tfx.dsl.Channel(type=Examples), suffix=suffix)
        super().__init__(spec=spec, **named)


def test_a_class_may_name_a_container() -> None:
    data = tfx.dsl.Importer(source_uri="/d", artifact_type=Examples).with_id("data")
    node = node_of(data, Copy(data.outputs["result"], "x"))
    container = container_of(node)
    assert container is not None
    assert [spelled(e) for e in container.args] == ["exec_property('suffix')"]
    component = load_declaration(node.component, node.id, node.declaration)
    assert container_of_component(component) == container
    assert component.EXECUTOR == Train.EXECUTOR
    assert component.type_name() == Copy.type_name()


def test_one_node_may_be_given_a_container() -> None:
    data = tfx.dsl.Importer(source_uri="/d", artifact_type=Examples).with_id("data")
    other = ExecutorContainerSpec(image="other", command=["mv", ph.input("data").uri])
    node = node_of(data, Copy(data.outputs["result"], "x", custom_executor_spec=other))
    container = container_of(node)
    assert container is not None
    assert spelled(container.image) == "'other'"
    assert container_of_component(load_declaration(node.component, node.id, node.declaration)) == container


@pytest.mark.parametrize("name", ["Train", "a-b.c"])
def test_the_name_is_that_of_the_node(name: str) -> None:
    assert create_container_component(name, "i", ["x"])().id == name
