# SPDX-License-Identifier: Apache-2.0
"""What placeholders stand for: each is built as a user writes it, compiled, and evaluated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import any_pb2, api_pb2, source_context_pb2, struct_pb2, wrappers_pb2
from light.component import Number

from penstock.artifacts.artifact import Artifact
from penstock.artifacts.standard import Examples, Model
from penstock.dsl.placeholder import placeholder as ph
from penstock.graph.compiler import compile_pipeline
from penstock.graph.container import own_expression
from penstock.graph.pipeline import Pipeline
from penstock.graph.placeholder import known_later
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.scopes import Cond
from penstock.ir.document import from_json, to_json
from penstock.ir.expression import spelled
from penstock.ir.model import PipelineIR
from penstock.messages.example_gen import Input
from penstock.messages.trainer import TrainArgs
from penstock.runtime.evaluation import Facts, evaluate


def value(placeholder: Any, **known: Any) -> Any:
    return evaluate(own_expression(placeholder), Facts(**known))


def model(uri: str = "/m", **custom: Any) -> dict[str, list[Artifact]]:
    return {"model": [Model(uri, custom_properties=custom)]}


# -------------------------------------------------------------------------------------------------------- beginnings


def test_artifacts_of_the_node_itself() -> None:
    known = {
        "inputs": {"model": [Model("/a"), Model("/b")]},
        "outputs": {"examples": [Examples("/o")]},
    }
    assert value(ph.input("model").uri, **known) == "/a"
    assert value(ph.input("model")[1].uri, **known) == "/b"
    assert value(ph.output("examples").uri + "/x", **known) == "/o/x"
    assert value(ph.output("examples")[0].split_uri("train"), **known) == "/o/Split-train"


def test_properties() -> None:
    known = {"inputs": model(blessed=1)}
    assert value(ph.input("model").custom_property("blessed"), **known) == 1
    assert value(ph.input("model").custom_property("blessed") == 1, **known) is True


def test_parameters_and_fields_of_messages() -> None:
    known = {"exec_properties": {"n": 3, "args": TrainArgs(splits=["a", "b"], num_steps=5)}}
    assert value(ph.exec_property("n"), **known) == 3
    assert value(ph.exec_property("args").num_steps, **known) == 5
    assert value(ph.exec_property("args").splits[1], **known) == "b"
    assert json.loads(
        value(ph.exec_property("args").serialize(ph.ProtoSerializationFormat.JSON), **known)
    ) == {
        "splits": ["a", "b"],
        "num_steps": 5,
    }


def test_what_is_known_of_the_execution() -> None:
    run = {"run_id": "r", "execution_id": 7, "pipeline_name": "p", "node_id": "n", "temp_dir": "/t"}
    invocation = ph.execution_invocation()
    assert value("run-" + invocation.pipeline_run_id, run=run) == "run-r"
    assert value(invocation.execution_id, run=run) == 7
    assert value(invocation.pipeline_info.id, run=run) == "p"
    assert value(invocation.pipeline_node.node_info.id, run=run) == "n"
    assert value(ph.dirname(invocation.tmp_dir + "/x"), run=run) == "/t"


def test_all_of_it_as_json() -> None:
    run = dict.fromkeys(("run_id", "pipeline_name", "node_id", "temp_dir", "frontend_url"), "x")
    known = {
        "run": {**run, "execution_id": 7},
        "inputs": model(),
        "outputs": {},
        "exec_properties": {"n": 1},
    }
    told = json.loads(value(ph.execution_invocation().serialize(ph.ProtoSerializationFormat.JSON), **known))
    assert (told["execution_id"], told["execution_properties"]) == (7, {"n": 1})
    assert told["input_dict"]["model"][0]["uri"] == "/m"
    assert told["pipeline_node"] == {"node_info": {"id": "x"}}


def test_environment_variables() -> None:
    assert value("home=" + ph.environment_variable("HOME"), environment={"HOME": "/h"}) == "home=/h"
    assert value("home=" + ph.environment_variable("HOME"), environment={}) is None


# ------------------------------------------------------------------------------------------------------- operations


def test_texts() -> None:
    known = {"exec_properties": {"n": 3}}
    assert value("n=" + ph.exec_property("n") + ";", **known) == "n=3;"
    assert value(ph.join(["a", ph.exec_property("n"), "b"], "-"), **known) == "a-3-b"
    assert ph.join(["a", "b"], ",") == "a,b"
    assert ph.join([]) == ""
    assert value(ph.join(ph.make_list(["a", ph.exec_property("n")]), ","), **known) == "a,3"
    assert value(ph.join_path("/root", ph.exec_property("n"), "x"), **known) == "/root/3/x"
    assert value(ph.exec_property("t").b64encode(), exec_properties={"t": "?>"}) == "Pz4="
    assert (
        value(ph.exec_property("t").b64encode(url_safe=False), exec_properties={"t": b"\xfb\xff"}) == "+/8="
    )
    assert ph.dirname("/a/b") == "/a"


def test_lists_and_mappings() -> None:
    known = {"exec_properties": {"n": 3}, "inputs": {"base": []}}
    items = ph.make_list(["a", ph.exec_property("n")]) + ph.make_list([True])
    assert value(items, **known) == ["a", 3, True]
    assert value(items[1], **known) == 3
    assert value(items.serialize_list(ph.ListSerializationFormat.JSON), **known) == '["a", 3, true]'
    assert (
        value(items.serialize_list(ph.ListSerializationFormat.COMMA_SEPARATED_STR), **known) == '"a",3,True'
    )
    entries = ph.make_dict({"n": ph.exec_property("n"), "base": ph.input("base").uri, "nothing": None})
    assert value(entries, **known) == {"n": 3}
    pairs = ph.make_dict([("k" + ph.exec_property("n"), {"inner": [1]})])
    assert value(pairs, **known) == {"k3": {"inner": [1]}}


def test_predicates() -> None:
    n = ph.exec_property("n")
    known = {"exec_properties": {"n": 3}}
    assert value(n != 3, **known) is False
    assert value(n >= 3, **known) is True
    assert value(n <= 2, **known) is False
    assert value(4 > n, **known) is True
    assert value(ph.logical_and(n > 1, n < 4), **known) is True
    assert value(ph.logical_or(n > 5, ph.logical_not(n == 3), n == 3), **known) is True
    assert value(n == None, exec_properties={}) is True  # noqa: E711  a predicate, not a test


def test_placeholders_show_what_they_are() -> None:
    shown = ph.logical_and(ph.exec_property("a").b > 1, ph.input("m")[0].uri == "/x")
    assert repr(shown) == "exec_property('a').b > 1 and input('m')[0].uri == '/x'"
    assert repr("a" + ph.output("o").uri) == "'a' + output('o')[0].uri"
    assert repr(ph.make_dict({"a": [ph.exec_property("b")]})) == "{'a': [exec_property('b')]}"


# --------------------------------------------------------------------------------------------------------- messages


def test_a_message_of_ours() -> None:
    made = ph.make_proto(
        TrainArgs(splits=["a"]), num_steps=ph.exec_property("n"), splits=["b", ph.exec_property("s")]
    )
    assert value(made, exec_properties={"n": 3, "s": "c"}) == TrainArgs(splits=["a", "b", "c"], num_steps=3)
    assert value(made, exec_properties={"n": 3}) == TrainArgs(splits=["a", "b"], num_steps=3)


def test_messages_in_messages() -> None:
    made = ph.make_proto(
        Input(), splits=[ph.make_proto(Input.Split(name="x"), pattern=ph.exec_property("p")), {"name": "y"}]
    )
    assert value(made, exec_properties={"p": "*"}) == Input(
        splits=[Input.Split(name="x", pattern="*"), Input.Split(name="y")]
    )


def test_a_protobuf_of_the_users() -> None:
    made = ph.make_proto(
        api_pb2.Api(name="base", version="1"),
        name=ph.exec_property("name"),
        version=None,
        syntax="SYNTAX_PROTO3",
        source_context=source_context_pb2.SourceContext(file_name="f"),
        methods=[
            ph.make_proto(api_pb2.Method(), name="m" + ph.exec_property("name")),
            api_pb2.Method(name="n"),
        ],
        options=[
            {"name": "o", "value": ph.make_proto(wrappers_pb2.StringValue(), value=ph.exec_property("name"))}
        ],
    )
    any_value = any_pb2.Any()
    any_value.Pack(wrappers_pb2.StringValue(value="x"))
    expected = api_pb2.Api(
        name="x",
        version="1",
        syntax="SYNTAX_PROTO3",
        source_context=source_context_pb2.SourceContext(file_name="f"),
        methods=[api_pb2.Method(name="mx"), api_pb2.Method(name="n")],
        options=[{"name": "o", "value": any_value}],
    )
    known = {"exec_properties": {"name": "x"}}
    assert value(made, **known) == expected
    binary = made.serialize(ph.ProtoSerializationFormat.BINARY)
    assert value(binary, **known) == expected.SerializeToString(deterministic=True)
    assert value(binary.b64encode(), **known).startswith("CgF4")
    assert 'name: "x"' in value(made.serialize(ph.ProtoSerializationFormat.TEXT_FORMAT), **known)


def test_maps_of_a_protobuf() -> None:
    fields = {"a": ph.make_proto(struct_pb2.Value(), number_value=ph.exec_property("n")), "b": None}
    made = ph.make_proto(struct_pb2.Struct(fields={"z": struct_pb2.Value(bool_value=True)}), fields=fields)
    assert value(made, exec_properties={"n": 2.5}) == struct_pb2.Struct(
        fields={"z": struct_pb2.Value(bool_value=True), "a": struct_pb2.Value(number_value=2.5)}
    )
    by_key = ph.make_proto(
        struct_pb2.Struct(), fields=[("k" + ph.exec_property("n"), struct_pb2.Value(string_value="s"))]
    )
    assert dict(value(by_key, exec_properties={"n": 1}).fields) == {"k1": struct_pb2.Value(string_value="s")}


# --------------------------------------------------------------------------------------- in parameters and elsewhere


def compiled(*nodes: Any, **settings: Any) -> PipelineIR:
    ir = compile_pipeline(Pipeline("p", components=nodes, **settings), project_root="/project")
    assert from_json(to_json(ir)) == ir
    return ir


def test_a_parameter_reads_another_node_and_waits_for_it() -> None:
    first = Number().with_id("first")
    second = Number(value=first.outputs["number"].future()[0].custom_property("seen")).with_id("second")
    ir = compiled(second, first)
    node = ir.node("second")
    assert node.upstream == ("first",)
    assert node.parameters["value"].expression is not None
    assert spelled(node.parameters["value"].expression) == "first.number[0].custom_property('seen')"


def test_beam_arguments_of_pipeline_and_node() -> None:
    node = Number().with_beam_pipeline_args(["--labels=" + ph.execution_invocation().pipeline_run_id])
    ir = compiled(node, beam_pipeline_args=["--project=" + ph.environment_variable("PROJECT"), "--x"])
    args = ir.nodes[0].beam_pipeline_args
    assert [arg.constant for arg in args] == [None, "--x", None]
    assert [spelled(arg.expression) for arg in args if arg.expression] == [
        "'--project=' + environment('PROJECT')",
        "'--labels=' + run('run_id')",
    ]


def test_a_predicate_may_compare_with_a_runtime_parameter() -> None:
    first = Number().with_id("first")
    limit = RuntimeParameter("limit", float, 0.5)
    with Cond(first.outputs["number"].future()[0].custom_property("seen") > limit):
        second = Number().with_id("second")
    ir = compiled(first, second)
    assert list(ir.runtime_parameters) == ["limit"]
    predicate = ir.scopes[0].predicate
    assert predicate is not None
    assert spelled(predicate) == "first.number[0].custom_property('seen') > runtime_parameter('limit')"


def test_runtime_information_is_known_to_the_compiler() -> None:
    node = Number(value=ph.runtime_info("platform_config")["value"]).with_platform_config({"value": 3})
    expression = compiled(node).nodes[0].parameters["value"].expression
    assert expression is not None
    assert evaluate(expression, Facts()) == 3


def test_a_runtime_parameter_may_stand_inside_a_value() -> None:
    assert known_later({"a": [RuntimeParameter("x", int, 1)]})
    assert not known_later({"a": [1]})


@pytest.mark.parametrize("name", ["__array__", "_private"])
def test_names_with_an_underscore_are_no_fields(name: str) -> None:
    with pytest.raises(AttributeError):
        ph.exec_property("x").__getattr__(name)
