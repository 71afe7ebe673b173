# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from light.component import Add, Number

from penstock.artifacts.standard import Integer, Model, ModelBlessing
from penstock.errors import ParameterError, PipelineError
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestBlessedModelStrategy
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.system_nodes import Importer, Resolver


def test_nodes_are_put_in_order() -> None:
    number = Number(1)
    total = Add([number.outputs["number"]])
    pipeline = Pipeline("p", components=[total, number])
    assert [node.id for node in pipeline.components] == ["Number", "Add"]


def test_two_nodes_of_one_id_are_refused() -> None:
    with pytest.raises(PipelineError, match=r"two nodes of pipeline p have the id 'Number'.*with_id"):
        Pipeline("p", components=[Number(1), Number(2)])


def test_the_same_node_twice_is_one_node() -> None:
    number = Number(1)
    assert len(Pipeline("p", components=[number, number]).components) == 1


def test_a_cycle_is_refused_and_named() -> None:
    first, second = Number(1).with_id("first"), Number(2).with_id("second")
    first.add_upstream_node(second)
    second.add_upstream_node(first)
    with pytest.raises(PipelineError, match=r"cycle: (first -> second -> first|second -> first -> second)"):
        Pipeline("p", components=[first, second])


def test_an_unknown_producer_is_refused() -> None:
    number = Number(1).with_id("elsewhere")
    with pytest.raises(
        PipelineError, match="Add: input 'numbers' comes from elsewhere, which is not in pipeline p"
    ):
        Pipeline("p", components=[Add([number.outputs["number"]])])


def test_a_wrong_channel_type_is_refused() -> None:
    with pytest.raises(
        PipelineError, match=r"Add: input 'numbers' has the wrong type.*Integer.*Channel\(Model"
    ):
        Add([Channel(type=Model)])


def test_a_missing_input_is_refused() -> None:
    with pytest.raises(PipelineError, match="Add: input 'numbers' is missing"):
        Add(None)


def test_something_that_is_no_channel_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"input 'numbers' is not a channel.*'text' \(str\)"):
        Add("text")


def test_an_unknown_output_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PipelineError, match="Number has no output 'numbr'.*did you mean 'number'"):
        Number(1).outputs["numbr"]


def test_a_parameter_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ParameterError, match="Number: .*value"):
        Number("many")


def test_outputs_can_be_read_as_attributes() -> None:
    number = Number(1)
    assert number.outputs.number is number.outputs["number"]
    assert "number" in number.outputs
    assert number.outputs.keys() == ["number"]


@pytest.mark.parametrize("name", ["", "a" * 64, "with space", "a/b", 3])
def test_unusable_pipeline_names_are_refused(name: str) -> None:
    with pytest.raises(PipelineError, match="name is not usable"):
        Pipeline(name, components=[Number(1)])


def test_an_empty_pipeline_is_refused() -> None:
    with pytest.raises(PipelineError, match="has no nodes"):
        Pipeline("p", components=[])


def test_an_unusable_node_id_is_refused() -> None:
    with pytest.raises(PipelineError, match="node id is not usable"):
        Number(1).with_id("a b")


def test_a_resolver_of_blessed_models_needs_both_channels() -> None:
    with pytest.raises(PipelineError, match="one channel of Model and one of ModelBlessing"):
        Resolver(LatestBlessedModelStrategy, model=Channel(type=Model))


def test_a_resolver_offers_what_it_is_given() -> None:
    resolver = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=Channel(type=Model),
        model_blessing=Channel(type=ModelBlessing),
    ).with_id("latest")
    assert resolver.outputs["model"].type is Model
    assert resolver.outputs["model"].producer is resolver


def test_an_importer_refuses_properties_that_the_type_lacks() -> None:
    with pytest.raises(ParameterError, match="has no property 'colour'"):
        Importer("somewhere", Integer, properties={"colour": "red"})


def test_a_runtime_parameter_checks_its_default() -> None:
    with pytest.raises(ParameterError, match="default of runtime parameter 'n' has the wrong type"):
        RuntimeParameter("n", int, default="three")


def test_the_given_order_stays_where_nothing_else_is_asked_for() -> None:
    numbers = [Number(i).with_id(f"n{i}") for i in range(4)]
    numbers[0].add_upstream_node(numbers[3])
    numbers[2].add_upstream_node(numbers[1])
    pipeline = Pipeline("p", components=numbers)
    assert [node.id for node in pipeline.components] == ["n1", "n2", "n3", "n0"]


def test_a_cycle_is_found_behind_nodes_that_are_in_order() -> None:
    nodes = [Number(i).with_id(f"n{i}") for i in range(4)]
    for node, upstream in ((1, 0), (2, 1), (3, 2), (2, 3)):
        nodes[node].add_upstream_node(nodes[upstream])
    with pytest.raises(PipelineError, match=r"cycle: (n2 -> n3 -> n2|n3 -> n2 -> n3)"):
        Pipeline("p", components=nodes)


def test_a_switch_of_the_cache_is_true_or_false() -> None:
    with pytest.raises(ParameterError, match="pipeline p: enable_cache .*True or False; got: 'no'"):
        Pipeline("p", components=[Number()], enable_cache="no")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="Number: with_cache has the wrong type"):
        Number().with_cache(1)  # type: ignore[arg-type]
    assert Pipeline("p", components=[Number()], enable_cache=None).enable_cache is False  # type: ignore[arg-type]


def test_a_runtime_parameter_declared_in_two_ways_is_spelled_as_users_write_it() -> None:
    one, other = RuntimeParameter("n", int, default=1), RuntimeParameter("n", int, default=2)
    with pytest.raises(
        PipelineError, match=r"b: .*RuntimeParameter\('n', int, default=1\); got: .*default=2\)"
    ):
        compile_pipeline(Pipeline("p", components=[Number(one), Number(other).with_id("b")]))


def test_a_root_is_a_path_or_a_uri_or_none() -> None:
    roots = [
        Pipeline("p", root, components=[Number(1)]).pipeline_root
        for root in ("gs://b/r", Path("/r"), "", None)
    ]
    assert roots == ["gs://b/r", "/r", "", ""]
    with pytest.raises(PipelineError, match=r"pipeline_root is no path; .*got: 3 \(int\)"):
        Pipeline("p", 3, components=[Number(1)])  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("connection", ["mysql://root:hush@h/d", {"host": "hush"}])
def test_what_is_no_metadata_connection_is_refused_and_not_shown(connection: Any) -> None:
    with pytest.raises(
        PipelineError, match="of pipeline p is no connection.*sqlite_metadata_connection"
    ) as caught:
        Pipeline("p", "/r", connection, components=[Number(1)])
    assert "hush" not in str(caught.value)
