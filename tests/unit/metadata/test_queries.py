# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from metadata_recorder import Recorder

from penstock.artifacts.standard import Examples, Model, ModelBlessing, Schema
from penstock.errors import MetadataError
from penstock.metadata.store import MetadataStore


def test_executions_of_a_run_come_in_their_order(store: MetadataStore, recorder: Recorder) -> None:
    ids = [recorder.start(node_id=f"n{number}").id for number in range(3)]
    recorder.start(run_id="r1")
    assert [e.id for e in store.executions_of_run("taxi", "r0")] == ids
    assert [e.id for e in store.executions_of_run(None, "r0")] == ids
    assert store.executions_of_run("penguin", "r0") == []
    assert store.executions_of_run("taxi", "none") == []


def test_executions_of_a_node_come_newest_first(store: MetadataStore, recorder: Recorder) -> None:
    ids = [recorder.start(run_id=f"r{number}").id for number in range(5)]
    recorder.start(node_id="other")
    assert [e.id for e in store.executions_of_node("taxi", "Trainer")] == ids[::-1]
    assert [e.id for e in store.executions_of_node("taxi", "Trainer", limit=2)] == [ids[4], ids[3]]
    assert store.executions_of_node("taxi", "Trainer", limit=0) == []
    assert store.executions_of_node("penguin", "Trainer") == []


def test_outputs_of_several_executions(store: MetadataStore, recorder: Recorder) -> None:
    first = recorder.start()
    made = store.finish_execution(first.id, "COMPLETE", {"model": [Model("/m")]}, {})
    second = recorder.start()
    assert store.outputs_of_all([first.id, second.id]) == {first.id: made, second.id: {}}
    assert store.outputs_of_all([]) == {}


def test_artifacts_come_in_the_order_asked_for(store: MetadataStore, recorder: Recorder) -> None:
    one, two = recorder.publish({"model": [Model("/1"), Model("/2")]})["model"]
    assert store.artifacts([two.id, one.id, two.id]) == [two, one, two]
    with pytest.raises(MetadataError, match="no artifact 99"):
        store.artifacts([one.id, 99])


def test_the_newest_artifact_at_a_uri(store: MetadataStore, recorder: Recorder) -> None:
    recorder.publish({"model": [Model("/m")]})
    (newer,) = recorder.publish({"model": [Model("/m")]})["model"]
    assert store.artifact_by_uri("/m") == newer
    assert store.artifact_by_uri("/none") is None


class TestFindCached:
    def test_the_newest_complete_execution_is_found(self, store: MetadataStore, recorder: Recorder) -> None:
        assert store.find_cached("k") is None
        recorder.publish({"model": [Model("/1")]}, cache_key="k")
        newer = recorder.publish({"model": [Model("/2")]}, cache_key="k")
        recorder.publish({"model": [Model("/3")]}, cache_key="other")
        recorder.start(cache_key="k")
        failed = recorder.start(cache_key="k")
        store.finish_execution(failed.id, "FAILED", {}, {})
        execution, outputs = store.find_cached("k") or pytest.fail("nothing found")
        assert (execution.state, outputs) == ("COMPLETE", newer)

    def test_outputs_that_are_gone_do_not_count(self, store: MetadataStore, recorder: Recorder) -> None:
        older = recorder.publish({"model": [Model("/1")]}, cache_key="k")
        for number in range(25):
            made = recorder.publish({"model": [Model(f"/a{number}"), Model(f"/b{number}")]}, cache_key="k")
            store.set_artifact_state([made["model"][1].id], "DELETED")
        hit = store.find_cached("k")
        assert hit is not None
        assert hit.outputs == older

    def test_an_execution_without_outputs_is_a_hit(self, store: MetadataStore, recorder: Recorder) -> None:
        recorder.publish({}, cache_key="k")
        hit = store.find_cached("k")
        assert hit is not None
        assert hit.outputs == {}

    def test_hits_do_not_pile_up_on_the_key(self, store: MetadataStore, recorder: Recorder) -> None:
        made = recorder.publish({"model": [Model("/1")]}, cache_key="k")["model"]
        recorder.cached({"model": [made[0].id]}, cache_key="k")
        hit = store.find_cached("k")
        assert hit is not None
        assert hit.execution.state == "COMPLETE"


class TestLatestArtifacts:
    def test_only_published_live_artifacts_of_the_type_count(
        self, store: MetadataStore, recorder: Recorder
    ) -> None:
        models = recorder.publish({"model": [Model(f"/m{number}") for number in range(3)]})["model"]
        recorder.publish({"schema": [Schema("/s")]})
        store.set_artifact_state([models[2].id], "DELETED")
        assert store.latest_artifacts("Model") == [models[1], models[0]]
        assert store.latest_artifacts("Model", limit=1) == [models[1]]
        assert store.latest_artifacts("Examples") == []
        assert store.latest_artifacts("Nothing") == []

    def test_pipeline_node_and_output_choose(self, store: MetadataStore, recorder: Recorder) -> None:
        (a,) = recorder.publish({"model": [Model("/a")]}, node_id="A")["model"]
        (b,) = recorder.publish({"best": [Model("/b")]}, node_id="B")["best"]
        (c,) = recorder.publish({"model": [Model("/c")]}, node_id="A", pipeline="penguin", run_id="p0")[
            "model"
        ]
        assert store.latest_artifacts("Model") == [c, b, a]
        assert store.latest_artifacts("Model", pipeline="taxi") == [b, a]
        assert store.latest_artifacts("Model", node_id="A") == [c, a]
        assert store.latest_artifacts("Model", output_key="model") == [c, a]
        assert store.latest_artifacts("Model", pipeline="taxi", node_id="A", output_key="model") == [a]
        assert store.latest_artifacts("Model", pipeline="taxi", node_id="A", output_key="best") == []
        assert store.latest_artifacts("Model", pipeline="none", node_id="A") == []

    def test_inputs_and_choices_do_not_count_and_cache_hits_do(
        self, store: MetadataStore, recorder: Recorder
    ) -> None:
        (a,) = recorder.publish({"model": [Model("/a")]}, node_id="A")["model"]
        recorder.publish({}, node_id="B", inputs={"model": [a.id]})
        recorder.resolved({"model": [a.id]}, node_id="C")
        recorder.cached({"model": [a.id]}, node_id="D", pipeline="penguin", run_id="p0")
        assert store.latest_artifacts("Model", pipeline="taxi", node_id="B") == []
        assert store.latest_artifacts("Model", pipeline="taxi", node_id="C") == []
        assert store.latest_artifacts("Model", pipeline="penguin", node_id="D", output_key="model") == [a]
        assert store.latest_artifacts("Model", pipeline="penguin") == [a]

    def test_a_condition_is_asked_newest_first_until_enough_are_found(
        self, store: MetadataStore, recorder: Recorder
    ) -> None:
        for number in range(30):
            blessing = ModelBlessing(f"/{number}", custom_properties={"blessed": int(number % 10 == 0)})
            recorder.publish({"blessing": [blessing]})
        asked = []

        def is_blessed(artifact: object) -> bool:
            assert isinstance(artifact, ModelBlessing)
            asked.append(artifact.uri)
            return artifact.get_int_custom_property("blessed") == 1

        assert [a.uri for a in store.latest_artifacts("ModelBlessing", where=is_blessed, limit=1)] == ["/20"]
        assert asked == [f"/{number}" for number in range(29, 19, -1)]

    @pytest.mark.parametrize("place", [{}, {"pipeline": "taxi"}, {"pipeline": "taxi", "node_id": "Gen"}])
    def test_old_and_rare_artifacts_are_found_beyond_the_first_look(
        self, store: MetadataStore, recorder: Recorder, place: dict[str, str]
    ) -> None:
        old = recorder.publish({"x": [Examples(f"/old{n}") for n in range(3)]}, node_id="Gen")["x"]
        recorder.publish({"model": [Model(f"/m{number}") for number in range(230)]})
        (new,) = recorder.publish({"x": [Examples("/new")]}, node_id="Gen")["x"]
        assert store.latest_artifacts("Examples", **place) == [new, *reversed(old)]

    def test_reading_stops_when_the_caller_does(self, store: MetadataStore, recorder: Recorder) -> None:
        recorder.publish({"model": [Model(f"/m{number}") for number in range(120)]})
        found = store.newest_artifacts("Model")
        assert [next(found).uri, next(found).uri] == ["/m119", "/m118"]
        assert [artifact.uri for artifact in found] == [f"/m{number}" for number in range(117, -1, -1)]
