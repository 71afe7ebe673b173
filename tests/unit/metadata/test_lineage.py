# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from metadata_recorder import Recorder

from penstock.artifacts.standard import (
    Examples,
    ExampleStatistics,
    Model,
    PushedModel,
    Schema,
    TransformGraph,
)
from penstock.errors import MetadataError
from penstock.metadata.records import LineageGraph
from penstock.metadata.store import MetadataStore


class Taxi:
    """A small run: Gen -> Stats, Transform -> Trainer -> Pusher, all reading one schema."""

    def __init__(self, recorder: Recorder) -> None:
        def put(
            node: str,
            key: str,
            artifact: Examples | Model | Schema | TransformGraph | ExampleStatistics,
            **inputs: int,
        ) -> int:
            given = {name: [identity] for name, identity in inputs.items()}
            return recorder.publish({key: [artifact]}, node_id=node, inputs=given)[key][0].id

        self.schema = put("Schema", "schema", Schema("/schema"))
        self.examples = put("Gen", "examples", Examples("/examples"))
        self.statistics = put("Stats", "statistics", ExampleStatistics("/stats"), examples=self.examples)
        self.graph = put(
            "Transform", "graph", TransformGraph("/graph"), examples=self.examples, schema=self.schema
        )
        self.model = put(
            "Trainer", "model", Model("/model"), examples=self.examples, graph=self.graph, schema=self.schema
        )
        self.pushed = recorder.publish(
            {"pushed": [PushedModel("/p")]}, node_id="Pusher", inputs={"model": [self.model]}
        )["pushed"][0].id


@pytest.fixture
def taxi(recorder: Recorder) -> Taxi:
    return Taxi(recorder)


def nodes(graph: LineageGraph) -> list[str]:
    return sorted(execution.node_id for execution in graph.executions.values())


def edges(graph: LineageGraph) -> set[tuple[str, str, str]]:
    return {
        (graph.executions[edge.execution_id].node_id, edge.kind, f"{edge.key}={edge.artifact_id}")
        for edge in graph.edges
    }


def test_up_leads_to_everything_that_made_an_artifact_and_nothing_else(
    store: MetadataStore, taxi: Taxi
) -> None:
    graph = store.lineage(taxi.pushed, "up")
    assert nodes(graph) == ["Gen", "Pusher", "Schema", "Trainer", "Transform"]
    assert list(graph.artifacts) == [taxi.schema, taxi.examples, taxi.graph, taxi.model, taxi.pushed]
    assert graph.artifacts[taxi.pushed] == store.artifacts([taxi.pushed])[0]
    assert edges(graph) == {
        ("Schema", "output", f"schema={taxi.schema}"),
        ("Gen", "output", f"examples={taxi.examples}"),
        ("Transform", "input", f"examples={taxi.examples}"),
        ("Transform", "input", f"schema={taxi.schema}"),
        ("Transform", "output", f"graph={taxi.graph}"),
        ("Trainer", "input", f"examples={taxi.examples}"),
        ("Trainer", "input", f"graph={taxi.graph}"),
        ("Trainer", "input", f"schema={taxi.schema}"),
        ("Trainer", "output", f"model={taxi.model}"),
        ("Pusher", "input", f"model={taxi.model}"),
        ("Pusher", "output", f"pushed={taxi.pushed}"),
    }


def test_down_leads_to_everything_made_from_an_artifact(store: MetadataStore, taxi: Taxi) -> None:
    graph = store.lineage(taxi.examples, "down")
    assert nodes(graph) == ["Pusher", "Stats", "Trainer", "Transform"]
    assert list(graph.artifacts) == [taxi.examples, taxi.statistics, taxi.graph, taxi.model, taxi.pushed]
    assert ("Trainer", "input", f"graph={taxi.graph}") in edges(graph)


def test_hops_are_counted(store: MetadataStore, taxi: Taxi) -> None:
    assert nodes(store.lineage(taxi.pushed, "up", max_hops=0)) == []
    assert nodes(store.lineage(taxi.pushed, "up", max_hops=2)) == ["Pusher", "Trainer"]
    assert nodes(store.lineage(taxi.graph, "down", max_hops=1)) == ["Trainer"]


def test_the_cache_is_a_reference_and_a_resolver_only_chooses(
    store: MetadataStore, taxi: Taxi, recorder: Recorder
) -> None:
    before = [store.lineage(taxi.pushed, "up"), store.lineage(taxi.examples, "down")]
    recorder.cached({"model": [taxi.model]}, run_id="r1", inputs={"examples": [taxi.examples]})
    recorder.resolved({"model": [taxi.model]}, run_id="r1")
    failed = recorder.start(run_id="r1", inputs={"examples": [taxi.examples]})
    store.finish_execution(failed.id, "FAILED", {}, {})
    recorder.start(run_id="r1", inputs={"examples": [taxi.examples]})
    after = [store.lineage(taxi.pushed, "up"), store.lineage(taxi.examples, "down")]
    assert after == before


def test_hubs_are_not_followed(store: MetadataStore, taxi: Taxi, recorder: Recorder) -> None:
    base = recorder.publish({"raw": [Examples("/raw")]}, node_id="Raw")["raw"][0].id
    hub = recorder.publish({"schema": [Schema("/hub")]}, node_id="Infer", inputs={"raw": [base]})["schema"][
        0
    ].id
    models = [
        recorder.publish({"model": [Model(f"/{n}")]}, node_id=f"T{n}", inputs={"schema": [hub]})["model"][
            0
        ].id
        for n in range(5)
    ]
    graph = store.lineage(base, "down", hub_degree=4)
    assert (nodes(graph), graph.cut) == (["Infer"], (hub,))
    assert store.lineage(base, "down", hub_degree=5).cut == ()
    first = store.lineage(hub, "down", hub_degree=2)
    assert (nodes(first), first.cut) == (["T3", "T4"], (hub,))
    up = store.lineage(models[0], "up", hub_degree=1)
    assert (nodes(up), up.cut) == (["Infer", "Raw", "T0"], ())


def test_the_artifact_must_exist(store: MetadataStore) -> None:
    with pytest.raises(MetadataError, match="no artifact 5"):
        store.lineage(5)


def test_there_are_two_directions(store: MetadataStore) -> None:
    with pytest.raises(MetadataError, match="up or down; got: 'sideways'"):
        store.lineage(5, "sideways")  # type: ignore[arg-type]  # that is the point
