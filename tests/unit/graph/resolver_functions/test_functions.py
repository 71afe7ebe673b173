# SPDX-License-Identifier: Apache-2.0
"""What a call of a resolver function gives, and what its node compiles to."""

from __future__ import annotations

from typing import Any

import pytest
from light.component import Add, Number

from penstock.artifacts.standard import Examples, ExampleStatistics, Integer, Model
from penstock.dsl.input_resolution.canned_resolver_functions import (
    latest_created,
    latest_pipeline_run_outputs,
    paired_spans,
    pick,
    rolling_range,
    sequential_rolling_range,
    shuffle,
    sliding_window,
    static_range,
)
from penstock.dsl.input_resolution.canned_resolver_functions import slice as slice_
from penstock.dsl.input_resolution.ops import ops
from penstock.dsl.input_resolution.resolver_function import resolver_function
from penstock.errors import PipelineError
from penstock.graph.channel_queries import artifact_query, external_pipeline_artifact_query, union
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline, PipelineInputs
from penstock.graph.resolver_functions.strategy import in_groups
from penstock.graph.scopes import ForEach
from penstock.ir.document import from_json, to_json
from penstock.ir.model import ChannelIR, NodeIR, PipelineIR

HISTORY = artifact_query(Integer, producer_component_id="source", output_key="number")


def compiled(*nodes: Any, **arguments: Any) -> PipelineIR:
    ir = compile_pipeline(Pipeline("p", "root", components=list(nodes), **arguments))
    assert from_json(to_json(ir)) == ir
    return ir


def expression_of(node: NodeIR) -> Any:
    return node.parameters["config"].constant["expression"]


def test_a_call_is_a_node_that_comes_along() -> None:
    ir = compiled(Add([latest_created(HISTORY, n=2)]))
    node = ir.node("latest_created_1")
    assert node.kind == "resolver"
    assert node.inputs["artifacts"].channels == (ChannelIR("Integer", node="source", output="number"),)
    assert expression_of(node) == {"op": "LatestCreateTime", "of": [{"source": "artifacts"}], "n": 2}
    assert ir.node("Add").inputs["numbers"].channels == (
        ChannelIR("Integer", producer="latest_created_1", output="artifacts"),
    )
    assert ir.node("Add").upstream == ("latest_created_1",)


def test_ids_are_numbered_and_may_be_given() -> None:
    chosen = [latest_created(HISTORY), latest_created(HISTORY), latest_created(HISTORY).with_id("newest")]
    ir = compiled(Number().with_id("latest_created_1"), Add(chosen))
    assert [node.id for node in ir.nodes if node.kind == "resolver"] == [
        "latest_created_2",
        "latest_created_3",
        "newest",
    ]


def test_the_same_pipeline_has_the_same_ids_each_time() -> None:
    def made() -> list[str]:
        return [node.id for node in compiled(Add([latest_created(HISTORY), shuffle(HISTORY)])).nodes]

    assert made() == made() == ["latest_created_1", "shuffle_1", "Add"]


def test_functions_take_what_others_give() -> None:
    ir = compiled(Add([pick(shuffle(HISTORY), -1)]))
    assert [node.id for node in ir.nodes] == ["shuffle_1", "pick_1", "Add"]
    assert expression_of(ir.node("pick_1")) == {
        "op": "Slice",
        "of": [{"source": "channel"}],
        "start": -1,
        "min_count": 1,
    }


def test_the_outputs_of_this_run_are_waited_for() -> None:
    source = Number().with_id("source")
    ir = compiled(source, Add([rolling_range(union([HISTORY, source.outputs["number"]]))]))
    node = ir.node("rolling_range_1")
    assert node.upstream == ("source",)
    assert node.inputs["artifacts"].channels == (
        ChannelIR("Integer", node="source", output="number"),
        ChannelIR("Integer", producer="source", output="number"),
    )


def test_the_history_of_another_pipeline_or_of_one_run() -> None:
    external = external_pipeline_artifact_query(
        Integer,
        owner="me",
        pipeline_name="taxi",
        producer_component_id="Trainer",
        output_key="number",
        pipeline_run_id="run-7",
    )
    node = compiled(Add([latest_created(external)])).node("latest_created_1")
    assert node.inputs["artifacts"].channels == (
        ChannelIR("Integer", output="number", pipeline="taxi", node="Trainer", run="run-7"),
    )


def test_the_number_of_spans_that_are_needed_follows_from_the_range() -> None:
    def needed(channel: Any) -> int:
        return int(expression_of(compiled(Add([channel])).node(f"{channel.producer.id}"))["n"])

    assert (
        needed(static_range(HISTORY, start_span_number=3, end_span_number=7, exclude_span_numbers=[5, 9]))
        == 4
    )
    assert needed(static_range(HISTORY, end_span_number=7)) == -1
    assert needed(static_range(HISTORY, start_span_number=1, end_span_number=2, min_spans=1)) == 1
    assert needed(rolling_range(HISTORY, num_spans=3)) == 3
    assert needed(rolling_range(HISTORY, num_spans=3, min_spans=-1)) == -1


def test_a_loop_over_windows_has_one_channel() -> None:
    with ForEach(sequential_rolling_range(HISTORY, num_spans=2)) as window:
        added = Add([shuffle(window)])
    ir = compiled(added)
    (loop,) = ir.scopes
    assert loop.groups
    assert loop.over == (ChannelIR("Integer", producer="sequential_rolling_range_1", output="window"),)
    assert ir.node("shuffle_1").scope == loop.id
    assert ir.node("shuffle_1").inputs["artifacts"].channels == (
        ChannelIR("Integer", output="window", loop=loop.id),
    )


def test_a_loop_over_pairs_has_a_channel_for_each_key() -> None:
    other = artifact_query(Integer, producer_component_id="other")
    with ForEach(paired_spans({"x": HISTORY, "y": other}).with_id("pairs")) as pair:
        added = Add([pair["x"], pair["y"]])
    ir = compiled(added)
    assert ir.scopes[0].over == (
        ChannelIR("Integer", producer="pairs", output="x"),
        ChannelIR("Integer", producer="pairs", output="y"),
    )
    assert expression_of(ir.node("pairs"))["of"] == [{"each": {"x": {"source": "x"}, "y": {"source": "y"}}}]


def test_a_function_in_a_sub_pipeline_stands_in_it() -> None:
    inner = Pipeline("inner", components=[Add([latest_created(HISTORY)])])
    assert [node.id for node in compiled(inner).nodes] == ["inner.latest_created_1", "inner.Add"]


def test_what_goes_into_a_sub_pipeline_stands_around_it() -> None:
    inputs = PipelineInputs({"numbers": latest_created(HISTORY)})
    inner = Pipeline("inner", components=[Add([inputs["numbers"]])], inputs=inputs)
    assert [node.id for node in compiled(inner).nodes] == ["latest_created_1", "inner.Add"]


def test_the_outputs_of_another_pipelines_latest_run() -> None:
    number = Number().with_id("source")
    nested = Pipeline("nested", components=[number], outputs={"n": number.outputs["number"]})
    producer = Pipeline("producer", components=[nested], outputs={"number": nested.outputs["n"]})
    found = latest_pipeline_run_outputs(producer, output_keys=["number"])
    node = compiled(Add([found["number"]])).node("latest_pipeline_run_outputs_1")
    assert expression_of(node) == {
        "op": "LatestPipelineRunOutputs",
        "of": [],
        "pipeline_name": "producer",
        "outputs": {"number": [["nested.source", "number"]]},
    }


def test_the_inputs_of_the_outermost_pipeline_come_from_resolver_functions() -> None:
    number = Number().with_id("source")
    producer = Pipeline("producer", components=[number], outputs={"number": number.outputs["number"]})
    inputs = PipelineInputs(latest_pipeline_run_outputs(producer))
    consumer = Pipeline("consumer", "root", components=[Add([inputs["number"]])], inputs=inputs)
    ir = compile_pipeline(consumer)
    assert [node.id for node in ir.nodes] == ["latest_pipeline_run_outputs_1", "Add"]
    assert ir.node("Add").upstream == ("latest_pipeline_run_outputs_1",)
    inputs = PipelineInputs({"number": number.outputs["number"]})
    lonely = Pipeline("lonely", "root", components=[Add([inputs["number"]])], inputs=inputs)
    with pytest.raises(
        PipelineError, match="pipeline lonely takes its inputs from source, and stands in no pipeline"
    ):
        compile_pipeline(lonely)


def test_what_a_sub_pipeline_and_the_one_around_it_share_is_one_node() -> None:
    newest = latest_created(HISTORY)
    inner = Pipeline("inner", components=[Add([newest])])
    ir = compiled(inner, Add([newest]).with_id("outer"))
    assert [node.id for node in ir.nodes] == ["inner.latest_created_1", "inner.Add", "outer"]
    assert ir.node("outer").upstream == ("inner.latest_created_1",)


def test_a_function_of_ones_own_is_made_of_operations_and_of_other_functions() -> None:
    @resolver_function
    def newest_but_one(artifacts: Any, n: int = 2) -> Any:
        return ops.Slice(latest_created(artifacts, n=n), start=0, stop=1, min_count=1)

    ir = compiled(Add([newest_but_one(HISTORY)]))
    assert [node.id for node in ir.nodes] == ["newest_but_one_1", "Add"]
    assert expression_of(ir.node("newest_but_one_1")) == {
        "op": "Slice",
        "of": [{"op": "LatestCreateTime", "of": [{"source": "artifacts"}], "n": 2}],
        "start": 0,
        "stop": 1,
        "min_count": 1,
    }


def test_a_function_may_give_several_lists() -> None:
    @resolver_function
    def split(artifacts: Any) -> Any:
        return {"train": ops.Slice(artifacts, stop=-1), "eval": ops.Slice(artifacts, start=-1)}

    parts = split(HISTORY)
    ir = compiled(Add([parts["train"]]).with_id("a"), Add([parts["eval"]]).with_id("b"))
    assert [node.id for node in ir.nodes] == ["split_1", "a", "b"]
    assert [*ir.node("split_1").outputs] == ["train", "eval"]


def test_the_type_is_that_of_the_channel_or_as_told() -> None:
    assert latest_created(artifact_query(Model)).type is Model

    @resolver_function(output_type={"window": ExampleStatistics}, unwrap_dict_key="window")
    def told(artifacts: Any) -> Any:
        return ops.SlidingWindow(artifacts)

    assert told(artifact_query(Examples)).loop_channels()["window"].type is ExampleStatistics

    @resolver_function
    def inferred(artifacts: Any) -> Any:
        return ops.AllSpans(artifacts)

    inferred.output_type_inferrer(lambda channel: ExampleStatistics)
    assert inferred(artifact_query(Examples)).type is ExampleStatistics


def test_several_keys_become_a_tuple() -> None:
    @resolver_function(unwrap_dict_key=["x", "y"])
    def pairs(artifacts: Any) -> Any:
        return ops.PairedSpans(artifacts)

    with ForEach(pairs({"x": HISTORY, "y": HISTORY})) as (x, y):
        added = Add([x, y])
    assert [c.output for c in compiled(added).node("Add").inputs["numbers"].channels] == ["x", "y"]


def test_a_slice_of_everything_is_the_channel_itself() -> None:
    assert slice_(HISTORY) is HISTORY


def test_windows_that_overlap_share_their_artifacts() -> None:
    def number(identity: int) -> Integer:
        return Integer("", id=identity)

    windows = [{"window": [number(i), number(i + 1)]} for i in (1, 2, 3)]
    choice = in_groups(windows)
    assert [artifact.id for artifact in choice.artifacts["window"]] == [1, 2, 3, 4]
    assert choice.groups == [{"window": (0, 2)}, {"window": (1, 3)}, {"window": (2, 4)}]
    apart = in_groups([{"window": [number(1), number(2)]}, {"window": [number(4)]}, {"window": [number(1)]}])
    assert [artifact.id for artifact in apart.artifacts["window"]] == [1, 2, 4]
    assert apart.groups == [{"window": (0, 2)}, {"window": (2, 3)}, {"window": (0, 1)}]
    assert in_groups([]).groups == []
    assert sliding_window(HISTORY, 2).loop_channels()["window"].type is Integer


@pytest.mark.parametrize("name", ["LatestPolicyModel", "GraphTraversal"])
def test_operations_on_lineage_are_not_to_be_had(name: str) -> None:
    assert not hasattr(ops, name)
