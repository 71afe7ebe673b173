# SPDX-License-Identifier: Apache-2.0
"""Container components that cannot work: each is refused when it is declared or given its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.artifacts.standard import Examples, Integer, Model
from penstock.components.container_component.component import create_container_component
from penstock.dsl.component.experimental import placeholders
from penstock.dsl.placeholder import placeholder as ph
from penstock.errors import PenstockError
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.executor_spec import ExecutorContainerSpec
from penstock.graph.runtime_parameter import RuntimeParameter


def declared(command: Any = ("x",), **changed: Any) -> Any:
    given: dict[str, Any] = {
        "name": "Train",
        "image": "trainer:1",
        "command": list(command) if isinstance(command, tuple) else command,
        "inputs": {"data": Examples, "count": Integer},
        "outputs": {"model": Model, "score": Integer},
        "parameters": {"steps": int, "names": list},
    }
    return create_container_component(**{**given, **changed})


class DriverOfTfx:
    def run(self, execution_info: Any) -> Any: ...


def with_driver() -> Any:
    spec = type(
        "Spec",
        (ComponentSpec,),
        {"INPUTS": {}, "OUTPUTS": {"model": ChannelParameter(type=Model)}, "PARAMETERS": {}},
    )
    members = {
        "SPEC_CLASS": spec,
        "EXECUTOR_SPEC": ExecutorContainerSpec("i", ["x"]),
        "DRIVER_CLASS": DriverOfTfx,
    }
    return type("Driven", (BaseComponent,), members)(spec(model=Channel(type=Model)))


MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "name": (lambda: declared(name="my trainer"), "name of a container component.*'my trainer'"),
    "no image": (lambda: declared(image=""), "Train: this is no container image.*python:3.11.*''"),
    "an option as image": (lambda: declared(image="--privileged"), "no container image.*'--privileged'"),
    "command as text": (
        lambda: declared("python x.py"),
        "Train: the command of a container is no list.*'python x.py'.*\\['sh', '-c', '…'\\]",
    ),
    "number in the command": (lambda: declared(("x", 3)), "neither text nor a placeholder.*3 \\(int\\).*'3'"),
    "Jinja template": (
        lambda: declared(("x", '{{ input_dict["data"][0].uri }}')),
        "command\\[1\\] is a Jinja template.*ph.input",
    ),
    "unknown input": (
        lambda: declared((ph.input("dta").uri,)),
        "Train: there is no input 'dta'.*input: command\\[0\\].*did you mean 'data'",
    ),
    "unknown output": (lambda: declared((ph.output("modl").uri,)), "no output 'modl'.*did you mean 'model'"),
    "unknown parameter": (
        lambda: declared(("--x=" + ph.exec_property("step"),)),
        "no parameter 'step'.*did you mean 'steps'",
    ),
    "unknown input, the old way": (
        lambda: declared((placeholders.InputUriPlaceholder("dta"),)),
        "InputUriPlaceholder\\(input_name='dta'\\) stands for nothing.*did you mean 'data'",
    ),
    "unknown value, the old way": (
        lambda: declared(
            (placeholders.ConcatPlaceholder(["a", placeholders.InputValuePlaceholder("stps")]),)
        ),
        "InputValuePlaceholder.*'stps'.*did you mean 'steps'",
    ),
    "unknown output, the old way": (
        lambda: declared((placeholders.OutputUriPlaceholder("x"),)),
        "OutputUriPlaceholder.*known: model, score",
    ),
    "value of examples": (
        lambda: declared((placeholders.InputValuePlaceholder("data"),)),
        "type Examples holds no value",
    ),
    "value of an output": (lambda: declared((ph.output("score").value,)), "the node itself is to write it"),
    "property": (
        lambda: declared((ph.input("data").property("spam"),)),
        "Examples has no property 'spam'.*did you mean 'span'",
    ),
    "artifact": (lambda: declared((ph.input("data"),)), "stands for artifacts Examples.*\\.uri"),
    "list": (lambda: declared((ph.exec_property("names"),)), "no text.*serialize_list"),
    "channel": (
        lambda: declared((Channel(type=Integer).future().value,)),
        "cannot stand in a container's command.*declare an input",
    ),
    "runtime parameter": (
        lambda: declared(
            (ph.make_list([RuntimeParameter("n", int, 1)]).serialize_list(ph.ListSerializationFormat.JSON),)
        ),
        "cannot stand in a container's command.*declare a parameter",
    ),
    "runtime information": (
        lambda: declared((ph.runtime_info("platform_config")["x"],)),
        "cannot stand in a container's command.*declare a parameter",
    ),
    "working folder of all attempts": (
        lambda: declared((ph.execution_invocation().stateful_working_dir,)),
        "keeps nothing from one attempt to the next.*tmp_dir",
    ),
    "input of a plain type": (
        lambda: declared(inputs={"count": int}),
        "input 'count' is declared with something that is no artifact type.*Integer",
    ),
    "output of no type": (lambda: declared(outputs={"model": "Model"}), "output 'model'.*'Model' \\(str\\)"),
    "artifact as a parameter": (
        lambda: declared(parameters={"model": Model}),
        "parameter 'model' is declared with a type.*int, float, str, bool.*artifacts are inputs",
    ),
    "name of an input": (lambda: declared(inputs={"my-data": Examples}), "name of an input.*'my-data'"),
    "one name twice": (
        lambda: declared(inputs={"steps": Examples}),
        "'steps' is an input and a parameter at once",
    ),
    "inputs as a list": (
        lambda: declared(inputs=[Examples]),
        "inputs of a container component are no mapping",
    ),
    "unknown argument": (
        lambda: declared()(dta=Channel(type=Examples)),
        "Train has no argument 'dta'.*did you mean 'data'",
    ),
    "missing input": (
        lambda: declared()(data=Channel(type=Examples), steps=1, names=[]),
        "Train: input 'count' is missing.*Integer",
    ),
    "input of another type": (
        lambda: declared()(data=Channel(type=Model), count=Channel(type=Integer), steps=1, names=[]),
        "Train: input 'data' has the wrong type.*Examples",
    ),
    "missing parameter": (
        declared(inputs={}, parameters={"steps": int}),
        "Train: parameter 'steps' is missing",
    ),
    "parameter of another type": (
        lambda: declared(inputs={}, parameters={"steps": int})(steps="many"),
        "Train: .*steps.*int.*'many'",
    ),
    "option of another type": (
        lambda: declared(inputs={}, parameters={})().with_container_options(pull="sometimes"),
        "Train: .*pull.*missing.*'sometimes'",
    ),
    "environment as a list": (
        lambda: declared(inputs={}, parameters={})().with_container_options(environment=["A=b"]),
        "Train: .*environment has the wrong type.*'A=b'",
    ),
    "driver beside a container": (with_driver, "Driven runs in a container, and has a driver of its own"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_a_container_component_refuses(name: str) -> None:
    misuse, message = MISUSES[name]
    with pytest.raises(PenstockError, match=message):
        misuse()
