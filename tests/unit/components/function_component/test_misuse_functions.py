# SPDX-License-Identifier: Apache-2.0
"""What cannot be a component function, or is called as one cannot be, is refused at once and told what would do."""

from __future__ import annotations

import textwrap
from types import ModuleType
from typing import Any

import pytest
from light.functions import Numbers, add, check, make, number, tell

from penstock.artifacts.standard import Model
from penstock.components.function_component.final_status import FinalStatusStr
from penstock.errors import PenstockError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter

HEAD = """
from typing import *
from penstock.artifacts.standard import Examples, Model
from penstock.components.function_component.annotations import (
    AsyncOutputArtifact, BeamComponentParameter, InputArtifact, OutputArtifact, OutputDict, Parameter)
from penstock.components.function_component.component import component
from penstock.components.function_component.exit_handler import exit_handler
"""


def written(source: str, *, head: str = HEAD) -> ModuleType:
    """Returns a module of that source."""
    module = ModuleType("written")
    exec(compile(head + textwrap.dedent(source), "<written>", "exec", dont_inherit=True), module.__dict__)
    return module


DECORATED = {
    "no annotation": (
        "@component\ndef f(x): pass",
        r"f: argument 'x' has no annotation; expected: Parameter\[int\], InputArtifact\[Type\]",
    ),
    "args": ("@component\ndef f(*names: int): pass", r"f: a component function cannot take \*names"),
    "kwargs": ("@component\ndef f(**options: int): pass", r"f: a component function cannot take \*\*options"),
    "by position": ("@component\ndef f(x: Parameter[int], /): pass", "argument 'x' can be given by position"),
    "bare artifact": (
        "@component\ndef f(model: Model): pass",
        r"argument 'model'.*got: model: Model; what to do: InputArtifact\[Model\] where it is read",
    ),
    "bare annotation": ("@component\ndef f(x: Parameter): pass", r"argument 'x'.*say of what: Parameter\[…\]"),
    "tuple": ("@component\ndef f(x: Tuple[int, int]): pass", "argument 'x'.*JSON has lists and dicts"),
    "other keys": ("@component\ndef f(x: Dict[int, str]): pass", "the keys of JSON are text"),
    "choice": ("@component\ndef f(x: Union[int, str]): pass", "argument 'x'.*got: x: Union"),
    "method": ("class C:\n    @component\n    def f(self): pass", "component cannot be made of a method.*got: C.f"),
    "static method": (
        "class C:\n    @component\n    @staticmethod\n    def f(): pass",
        "a component cannot be made of this.*got: a staticmethod",
    ),
    "nested": (
        "def outer():\n    @component\n    def f(x: Parameter[int]): pass\nouter()",
        "defined inside another function.*got: outer.<locals>.f.*move it out",
    ),
    "lambda": ("f = component(lambda x: x)", "cannot be made of a lambda"),
    "class": ("@component\nclass F: pass", "got: the class F"),
    "twice": ("@component\n@component\ndef f(): pass", "got: the class f"),
    "coroutine": ("@component\nasync def f(): pass", "expected: a plain def; got: a coroutine"),
    "generator": ("@component\ndef f():\n    yield 1", "expected: a plain def; got: a generator"),
    "mutable default": (
        "@component\ndef f(x: Parameter[List[int]] = []): pass",
        r"default of 'x' can be changed by the function.*expected: a default of None; got: \[\].*x=None",
    ),
    "wrong default": (
        "@component\ndef f(x: Parameter[int] = 'many'): pass",
        r"default of 'x' has the wrong type; expected: int or None; got: 'many' \(str\)",
    ),
    "wrong default of a value": ("@component\ndef f(x: bytes = 3): pass", "default of 'x' has the wrong type"),
    "default of an input": (
        "@component\ndef f(x: InputArtifact[Model] = 3): pass",
        r"default of input 'x' must be None; expected: x: InputArtifact\[Model\] = None; got: 3",
    ),
    "default of an output": (
        "@component\ndef f(x: OutputArtifact[Model] = None): pass",
        "output 'x' cannot be optional",
    ),
    "optional output": ("@component\ndef f(x: Optional[OutputArtifact[Model]]): pass", "cannot be optional"),
    "async output": (
        "@component\ndef f(x: AsyncOutputArtifact[Model]): pass",
        r"argument 'x': an output cannot be seen before.*OutputArtifact\[Model\].*published when their node has ended",
    ),
    "return without a name": (
        "@component\ndef f() -> float: pass",
        r"returns values by name; expected: a TypedDict, -> OutputDict\(name=float\), or -> None; got: -> float",
    ),
    "returned artifact": (
        "@component\ndef f() -> OutputDict(model=Model): pass",
        r"returned value 'model'.*got: Model; what to do: .*model: OutputArtifact\[Model\]",
    ),
    "returned annotation": (
        "@component\ndef f() -> OutputDict(model=OutputArtifact[Model]): pass",
        r"returned value 'model'.*model: OutputArtifact\[Model\]",
    ),
    "returned tuple": ("@component\ndef f() -> OutputDict(x=tuple): pass", "returned value 'x' cannot stand in"),
    "output twice": (
        "@component\ndef f(x: OutputArtifact[Model]) -> OutputDict(x=int): pass",
        "output 'x' is declared twice",
    ),
    "keyword": ("@component\ndef f() -> OutputDict(**{'class': int}): pass", "'class' has a name that Python keeps"),
    "no Python name": ("@component\ndef f() -> OutputDict(**{'a b': int}): pass", "'a b' has no usable name"),
    "use_beam without a pipeline": (
        "@component(use_beam=True)\ndef f(): pass",
        "use_beam=True gives the function one Beam pipeline.*got: no argument for it",
    ),
    "annotation of work": (
        "class Trian: pass\n@component(component_annotation=Trian)\ndef f(): pass",
        "component_annotation is not a kind of work.*did you mean 'Train'",
    ),
    "exit handler with an input": (
        "@exit_handler\ndef f(model: InputArtifact[Model]): pass",
        "an exit handler cannot take 'model' from other nodes",
    ),
    "exit handler with a value": ("@exit_handler\ndef f(x: int): pass", "an exit handler cannot take 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("case", DECORATED)
def test_what_cannot_be_a_component_is_refused_when_it_is_decorated(case: str) -> None:
    source, match = DECORATED[case]
    with pytest.raises(PenstockError, match=match):
        written(source)


def test_an_unknown_name_in_an_annotation_is_answered_with_the_nearest() -> None:
    source = "@component\ndef f(model: InputArtifact[Modle]): pass"
    with pytest.raises(PipelineError, match="f: the annotation of 'model'.*'Modle'.*did you mean 'Model'"):
        written(source, head="from __future__ import annotations" + HEAD)


def test_a_wrong_annotation_that_is_text_names_the_function() -> None:
    with pytest.raises(PipelineError, match=r"f: Parameter\[…\] takes the type of a parameter"):
        written("@component\ndef f(x: 'Parameter[Model]'): pass")
    with pytest.raises(PipelineError, match="f: the annotation of 'x' cannot be read: TypeError"):
        written("@component\ndef f(x: 'int[3]'): pass")


ONE = Channel(Numbers)
CALLED: dict[str, tuple[Any, str]] = {
    "by position": (lambda: number(3), r"number takes its arguments by name; expected: number\(value=…\); got: 1"),
    "unknown": (lambda: number(valeu=3), "number has no argument 'valeu'; what to do: did you mean 'value'"),
    "missing channel": (add, "add: argument 'first' is missing; expected: a channel of Integer"),
    "missing parameter": (lambda: tell(status="x"), "argument 'folder' is missing; expected: a value of type str"),
    "an output given": (lambda: make(numbers=ONE), "make: argument 'numbers' is made by the component"),
    "constant for a value": (
        lambda: add(first=3),
        r"add: argument 'first' takes a value that another node.*got: 3 \(int\).*Parameter\[int\]",
    ),
    "placeholder for a value": (
        lambda: add(first=number().outputs["value"].future()[0].value),
        "argument 'first'.*give the channel itself",
    ),
    "channel for a parameter": (
        lambda: number(value=number().outputs["value"]),
        r"number: argument 'value' is a parameter.*outputs\['value'\]\.future\(\)\[0\]\.value",
    ),
    "wrong artifact type": (
        lambda: check(numbers=Channel(Model), total=ONE, mean=ONE, by_name=ONE, expected={}),
        "check: input 'numbers' has the wrong type; expected: a channel of Numbers; got: Channel.Model",
    ),
    "wrong type of value": (
        lambda: add(first=make().outputs["mean"]),
        "input 'first' has the wrong type; expected: a channel of Integer; got: Channel.Float from make.mean",
    ),
    "another JSON type": (
        lambda: written("@component\ndef f(x: List[int]): pass").f(x=make().outputs["by_name"]),
        r"f: argument 'x' takes another type of JSON value; expected: List\[int\]; got: dict\[str, list\[int\]\]",
    ),
    "two for one": (
        lambda: check(numbers=[ONE, ONE], total=ONE, mean=ONE, by_name=ONE, expected={}),
        r"check: argument 'numbers' takes one artifact.*got: 2 channels.*InputArtifact\[List\[Numbers\]\]",
    ),
    "wrong parameter": (lambda: number(value="3"), "number: value.*wrong type.*int"),
    "runtime parameter of another type": (
        lambda: number(value=RuntimeParameter("n", str)),
        r"number: argument 'value' is given a runtime parameter of another type; expected: RuntimeParameter.'n', int",
    ),
    "wrong JSON": (
        lambda: written("@component\ndef f(x: Parameter[Dict[str, int]]): pass").f(x={"a": "b"}),
        r"f: x\['a'\] has the wrong type",
    ),
    "status for a node": (
        lambda: written("@component\ndef f(x: Parameter[str]): pass").f(x=FinalStatusStr()),
        "f: argument 'x' is given the final status of a run, which only an exit handler learns",
    ),
    "two statuses": (
        lambda: tell(status=FinalStatusStr(), folder=FinalStatusStr()),
        "tell: an exit handler is given the final status twice.*got: status, folder",
    ),
    "status for a number": (
        lambda: written("@exit_handler\ndef f(x: Parameter[int]): pass").f(x=FinalStatusStr()),
        r"f: argument 'x' cannot take the final status; expected: x: Parameter\[str\]; got: x: Parameter\[int\]",
    ),
    "exit handler as a node": (
        lambda: Pipeline("p", components=[number(), tell(status="", folder="")]),
        r"tell: pipeline p lists an exit handler among its nodes; expected: Pipeline\(…, exit_handler=tell\)",
    ),
    "exit handler that waits": (
        lambda: Pipeline(
            "p",
            components=[first := number()],
            exit_handler=tell(status=first.outputs["value"].future()[0].value, folder=""),
        ),
        "tell: an exit handler depends on other nodes",
    ),
    "not called": (lambda: Pipeline("p", components=[number]), r"a component is made by calling it: number\(…\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CALLED)
def test_what_it_cannot_be_given_is_refused_when_it_is_called(case: str) -> None:
    call, match = CALLED[case]
    with pytest.raises(PenstockError, match=match):
        call()


def test_the_decorator_may_be_used_with_and_without_brackets() -> None:
    module = written("@component()\ndef f(x: Parameter[int] = 1): pass\n@component\ndef g(): pass")
    assert [module.f().id, module.g().id] == ["f", "g"]
