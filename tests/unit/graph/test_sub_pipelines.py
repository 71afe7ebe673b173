# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from light.component import Add, Number

from penstock.errors import PipelineError
from penstock.graph.channel import UnionChannel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import ExecutionMode, Pipeline, PipelineInputs
from penstock.graph.scopes import Cond
from penstock.ir.model import PipelineIR, ValueIR
from penstock.metadata.config import sqlite_metadata_connection_config


def compiled(*nodes: BaseNode, **settings: object) -> PipelineIR:
    return compile_pipeline(Pipeline("outer", components=nodes, **settings), project_root="/project")  # type: ignore[arg-type]


def adder(name: str, source: BaseNode, **settings: object) -> Pipeline:
    inputs = PipelineInputs({"x": source.outputs["number"]})
    total = Add([inputs["x"]]).with_id("total")
    return Pipeline(
        name,
        components=[total],
        inputs=inputs,
        outputs={"sum": total.outputs["total"]},
        **settings,  # type: ignore[arg-type]
    )


def test_pipelines_nest_to_any_depth() -> None:
    source = Number().with_id("source")
    outer_inputs = PipelineInputs({"n": source.outputs["number"]})
    middle_inputs = PipelineInputs({"n": outer_inputs["n"]})
    leaf = Add([middle_inputs["n"]]).with_id("leaf")
    deepest = Pipeline("c", components=[leaf], inputs=middle_inputs, outputs={"o": leaf.outputs["total"]})
    middle = Pipeline("b", components=[deepest], inputs=outer_inputs, outputs={"o": deepest.outputs["o"]})
    last = Add(middle.outputs["o"]).with_id("last")
    ir = compiled(source, middle, last)
    assert [node.id for node in ir.nodes] == ["source", "b.c.leaf", "last"]
    assert ir.node("b.c.leaf").upstream == ("source",)
    assert ir.node("last").inputs["numbers"].channels[0].producer == "b.c.leaf"
    assert [(scope.id, scope.parent, scope.name) for scope in ir.scopes] == [
        ("b", None, "b"),
        ("b.c", "b", "c"),
    ]


def test_one_function_makes_two_sub_pipelines() -> None:
    source = Number().with_id("source")
    ir = compiled(source, adder("one", source), adder("two", source))
    assert [node.id for node in ir.nodes] == ["source", "one.total", "two.total"]


def test_order_by_hand_reaches_into_a_sub_pipeline() -> None:
    source, first = Number().with_id("source"), Number().with_id("first")
    inner = adder("inner", source)
    inner.add_upstream_node(first)
    last = Number().with_id("last")
    last.add_upstream_node(inner)
    ir = compiled(source, first, inner, last)
    assert ir.node("inner.total").upstream == ("first", "source")
    assert ir.node("last").upstream == ("inner.total",)


def test_settings_of_the_pipelines_around_a_node_count() -> None:
    source = Number().with_id("source")
    inner = adder("inner", source, enable_cache=True, beam_pipeline_args=["--inner"])
    ir = compiled(source, inner, beam_pipeline_args=["--outer"])
    node = ir.node("inner.total")
    assert node.enable_cache
    assert not ir.node("source").enable_cache
    assert node.beam_pipeline_args == (ValueIR(constant="--outer"), ValueIR(constant="--inner"))


def test_a_sub_pipeline_in_a_condition_is_all_in_it() -> None:
    source = Number().with_id("source")
    with Cond(source.outputs["number"].future()[0].custom_property("seen") == 1):
        inner = adder("inner", source)
    ir = compiled(source, inner)
    assert [scope.id for scope in ir.scopes_around(ir.node("inner.total"))] == ["Cond_1", "inner"]


def test_channels_of_the_pipeline_around_go_through_inputs() -> None:
    source = Number().with_id("source")
    total = Add([source.outputs["number"]]).with_id("total")
    with pytest.raises(
        PipelineError, match=r"comes from source, which is not in pipeline inner.*PipelineInputs"
    ):
        Pipeline("inner", components=[total])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (
            {"metadata_connection_config": sqlite_metadata_connection_config("x.db")},
            "metadata_connection_config",
        ),
        ({"pipeline_root": "/elsewhere"}, "pipeline_root"),
        ({"examples_format": "tfrecord"}, "examples_format"),
    ],
)
def test_what_only_a_whole_pipeline_has_is_refused(settings: dict[str, object], named: str) -> None:
    source = Number().with_id("source")
    with pytest.raises(PipelineError, match=f"sub-pipeline inner has its own {named}"):
        compiled(source, adder("inner", source, **settings))


def test_an_unknown_input_names_the_closest() -> None:
    inputs = PipelineInputs({"examples": Number().outputs["number"]})
    with pytest.raises(PipelineError, match="no input 'exampels'.*did you mean 'examples'"):
        inputs["exampels"]


@pytest.mark.parametrize("wrong", [{"x": 3}, {"x": Number()}])
def test_inputs_are_channels(wrong: dict[str, object]) -> None:
    with pytest.raises(PipelineError, match="PipelineInputs: 'x' is not a channel"):
        PipelineInputs(wrong)  # type: ignore[arg-type]


def test_inputs_are_wrapped() -> None:
    with pytest.raises(PipelineError, match="inputs of pipeline inner are not PipelineInputs"):
        Pipeline("inner", components=[Number()], inputs={"x": Number().outputs["number"]})  # type: ignore[arg-type]


def test_outputs_come_from_the_pipeline_itself() -> None:
    stranger = Number().with_id("stranger")
    with pytest.raises(PipelineError, match="output 'y' of pipeline inner comes from none of its nodes"):
        Pipeline("inner", components=[Number()], outputs={"y": stranger.outputs["number"]})


def test_outputs_are_channels() -> None:
    with pytest.raises(PipelineError, match="output 'y' of pipeline inner is not a channel"):
        Pipeline("inner", components=[Number()], outputs={"y": 3})  # type: ignore[dict-item]


def test_asynchronous_pipelines_are_refused() -> None:
    with pytest.raises(PipelineError, match=r"execution_mode is not to be had.*SYNC"):
        Pipeline("p", components=[Number()], execution_mode=ExecutionMode.ASYNC)


def test_a_class_in_the_place_of_a_node_is_explained() -> None:
    with pytest.raises(PipelineError, match=r"made by calling it: Number\(…\)"):
        Pipeline("p", components=[Number])  # type: ignore[list-item]


def test_components_are_a_list() -> None:
    with pytest.raises(PipelineError, match="components of pipeline p is not a list of nodes"):
        Pipeline("p", components=Number())  # type: ignore[arg-type]


def test_a_union_feeds_one_input_in_its_order() -> None:
    one, two = Number().with_id("one"), Number().with_id("two")
    total = Add(UnionChannel([two.outputs["number"], one.outputs["number"]])).with_id("total")
    ir = compiled(one, two, total)
    assert [c.producer for c in ir.node("total").inputs["numbers"].channels] == ["two", "one"]
    assert ir.node("total").upstream == ("one", "two")


def test_a_union_joins_one_type() -> None:
    with pytest.raises(PipelineError, match="a union needs channels"):
        UnionChannel([])


def test_an_exit_handler_stands_last() -> None:
    handler = Number().with_id("bye")
    ir = compiled(Number().with_id("a"), exit_handler=handler)
    assert [(node.id, node.trigger) for node in ir.nodes] == [("a", "all_succeeded"), ("bye", "at_exit")]


def test_an_exit_handler_depends_on_nothing() -> None:
    source = Number().with_id("source")
    with pytest.raises(PipelineError, match="bye: an exit handler depends on other nodes"):
        compiled(source, exit_handler=Number(after=source.outputs["number"]).with_id("bye"))


def test_an_exit_handler_is_no_node_of_the_pipeline() -> None:
    with pytest.raises(PipelineError, match=r"the exit handler 'bye' is one of the nodes.*leave it out"):
        compiled(Number().with_id("bye"), exit_handler=Number().with_id("bye"))


def test_inputs_that_a_pipeline_was_not_given_are_refused() -> None:
    source = Number().with_id("source")
    inputs = PipelineInputs({"x": source.outputs["number"]})
    total = Add([UnionChannel([source.outputs["number"], inputs["x"]])]).with_id("total")
    with pytest.raises(
        PipelineError, match="total: input 'numbers' comes from 'x' of PipelineInputs that .* outer"
    ):
        compiled(source, total)
    with pytest.raises(PipelineError, match="pipeline inner was not given"):
        Pipeline("inner", components=[Add([inputs["x"].as_optional()])])
    Pipeline("inner", components=[Add([inputs["x"].as_optional()])], inputs=inputs)


def test_inputs_need_names() -> None:
    with pytest.raises(PipelineError, match="PipelineInputs needs channels by name"):
        PipelineInputs([Number().outputs["number"]])  # type: ignore[arg-type]


def test_a_node_in_two_pipelines_is_refused() -> None:
    source = Number().with_id("source")
    with pytest.raises(PipelineError, match="source: .* of pipeline outer and of inner; .*PipelineInputs"):
        compiled(source, Pipeline("inner", components=[source]))
