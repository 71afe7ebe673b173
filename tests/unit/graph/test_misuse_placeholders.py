# SPDX-License-Identifier: Apache-2.0
"""Placeholders used where or as they cannot be: each is refused while the pipeline is built, with what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import api_pb2, struct_pb2
from light.component import Add, Number

from penstock.artifacts.standard import Boolean, Examples, Integer, Model, String
from penstock.dsl.placeholder import placeholder as ph
from penstock.errors import ParameterError, PenstockError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond, ForEach
from penstock.graph.system_nodes import Importer
from penstock.messages.trainer import TrainArgs

N = ph.exec_property("n")
EXAMPLES = Channel(type=Examples).future()
NUMBER = Channel(type=Integer).future()
NAME = Channel(type=String).future()
ARGUMENTS = ["a"]
TRUTH = NUMBER.value > 3

MISUSES: dict[str, tuple[Callable[[], Any], str]] = {
    "truth value": (lambda: bool(N), "exec_property\\('n'\\) has no truth value.*with Cond"),
    "and": (lambda: TRUTH and TRUTH, "no truth value.*logical_and"),
    "chained comparison": (lambda: 1 < N < 3, "no truth value.*a < b < c"),
    "if": (lambda: 1 if N == 3 else 2, "exec_property\\('n'\\) == 3 has no truth value"),
    "iteration": (lambda: list(N), "cannot be gone over.*ForEach"),
    "length": (lambda: len(N), "length.*not known"),
    "in": (lambda: "a" in N, "whether 'a' is in .* is not known"),
    "product": (lambda: N * 2 > 3, "no arithmetic with exec_property.*function component"),
    "difference": (lambda: 1 - N, "no arithmetic with"),
    "negative": (lambda: -N, "no arithmetic with"),
    "f-string": (lambda: f"a{N}", "f-string.*\\+"),
    "format": (lambda: "a{}".format(N), "f-string"),  # noqa: UP032  what a user may write
    "percent": (lambda: "a%s" % N, "cannot be made text"),  # noqa: UP031  what a user may write
    "&": (lambda: TRUTH & TRUTH, "logical_and"),
    "|": (lambda: TRUTH | TRUTH, "logical_or"),
    "~": (lambda: ~TRUTH, "logical_not"),
    "set a field": (lambda: setattr(N, "x", 1), "cannot be changed"),
    "+ number": (lambda: N + 1, "only with text.*got: 1 \\(int\\).*str\\(…\\)"),
    "number +": (lambda: 1.5 + N, "only with text.*1.5 \\(float\\)"),
    "+ list": (lambda: N + ARGUMENTS, "only with text"),
    "+ of predicates": (lambda: TRUTH + "a", "is true or false, not text"),
    "+ of mappings": (lambda: ph.make_dict({"a": 1}) + "a", "is a mapping, not text.*make_dict"),
    "list + text": (lambda: ph.make_list(["a"]) + "a", "only with a list.*'a'"),
    "+ artifact": (lambda: "a" + EXAMPLES[0], "stands for an artifact Examples.*\\.uri"),
    "+ message": (lambda: "a" + ph.make_proto(TrainArgs()), "is not text.*serialize"),
    "item by a float": (lambda: N[1.5], "a number or text.*1.5 \\(float\\)"),
    "item of text": (lambda: NAME.value[0], "str has no items"),
    "item of a predicate": (lambda: TRUTH[0], "has no items"),
    "artifact by a key": (lambda: EXAMPLES["a"], "counted.*such as \\[0\\].*'a'"),
    "two indices": (lambda: EXAMPLES[0][1], "one artifact already"),
    "field of an artifact": (lambda: EXAMPLES.span, "no attribute 'span'.*custom_property\\('span'\\)"),
    "field of a number": (lambda: NUMBER.value.x, "int has no field 'x'"),
    "field of a message": (
        lambda: ph.make_proto(TrainArgs()).num_stesp,
        "TrainArgs has no field 'num_stesp'.*did you mean 'num_steps'",
    ),
    "value of another artifact": (
        lambda: EXAMPLES[0].value,
        "type Examples holds no value.*String, Integer.*\\.uri",
    ),
    "value of an output": (
        lambda: ph.output("n").value,
        "the node itself is to write it.*output\\('…'\\).uri",
    ),
    "property": (
        lambda: EXAMPLES.property("spann"),
        "Examples has no property 'spann'.*did you mean 'span'.*custom_property",
    ),
    "property by number": (lambda: EXAMPLES.custom_property(3), "name of a custom property is not text.*3"),
    "split": (lambda: Channel(type=Model).future().split_uri("train"), "type Model has no splits"),
    "types compared": (lambda: NUMBER.value == "3", "different types.*two numbers.*int and str"),
    "types ordered": (lambda: NAME.value > NUMBER.value, "different types.*str and int"),
    "None ordered": (lambda: None < NUMBER.value, "different types.*NoneType"),
    "list compared": (lambda: [1] == N, "a comparison takes no list.*make_list"),
    "channel compared": (
        lambda: Channel(type=Integer) == N,
        "a comparison takes no Channel.*future\\(\\)\\[0\\].value",
    ),
    "artifact compared": (lambda: EXAMPLES == 1, "stands for artifacts Examples, which cannot be compared"),
    "logical of a value": (lambda: ph.logical_not(NUMBER.value), "join predicates.*a comparison"),
    "logical of a truth value": (lambda: ph.logical_and(TRUTH, True), "join predicates.*True \\(bool\\)"),
    "logical of a Boolean": (
        lambda: ph.logical_or(TRUTH, Channel(type=Boolean).future().value),
        "join predicates.*== True",
    ),
    "key of an input": (lambda: ph.input(0), "name of an input is not text.*0 \\(int\\)"),
    "name of a variable": (
        lambda: ph.environment_variable(""),
        "name of an environment variable is not text",
    ),
    "runtime information": (
        lambda: ph.runtime_info("platform_confg"),
        "no runtime information 'platform_confg'.*did you mean 'platform_config'",
    ),
    "field of the execution": (
        lambda: ph.execution_invocation().pipeline_run,
        "execution_invocation\\(\\) has no field 'pipeline_run'.*did you mean 'pipeline_run_id'",
    ),
    "file of results": (lambda: ph.execution_invocation().output_metadata_uri, "is no file here.*tmp_dir"),
    "execution as text format": (
        lambda: ph.execution_invocation().serialize(ph.ProtoSerializationFormat.TEXT_FORMAT),
        "only as JSON",
    ),
    "serialize": (lambda: N.serialize("json"), "no form to serialize in.*ProtoSerializationFormat.JSON"),
    "serialize text": (
        lambda: NAME.value.serialize(ph.ProtoSerializationFormat.JSON),
        "expected: a message.*str",
    ),
    "serialize in binary": (
        lambda: ph.make_proto(TrainArgs()).serialize(ph.ProtoSerializationFormat.BINARY),
        "no binary form.*JSON or TEXT_FORMAT",
    ),
    "serialize no list": (
        lambda: NUMBER.value.serialize_list(ph.ListSerializationFormat.JSON),
        "is no list.*int",
    ),
    "base64 of a number": (NUMBER.value.b64encode, "text or bytes.*int"),
    "join of text": (lambda: ph.join("abc"), "join needs a list"),
    "join with a number": (lambda: ph.join(["a", N], 1), "separator.*not text"),
    "join of messages": (lambda: ph.join(["a", TrainArgs()]), "join takes no TrainArgs.*make_proto"),
    "join_path of nothing": (ph.join_path, "needs parts"),
    "join_path of a number": (lambda: ph.join_path("a", 1), "part of join_path is not text.*1"),
    "make_list": (lambda: ph.make_list("abc"), "make_list needs a list"),
    "make_list of an artifact": (lambda: ph.make_list([EXAMPLES]), "stands for artifacts Examples"),
    "make_dict": (lambda: ph.make_dict([("a",)]), "no pair of a text and a value.*\\('a',\\)"),
    "key of make_dict": (lambda: ph.make_dict({NUMBER.value: 1}), "key .* is not text.*int"),
    "make_proto of a class": (lambda: ph.make_proto(TrainArgs), "needs a message.*add the parentheses"),
    "make_proto of a local class": (
        lambda: ph.make_proto(type("Local", (TrainArgs,), {})()),
        "message class Local cannot be imported from .*top level of a module",
    ),
    "unknown field": (
        lambda: ph.make_proto(api_pb2.Api(), nmae="x"),
        "google.protobuf.Api has no field 'nmae'.*did you mean 'name'",
    ),
    "no list": (lambda: ph.make_proto(TrainArgs(), splits="a"), "TrainArgs.splits.*a list.*'a' \\(str\\)"),
    "wrong number": (lambda: ph.make_proto(TrainArgs(), num_steps="many"), "TrainArgs.num_steps.*'many'"),
    "placeholder of another type": (
        lambda: ph.make_proto(TrainArgs(), num_steps=NAME.value),
        "TrainArgs.num_steps.*expected: int.*str",
    ),
    "artifact in a message": (lambda: ph.make_proto(api_pb2.Api(), name=EXAMPLES), "Api.name.*expected: str"),
    "another message": (
        lambda: ph.make_proto(api_pb2.Api(), methods=[struct_pb2.Value()]),
        "Api.methods.*google.protobuf.Method.*google.protobuf.Value",
    ),
    "no mapping": (
        lambda: ph.make_proto(struct_pb2.Struct(), fields=3),
        "Struct.fields.*a mapping.*3 \\(int\\)",
    ),
    "message for text": (
        lambda: ph.make_proto(api_pb2.Api(), name=api_pb2.Api()),
        "Api.name.*a number or text",
    ),
}


@pytest.mark.parametrize("name", MISUSES)
def test_a_placeholder_refuses(name: str) -> None:
    misuse, message = MISUSES[name]
    with pytest.raises(PenstockError, match=message):
        misuse()


# ---------------------------------------------------------------------------------------- where placeholders stand


def compiled(*nodes: Any, **settings: Any) -> None:
    compile_pipeline(Pipeline("p", components=nodes, **settings), project_root="/project")


def number_of(value: Any) -> Number:
    return Number(value=value).with_id("Count")


def imported_from(node: Number) -> None:
    compiled(node, Importer(source_uri=node.outputs["number"].future()[0].value, artifact_type=Model))


PLACES: dict[str, tuple[Callable[[], Any], str]] = {
    "own output in a parameter": (
        lambda: compiled(number_of(ph.output("number").uri)),
        "Count: output\\('number'\\) cannot stand in a parameter.*future",
    ),
    "own parameter in a parameter": (
        lambda: compiled(number_of(ph.exec_property("seconds"))),
        "Count: exec_property\\('seconds'\\) cannot stand in a parameter",
    ),
    "unknown input in a parameter": (
        lambda: compiled(number_of(ph.input("befor").custom_property("n"))),
        "Count: there is no input 'befor'.*known: after",
    ),
    "artifact as a parameter": (
        lambda: compiled(number_of(ph.input("after"))),
        "Count: input\\('after'\\) in a parameter stands for artifacts Integer",
    ),
    "text for a number": (
        lambda: compiled(number_of(ph.input("after").uri)),
        "Count: parameter 'value' takes values of another type.*expected: int.*got: str",
    ),
    "property of an own input": (
        lambda: compiled(number_of(ph.input("after").property("span"))),
        "Count: artifact type Integer has no property 'span'",
    ),
    "own input in a predicate": (
        lambda: Cond(ph.input("x").value == 1),
        "input\\('x'\\) cannot stand in a predicate.*outputs\\['…'\\]",
    ),
    "run id in a predicate": (
        lambda: Cond(ph.execution_invocation().pipeline_run_id == "r"),
        "cannot stand in a predicate",
    ),
    "value as a predicate": (
        lambda: Cond(NUMBER.value),  # type: ignore[arg-type]  # the mistake
        "Cond needs a predicate.*compare it with something",
    ),
    "loop over a placeholder": (
        lambda: ForEach(ph.exec_property("items")),  # type: ignore[arg-type]  # the mistake
        "ForEach needs something to go over",
    ),
    "list as a Beam argument": (
        lambda: compiled(Number().with_beam_pipeline_args([ph.make_list(["a"])])),
        "Number: the Beam argument \\['a'\\] is no text",
    ),
    "unknown input in a Beam argument": (
        lambda: compiled(Number(), beam_pipeline_args=[ph.input("aftr").uri]),
        "Number: there is no input 'aftr'.*did you mean 'after'",
    ),
    "output in a Beam argument": (
        lambda: compiled(Number().with_beam_pipeline_args(["--t=" + ph.output("number").uri])),
        "Number: output\\('number'\\) cannot stand in a Beam argument",
    ),
    "number as the URI of an Importer": (
        lambda: imported_from(Number()),
        "Importer: parameter 'source_uri' takes values of another type.*expected: str.*got: int",
    ),
    "placeholder of the history": (
        lambda: compiled(number_of(Channel(type=Integer).future()[0].value)),
        "Count: a placeholder reads something else than an output of one node.*Resolver",
    ),
    "placeholder for a channel": (
        lambda: Add(numbers=NUMBER),
        "Add: input 'numbers' is not a channel",
    ),
    "placeholder in a pipeline's root": (
        lambda: Pipeline("p", pipeline_root=ph.environment_variable("ROOT"), components=[Number()]),  # type: ignore[arg-type]  # the mistake
        "pipeline_root cannot be a placeholder",
    ),
    "runtime parameter of two kinds": (
        lambda: compiled(
            number_of(RuntimeParameter("n", int, 1)), Number(value=RuntimeParameter("n", int, 2)).with_id("B")
        ),
        "runtime parameter 'n' is declared twice",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_it_cannot_stand_there(name: str) -> None:
    misuse, message = PLACES[name]
    with pytest.raises((ParameterError, PipelineError), match=message):
        misuse()
