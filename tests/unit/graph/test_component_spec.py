# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.artifacts.standard import Examples, Model, Schema
from penstock.errors import PipelineError
from penstock.graph.channel import Channel, as_channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.component import BaseComponent
from penstock.graph.component_spec import ChannelParameter, ComponentSpec
from penstock.graph.execution_parameter import ExecutionParameter
from penstock.graph.executor_spec import BeamExecutorSpec, ExecutorClassSpec
from penstock.graph.pipeline import Pipeline
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.messages.trainer import TrainArgs


class Executor:
    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None: ...


class Native:
    def execute(self, work: Any) -> None: ...


class CopySpec(ComponentSpec):
    PARAMETERS = {
        "name": ExecutionParameter(type=str),
        "ratio": ExecutionParameter(type=float, optional=True),
        "args": ExecutionParameter(type=TrainArgs, optional=True),
        "whole": ExecutionParameter(type=TrainArgs, optional=True, use_proto=True),
        "table": ExecutionParameter(type=dict[str, int], optional=True),
        "any": ExecutionParameter(type=Any, optional=True),
    }
    INPUTS = {
        "source": ChannelParameter(type=Examples, optional=True, allow_empty=False),
        "schema": ChannelParameter(type=Schema, optional=True),
    }
    OUTPUTS = {
        "copy": ChannelParameter(type=Examples),
        "model": ChannelParameter(type=Model, optional=True),
    }
    TYPE_ANNOTATION = "Train"


class Copy(BaseComponent):
    SPEC_CLASS = CopySpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(self, name: Any = "x", custom_executor_spec: Any = None, **named: Any) -> None:
        super().__init__(CopySpec(name=name, copy=Channel(type=Examples), **named), custom_executor_spec)


def test_messages_become_json_as_do_gets_them() -> None:
    for given in (TrainArgs(num_steps=7), {"num_steps": 7}, '{"num_steps": 7}'):
        component = Copy(args=given, whole=given)
        assert json.loads(component.exec_properties["args"]) == {"num_steps": 7}
        assert component.exec_properties["whole"] == TrainArgs(num_steps=7)
    assert Copy(ratio=1).exec_properties["ratio"] == 1.0
    assert Copy(table={"a": 1}).exec_properties == {"name": "x", "table": {"a": 1}}


def test_protobufs_of_the_users_are_taken() -> None:
    duration_pb2 = pytest.importorskip("google.protobuf.duration_pb2")
    parameter = ExecutionParameter(type=duration_pb2.Duration)
    assert json.loads(parameter.accept("d", duration_pb2.Duration(seconds=3), "C")) == "3s"
    struct_pb2 = pytest.importorskip("google.protobuf.api_pb2")
    kept = ExecutionParameter(type=struct_pb2.Mixin, use_proto=True).accept("m", {"name": "n"}, "C")
    assert kept == struct_pb2.Mixin(name="n")
    assert ExecutionParameter(type=struct_pb2.Mixin).accept("m", kept, "C") == '{\n  "name": "n"\n}'


def test_the_spec_of_a_component_has_its_channels() -> None:
    source = Copy().with_id("Source")
    component = Copy(source=source.outputs["copy"])
    assert component.spec.outputs["copy"] is component.outputs["copy"]
    assert component.spec.inputs["source"] is source.outputs["copy"]
    assert component.outputs["copy"].producer is component
    assert list(component.outputs) == ["copy"]
    assert component.upstream_nodes == (source,)
    assert component.id == "Copy"
    assert component.type_name() == f"{__name__}.Copy"
    assert repr(component.spec).startswith("CopySpec(name='x', source=Channel(Examples from Source.copy)")


def test_an_input_can_be_asked_what_its_channel_can() -> None:
    source = Copy().with_id("Source").outputs["copy"]
    single: Any = Copy(source=source).inputs["source"]
    assert single == (source,)
    assert single.type is Examples
    assert single.producer_component_id == "Source"
    joined: Any = Copy(source=[source, Copy().with_id("Other").outputs["copy"]]).inputs["source"]
    assert joined.type_name == "Examples"
    with pytest.raises(AttributeError, match="an input of 2 channels has no attribute 'producer'"):
        _ = joined.producer


def test_it_compiles_as_every_other_component() -> None:
    first = Copy(RuntimeParameter("name", str, default="y"), model=Channel(type=Model)).with_id("First")
    second = Copy(source=[first.outputs["copy"]], args={"num_steps": 3})
    ir = compile_pipeline(Pipeline("p", components=[first, second]), project_root="/p")
    compiled = ir.node("Copy")
    assert compiled.component == f"{__name__}:Copy"
    assert compiled.base_type == "Train"
    assert compiled.declaration is None
    assert (compiled.inputs["source"].optional, compiled.inputs["source"].multiple) == (False, True)
    assert json.loads(compiled.parameters["args"].constant) == {"num_steps": 3}
    assert ir.node("First").parameters["name"].runtime_parameter == "name"
    assert sorted(ir.node("First").outputs) == ["copy", "model"]


def test_a_custom_executor_stands_in_the_ir() -> None:
    custom = BeamExecutorSpec(Executor)
    custom.add_beam_pipeline_args(["--a=b"])
    component = Copy(custom_executor_spec=custom)
    ir = compile_pipeline(Pipeline("p", components=[component]), project_root="/p")
    node = ir.node("Copy")
    assert node.declaration == {"kind": "beam", "executor": f"{__name__}:Executor", "extra_flags": []}
    assert [arg.constant for arg in node.beam_pipeline_args] == ["--a=b"]
    made = Copy.declared(node.declaration)
    assert issubclass(made, Copy)
    assert made.EXECUTOR_SPEC.executor_class is Executor
    assert made.type_name() == Copy.type_name()
    assert made.REQUIRES == ("apache_beam",)


def test_an_executor_of_penstocks_own_kind_may_be_named_too() -> None:
    assert (
        Copy.declared(ExecutorClassSpec(Native).to_document(CopySpec.signature())).EXECUTOR
        == f"{__name__}:Native"
    )
    with pytest.raises(PipelineError, match="declared by its class"):
        Copy.declared({"image": "python"})
    with pytest.raises(PipelineError, match="this says of no executor"):
        Copy.declared({"kind": "container", "executor": "x"})


def test_specs_say_what_may_be_left_out() -> None:
    assert CopySpec.is_optional_input("source")
    assert not CopySpec.is_allow_empty_input("source")
    assert CopySpec.is_allow_empty_input("schema")
    assert CopySpec.is_optional_output("model")
    assert not CopySpec.is_optional_exec_property("name")
    with pytest.raises(
        PipelineError, match="CopySpec.INPUTS has no 'sorce'; what to do: did you mean 'source'"
    ):
        CopySpec.is_optional_input("sorce")


def test_parameters_compare_by_what_they_say() -> None:
    assert ExecutionParameter(type=str) == ExecutionParameter(type=str)
    assert ExecutionParameter(type=str) != ExecutionParameter(type=str, optional=True)
    assert ChannelParameter(type=Model) == ChannelParameter(type=Model)
    assert ChannelParameter(type=Model) != ChannelParameter(type=Examples)


def test_a_channel_of_artifacts() -> None:
    artifact = Examples("/e")
    channel = as_channel([artifact])
    assert channel.type is Examples
    assert list(channel.get()) == [artifact]
    assert Copy(source=Copy().with_id("Other").outputs["copy"]).outputs["copy"].type is Examples
