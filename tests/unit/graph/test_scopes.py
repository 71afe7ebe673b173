# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from light.component import Add, Number

from penstock.errors import PipelineError
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.placeholder import Predicate
from penstock.graph.scopes import Cond, ForEach
from penstock.ir.document import from_json, to_json
from penstock.ir.expression import spelled
from penstock.ir.model import ChannelIR, PipelineIR


def compiled(*nodes: BaseNode) -> PipelineIR:
    ir = compile_pipeline(Pipeline("outer", components=nodes), project_root="/project")
    assert from_json(to_json(ir)) == ir
    return ir


def above(node: BaseNode, limit: int) -> Predicate:
    return node.outputs["number"].future()[0].custom_property("seen") > limit


def test_a_node_waits_for_what_its_condition_reads() -> None:
    first = Number().with_id("first")
    with Cond(above(first, 3)):
        second = Number().with_id("second")
    ir = compiled(second, first)
    assert [node.id for node in ir.nodes] == ["first", "second"]
    assert ir.node("second").upstream == ("first",)
    (scope,) = ir.scopes
    assert (scope.kind, scope.parent, scope.upstream) == ("condition", None, ("first",))
    assert scope.predicate is not None
    assert spelled(scope.predicate) == "first.number[0].custom_property('seen') > 3"


def test_conditions_nest_and_end_with_their_blocks() -> None:
    first = Number().with_id("first")
    with Cond(above(first, 1)):
        second = Number().with_id("second")
        with Cond(above(second, 2)):
            third = Number().with_id("third")
        fourth = Number().with_id("fourth")
    fifth = Number().with_id("fifth")
    ir = compiled(first, second, third, fourth, fifth)
    assert {node.id: node.scope for node in ir.nodes} == {
        "first": None,
        "second": "Cond_1",
        "third": "Cond_2",
        "fourth": "Cond_1",
        "fifth": None,
    }
    assert [(scope.id, scope.parent) for scope in ir.scopes] == [("Cond_1", None), ("Cond_2", "Cond_1")]
    assert ir.node("third").upstream == ("first", "second")
    assert [scope.id for scope in ir.scopes_around(ir.node("third"))] == ["Cond_1", "Cond_2"]


def test_a_block_that_fails_closes_its_scope() -> None:
    first = Number().with_id("first")
    with pytest.raises(ZeroDivisionError), Cond(above(first, 1)):
        raise ZeroDivisionError
    assert Number().scope is None


def test_the_variable_of_a_loop_is_its_item() -> None:
    source = Number().with_id("source")
    with ForEach(source.outputs["number"]) as each:
        total = Add([each]).with_id("total")
    gathered = Add(total.outputs["total"]).with_id("gathered")
    ir = compiled(source, total, gathered)
    (loop,) = ir.scopes
    assert loop.over == (ChannelIR("Integer", producer="source", output="number"),)
    assert not loop.groups
    assert ir.node("total").inputs["numbers"].channels == (ChannelIR("Integer", loop=loop.id),)
    assert ir.node("total").upstream == ("source",)
    assert ir.loops_around(ir.node("total")) == (loop,)
    assert ir.loops_around(ir.node("gathered")) == ()


def test_a_loop_over_groups_gives_a_channel_for_each_key() -> None:
    source = Number().with_id("source")

    class Pairs:
        def loop_channels(self) -> dict[str, object]:
            return {"left": source.outputs["number"], "right": source.outputs["number"]}

    with ForEach(Pairs()) as pair:
        total = Add([pair["left"], pair["right"]]).with_id("total")
    ir = compiled(source, total)
    assert ir.scopes[0].groups
    assert [c.output for c in ir.node("total").inputs["numbers"].channels] == ["left", "right"]


def test_the_variable_of_a_loop_is_refused_outside() -> None:
    source = Number().with_id("source")
    with ForEach(source.outputs["number"]) as each:
        inside = Add([each]).with_id("inside")
    outside = Add([each]).with_id("outside")
    with pytest.raises(
        PipelineError, match=r"outside: the variable of a ForEach is used outside of its block"
    ):
        compiled(source, inside, outside)


def test_all_items_are_refused_where_one_artifact_is_wanted() -> None:
    source = Number().with_id("source")
    with ForEach(source.outputs["number"]) as each:
        inside = Add([each]).with_id("inside")
    taker = Number(after=inside.outputs["total"]).with_id("taker")
    with pytest.raises(
        PipelineError, match="taker: input 'after' takes one artifact, and inside makes one for each"
    ):
        compiled(source, inside, taker)


def test_a_condition_on_its_own_node_is_a_cycle() -> None:
    first = Number().with_id("first")
    with Cond(above(first, 1)):
        second = Number(after=first.outputs["number"]).with_id("second")
    first.add_upstream_node(second)
    with pytest.raises(PipelineError, match=r"cycle: (first -> second -> first|second -> first -> second)"):
        compiled(first, second)


@pytest.mark.parametrize("wrong", [True, None, "x > 3", 3])
def test_a_condition_needs_a_predicate(wrong: object) -> None:
    with pytest.raises(PipelineError, match="Cond needs a predicate"):
        Cond(wrong)  # type: ignore[arg-type]


def test_a_placeholder_is_no_predicate_yet() -> None:
    number = Number()
    with pytest.raises(PipelineError, match=r"compare it with something"):
        Cond(number.outputs["number"].future()[0].custom_property("seen"))  # type: ignore[arg-type]


def test_python_cannot_ask_a_predicate() -> None:
    number = Number()
    with pytest.raises(PipelineError, match="no truth value while the pipeline is built"):
        bool(above(number, 1))


@pytest.mark.parametrize("wrong", [[1, 2], None, "examples", 3])
def test_a_loop_needs_a_channel(wrong: object) -> None:
    with pytest.raises(PipelineError, match="ForEach needs something to go over"):
        ForEach(wrong)  # type: ignore[arg-type]


def test_what_is_nearly_a_loop_is_refused_with_what_to_write() -> None:
    number = Number()
    with pytest.raises(PipelineError, match="something to go over.*got: all outputs of a node"):
        ForEach(number.outputs)  # type: ignore[arg-type]
    with pytest.raises(PipelineError, match=r"something to go over.*union\("):
        ForEach([number.outputs["number"]])  # type: ignore[arg-type]
    with pytest.raises(PipelineError, match=r"with ForEach\(…\) as item"):
        list(ForEach(number.outputs["number"]))


def test_a_scope_is_opened_once() -> None:
    condition = Cond(above(Number(), 1))
    with condition:
        pass
    with pytest.raises(PipelineError, match="a Cond is used twice"), condition:
        pass


def test_a_sub_pipeline_in_a_loop_is_flattened() -> None:
    source = Number().with_id("source")
    with ForEach(source.outputs["number"]) as each:
        inputs = PipelineInputs({"x": each})
        inner_total = Add([inputs["x"]]).with_id("total")
        inner = Pipeline(
            "inner", components=[inner_total], inputs=inputs, outputs={"y": inner_total.outputs["total"]}
        )
    gathered = Add(inner.outputs["y"]).with_id("gathered")
    ir = compiled(source, inner, gathered)
    assert [node.id for node in ir.nodes] == ["source", "inner.total", "gathered"]
    node = ir.node("inner.total")
    assert [scope.id for scope in ir.scopes_around(node)] == ["ForEach_1", "inner"]
    assert node.inputs["numbers"].channels == (ChannelIR("Integer", loop="ForEach_1"),)
    sub = ir.scope("inner")
    assert sub.inputs == {"x": (ChannelIR("Integer", loop="ForEach_1"),)}
    assert sub.outputs == {"y": (ChannelIR("Integer", producer="inner.total", output="total"),)}
    assert ir.node("gathered").upstream == ("inner.total",)
