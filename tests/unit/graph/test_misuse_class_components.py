# SPDX-License-Identifier: Apache-2.0
"""Class components in TFX's way that are wrong: each is refused when it is made, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.artifacts.artifact import Artifact, Property
from penstock.artifacts.standard import Examples, Model, Schema
from penstock.errors import ParameterError, PenstockError, PipelineError
from penstock.graph.channel import Channel, as_channel
from penstock.graph.component import BaseComponent
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.executor_spec import BeamExecutorSpec, ExecutorClassSpec, ExecutorContainerSpec
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.trainer import EvalArgs, TrainArgs
from penstock.runtime.tfx_style.executor import BaseExecutor


class Executor:
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None: ...


class CopySpec(ComponentSpec):
    PARAMETERS = {
        "name": ExecutionParameter(type=str),
        "steps": ExecutionParameter(type=int, optional=True),
        "args": ExecutionParameter(type=TrainArgs, optional=True),
        "names": ExecutionParameter(type=list[str], optional=True),
        "either": ExecutionParameter(type=(int, list), optional=True),
    }
    INPUTS = {
        "input_data": ChannelParameter(type=Examples),
        "schema": ChannelParameter(type=Schema, optional=True),
    }
    OUTPUTS = {"output_data": ChannelParameter(type=Examples)}


class Copy(BaseComponent):
    SPEC_CLASS = CopySpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)


def examples() -> Channel:
    return Channel(type=Examples)


def spec(**named: Any) -> CopySpec:
    return CopySpec(**{"input_data": examples(), "output_data": examples(), "name": "x", **named})


def declared(**members: Any) -> type[ComponentSpec]:
    return type("WrongSpec", (ComponentSpec,), {"PARAMETERS": {}, "INPUTS": {}, "OUTPUTS": {}, **members})


def component(**members: Any) -> type[BaseComponent]:
    return type("Wrong", (Copy,), members)


WRONG: dict[str, tuple[Callable[[], Any], type[PenstockError], str]] = {
    # ------------------------------------------------------------------------------------- what a spec is given
    "a missing parameter": (
        lambda: spec(name=None), ParameterError, "CopySpec: parameter 'name' is missing; expected: a value of str"),
    "a missing input": (
        lambda: CopySpec(name="x", output_data=examples()), PipelineError,
        r"input 'input_data' is missing; expected: a channel of Examples; .*another_component\.outputs"),
    "a missing output": (
        lambda: CopySpec(name="x", input_data=examples()), PipelineError,
        r"output 'output_data' is missing.*output_data=Channel\(type=Examples\)"),
    "an unknown argument": (
        lambda: spec(input_dta=examples()), PipelineError, "no argument 'input_dta'.*did you mean 'input_data'"),
    "text for a number": (
        lambda: spec(steps="7"), ParameterError, "CopySpec: .*steps.*expected: int; got: '7'"),
    "a number for text": (lambda: spec(name=7), ParameterError, r"name.*expected: str; got: 7 \(int\)"),
    "a list with a number in it": (lambda: spec(names=["a", 1]), ParameterError, r"names\[1\].*expected: str; got: 1"),
    "none of several types": (
        lambda: spec(either="x"), ParameterError, "'either' has the wrong type; .*expected: int or list"),
    "another message": (lambda: spec(args=EvalArgs()), ParameterError, "'args' has the wrong type; .*a TrainArgs"),
    "an unknown field of a message": (
        lambda: spec(args={"num_step": 3}), ParameterError, "num_step.*did you mean 'num_steps'"),
    "text that is no JSON for a message": (lambda: spec(args="{"), ParameterError, "args is not JSON"),
    "a runtime parameter of another type": (
        lambda: spec(steps=RuntimeParameter("steps", str)), ParameterError,
        "'steps' is given a runtime parameter of another type.*expected: ptype=int"),
    "text for a channel": (
        lambda: spec(input_data="/data"), PipelineError, "input 'input_data' is not a channel.*got: '/data' .str."),
    "a component for a channel": (
        lambda: spec(input_data=Copy(spec())), PipelineError, r"is not a channel.*component\.outputs\['…'\]"),
    "a channel of another type": (
        lambda: spec(input_data=Channel(type=Model)), PipelineError,
        r"input 'input_data' has the wrong type; expected: a channel of Examples; got: Channel\(Model"),
    "an output of another type": (
        lambda: spec(output_data=Channel(type=Model)), PipelineError, "output 'output_data' has the wrong type"),
    "a list of which one is no channel": (
        lambda: spec(input_data=[examples(), 1]), PipelineError, "'input_data' is not a channel.*got: 1"),
    # --------------------------------------------------------------------------------------- how a spec is declared
    "a spec without outputs": (
        lambda: type("WrongSpec", (ComponentSpec,), {"PARAMETERS": {}, "INPUTS": {}}), PipelineError,
        "WrongSpec declares no OUTPUTS; expected: OUTPUTS = {…}, which may be empty"),
    "outputs that are a list": (lambda: declared(OUTPUTS=[1]), PipelineError, "WrongSpec.OUTPUTS is no dictionary"),
    "a name in two places": (
        lambda: declared(
            PARAMETERS={"x": ExecutionParameter(type=str)}, INPUTS={"x": ChannelParameter(type=Examples)}
        ),
        PipelineError, "WrongSpec has 'x' in PARAMETERS and in INPUTS.*rename one"),
    "a name that is none": (
        lambda: declared(PARAMETERS={"not a name": ExecutionParameter(type=str)}), PipelineError,
        "a name that cannot be an argument.*got: 'not a name'"),
    "a type for a parameter": (
        lambda: declared(PARAMETERS={"x": str}), PipelineError,
        r"PARAMETERS\['x'\] is declared as something else; expected: ExecutionParameter\(type=…\)"),
    "an artifact type for an input": (
        lambda: declared(INPUTS={"x": Examples}), PipelineError, r"expected: ChannelParameter\(type=…\)"),
    "an output that may be empty": (
        lambda: declared(OUTPUTS={"x": ChannelParameter(type=Examples, optional=True, allow_empty=True)}),
        PipelineError, "has allow_empty, which is for inputs"),
    "no artifact type": (
        lambda: ChannelParameter(type=str),  # type: ignore[arg-type]  # that is the test
        PipelineError, "ChannelParameter needs an artifact type"),
    "may be empty but not left out": (
        lambda: ChannelParameter(type=Examples, allow_empty=True), PipelineError, "allow_empty is for optional"),
    "a parameter without a type": (ExecutionParameter, PipelineError, "ExecutionParameter needs a type"),
    "use_proto of text": (
        lambda: ExecutionParameter(type=str, use_proto=True), PipelineError, "use_proto, which is for messages"),
    "the bare base class": (ComponentSpec, PipelineError, "ComponentSpec declares no PARAMETERS"),
    # ----------------------------------------------------------------------------------- how a component is declared
    "SPEC_CLASS is no spec": (
        lambda: component(SPEC_CLASS=dict)(spec()), PipelineError,
        "Wrong.SPEC_CLASS is no specification; expected: a subclass of ComponentSpec"),
    "SPEC_CLASS is an object": (
        lambda: component(SPEC_CLASS=spec())(spec()), PipelineError, "name the class itself, not an object of it"),
    "EXECUTOR_SPEC is the executor": (
        lambda: component(EXECUTOR_SPEC=Executor)(spec()), PipelineError,
        r"Wrong: EXECUTOR_SPEC is no executor specification.*write executor_spec\.ExecutorClassSpec\(Executor\)"),
    "EXECUTOR_SPEC is text": (
        lambda: component(EXECUTOR_SPEC="executor")(spec()), PipelineError, "expected: ExecutorClassSpec"),
    "no executor": (
        lambda: type("Bare", (BaseComponent,), {"SPEC_CLASS": CopySpec})(spec()), PipelineError,
        "Bare names no executor.*EXECUTOR_SPEC = ExecutorClassSpec"),
    "the older EXECUTOR_CLASS": (
        lambda: type("Bare", (BaseComponent,), {"SPEC_CLASS": CopySpec, "EXECUTOR_CLASS": Executor})(spec()),
        PipelineError, "EXECUTOR_CLASS is an older form: wrap the class in ExecutorClassSpec"),
    "DRIVER_CLASS is no driver": (
        lambda: component(DRIVER_CLASS=Executor)(spec()), PipelineError,
        r"Wrong.DRIVER_CLASS is no driver.*run\(execution_info\)"),
    "an executor without Do": (
        lambda: ExecutorClassSpec(type("Lazy", (), {"do": lambda self: None})), PipelineError,
        "Lazy cannot execute anything; expected: a method Do.*got: methods do"),
    "an executor object": (
        lambda: ExecutorClassSpec(Executor()), PipelineError, "needs an executor class.*the class itself"),  # type: ignore[arg-type]  # that is the test
    "a container without an image": (lambda: ExecutorContainerSpec(""), PipelineError, "needs an image"),
    "a command that is text": (
        lambda: ExecutorContainerSpec("python", command="echo a"), PipelineError, "command is not a list"),
    # ----------------------------------------------------------------------------------------- how a component is made
    "no spec": (Copy, PipelineError, r"given no specification.*super\(\).__init__\(spec=CopySpec\(…\)\)"),
    "the spec's class": (lambda: Copy(CopySpec), PipelineError, r"make an object of it: CopySpec\(…\)"),  # type: ignore[arg-type]  # that is the test
    "another spec": (
        lambda: Copy(declared()()), PipelineError, "given another specification.*got: WrongSpec"),
    "a spec and inputs": (
        lambda: Copy(spec(), inputs={"input_data": examples()}), PipelineError, "is given inputs besides"),
    "a spec for a component without": (
        lambda: type("Native", (BaseComponent,), {"EXECUTOR": "a:B"})(spec()), PipelineError,
        "Native was given a specification, but names none; expected: SPEC_CLASS = CopySpec"),
    "a custom executor that is a class": (
        lambda: Copy(spec(), Executor), PipelineError, "custom_executor_spec is no executor specification"),  # type: ignore[arg-type]  # that is the test
    "a custom executor of a function": (
        lambda: Copy(spec(), ExecutorClassSpec(_local())), PipelineError,
        "defined inside a function, where another process cannot find it"),
    # --------------------------------------------------------------------------------------------------------- the rest
    "an output key": (
        lambda: Copy(spec()).outputs["output_dta"], PipelineError, "no output 'output_dta'.*mean 'output_data'"),
    "a channel of nothing": (lambda: as_channel([]), PipelineError, "as_channel needs artifacts of one type"),
    "a property of no type": (lambda: Property("INT"), ParameterError, "Property needs a PropertyType"),  # type: ignore[arg-type]  # that is the test
}  # fmt: skip


def _local() -> type:
    class Local(Executor):
        """Found by no other process."""

    return Local


@pytest.mark.parametrize("what", WRONG)
def test_it_is_refused_when_it_is_made(what: str) -> None:
    make, error, told = WRONG[what]
    with pytest.raises(error, match=told):
        make()


def test_beam_executors_are_classes_too() -> None:
    with pytest.raises(PipelineError, match="BeamExecutorSpec needs an executor class"):
        BeamExecutorSpec("executor")  # type: ignore[arg-type]  # that is the test


def test_an_artifact_type_needs_a_name_of_its_own() -> None:
    class Nameless(Artifact):
        """Forgets its name."""

    with pytest.raises(PipelineError, match="artifact type Nameless has no TYPE_NAME"):
        ChannelParameter(type=Nameless)


class Undone(BaseExecutor):
    """An executor that has forgotten its ``Do``."""


class OfTwo(BaseExecutor):
    def Do(self, input_dict: Any, output_dict: Any) -> None:  # type: ignore[override]
        """Takes too little."""


class Static:
    @staticmethod
    def Do(input_dict: Any, output_dict: Any, exec_properties: Any) -> None: ...


@pytest.mark.parametrize(
    ("executor", "message"),
    [
        (Undone, "Undone does not say what to do; expected: def Do.*got: no Do of its own"),
        (BaseExecutor, "BaseExecutor does not say what to do"),
        (OfTwo, r"OfTwo.Do cannot be called .*exec_properties.; got: def Do.self, input_dict: .*output_dict"),
    ],
)
def test_an_executor_whose_do_is_missing_or_takes_something_else_is_refused(
    executor: type[Any], message: str
) -> None:
    with pytest.raises(PipelineError, match=message):
        ExecutorClassSpec(executor)


def test_a_do_that_can_be_called_is_taken() -> None:
    assert ExecutorClassSpec(Static).executor_class is Static


def test_a_class_with_an_executor_and_nothing_else_is_refused() -> None:
    bare = type("Bare", (BaseComponent,), {"EXECUTOR_SPEC": ExecutorClassSpec(Executor)})
    with pytest.raises(
        PipelineError, match="Bare names an executor and no SPEC_CLASS; expected: SPEC_CLASS = "
    ):
        bare(None)
