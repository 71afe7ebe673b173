# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from typing import ClassVar

import pytest
from metadata_recorder import Recorder, new_execution

from penstock.artifacts.artifact import Artifact, ArtifactState, Property, PropertyType
from penstock.artifacts.standard import Examples, Model, Schema
from penstock.errors import MetadataError
from penstock.metadata import names
from penstock.metadata.owner import Owner
from penstock.metadata.records import RemovedArtifactError
from penstock.metadata.store import MetadataStore


class Scores(Artifact):
    TYPE_NAME = "Scores"
    PROPERTIES: ClassVar = {
        "best": Property(PropertyType.FLOAT),
        "rounds": Property(PropertyType.INT),
        "all": Property(PropertyType.JSON_VALUE),
    }


def examples(uri: str = "/root/gen/examples/1") -> Examples:
    artifact = Examples(uri)
    artifact.set_splits(["train", "eval"])
    artifact.span = 3
    artifact.set_custom_property("rows", {"train": 10, "eval": 2})
    return artifact


def test_a_started_execution_is_running_and_has_all_it_was_given(
    store: MetadataStore, recorder: Recorder
) -> None:
    (made,) = recorder.publish({"examples": [examples()]}, node_id="CsvExampleGen")["examples"]
    properties = {
        "steps": 10,
        "rate": 1e-9,
        "flag": True,
        "splits": ["train"],
        "nested": {"a": [1, 2.0]},
        "none": None,
    }
    started = recorder.start(
        name="e9",
        properties=properties,
        inputs={"examples": [made.id], "again": [made.id]},
        cache_key="k" * 64,
    )
    assert (started.state, started.type, started.name) == (
        "RUNNING",
        "tfx.components.trainer.component.Trainer",
        "e9",
    )
    assert (started.pipeline, started.run_id, started.node_id) == ("taxi", "r0", "Trainer")
    assert started.cache_key == "k" * 64
    assert started.owner == Owner.current()
    assert started.properties == properties
    assert store.inputs_of(started.id) == {"again": [made], "examples": [made]}
    assert store.executions([started.id]) == [started]
    assert store.execution_by_name(started.type, "e9") == started


def test_starting_again_is_the_same_start(store: MetadataStore, recorder: Recorder) -> None:
    started = recorder.start(name="e9", properties={"a": 1})
    assert recorder.start(name="e9", properties={"a": 2}) == started
    store.finish_execution(started.id, "COMPLETE", {}, {})
    assert recorder.start(name="e9").state == "COMPLETE"


def test_finishing_records_state_outputs_and_properties(store: MetadataStore, recorder: Recorder) -> None:
    started = recorder.start(properties={"kept": 1, "typed": [1], "flag": True})
    outputs = store.finish_execution(
        started.id,
        "COMPLETE",
        {"examples": [examples("/a"), examples("/b")], "model": [Model("/m")], "empty": []},
        {"rows": 12, "typed": "now text", "flag": 0.5},
    )
    assert [a.uri for a in outputs["examples"]] == ["/a", "/b"]
    assert len({a.id for group in outputs.values() for a in group}) == 3
    first = outputs["examples"][0]
    assert (first.state, first.span, first.splits) == ("LIVE", 3, ("train", "eval"))
    assert first.custom_properties == {"rows": {"train": 10, "eval": 2}}
    (done,) = store.executions([started.id])
    assert (done.state, done.owner) == ("COMPLETE", started.owner)
    assert done.properties == {"kept": 1, "typed": "now text", "flag": 0.5, "rows": 12}
    assert store.outputs_of(started.id) == outputs


def test_finishing_again_returns_what_is_there(store: MetadataStore, recorder: Recorder) -> None:
    started = recorder.start()
    outputs = store.finish_execution(started.id, "COMPLETE", {"model": [Model("/m")]}, {"rows": 1})
    (done,) = store.executions([started.id])
    again = store.finish_execution(started.id, "COMPLETE", {"model": [Model("/other")]}, {"rows": 2})
    assert again == outputs
    assert store.finish_execution(started.id, "FAILED", {}, {}) == outputs
    assert store.executions([started.id]) == [done]


@pytest.mark.parametrize("state", ["FAILED", "CANCELED"])
def test_a_failed_execution_stays_failed(
    store: MetadataStore, recorder: Recorder, state: names.ContextType
) -> None:
    started = recorder.start()
    assert store.finish_execution(started.id, state, {}, {"__execution_result__": "why"}) == {}
    assert store.finish_execution(started.id, "FAILED", {}, {}) == {}
    with pytest.raises(MetadataError, match=f"cannot be completed.*recorded as {state}"):
        store.finish_execution(started.id, "COMPLETE", {"model": [Model("/m")]}, {})
    (done,) = store.executions([started.id])
    assert (done.state, done.properties) == (state, {"__execution_result__": "why"})
    assert store.artifact_by_uri("/m") is None


def test_a_failed_execution_has_no_outputs(store: MetadataStore, recorder: Recorder) -> None:
    with pytest.raises(MetadataError, match="ended as FAILED cannot have outputs; got: model"):
        store.finish_execution(recorder.start().id, "FAILED", {"model": [Model("/m")]}, {})


def test_an_output_that_cannot_be_stored_leaves_the_execution_running(
    store: MetadataStore, recorder: Recorder
) -> None:
    started = recorder.start()
    with pytest.raises(MetadataError, match="URI"):
        store.finish_execution(started.id, "COMPLETE", {"model": [Model("/m"), Model("a\0b")]}, {})
    assert store.executions([started.id])[0].state == "RUNNING"
    assert store.artifact_by_uri("/m") is None


def test_an_existing_artifact_may_be_put_out(store: MetadataStore, recorder: Recorder) -> None:
    (made,) = recorder.publish({"model": [Model("/m")]})["model"]
    stale = Model("/changed", id=made.id)
    outputs = recorder.publish({"model": [stale, Model("/new")], "best": [stale]})
    assert outputs["best"] == [made]
    assert [a.uri for a in outputs["model"]] == ["/m", "/new"]


def test_a_consumer_never_overwrites_its_input(store: MetadataStore, recorder: Recorder) -> None:
    (made,) = recorder.publish({"examples": [examples()]})["examples"]
    store.set_artifact_state([made.id], "ABANDONED")
    recorder.publish({}, inputs={"examples": [made.id]})
    recorder.cached({"examples": [made.id]})
    (after,) = store.artifacts([made.id])
    assert after.state == "ABANDONED"
    assert (after.uri, after.properties, after.custom_properties) == (
        made.uri,
        made.properties,
        made.custom_properties,
    )


@pytest.mark.parametrize("state", ["MARKED_FOR_DELETION", "DELETED"])
def test_what_is_being_removed_is_neither_read_nor_taken_over(
    store: MetadataStore, recorder: Recorder, state: ArtifactState
) -> None:
    (made,) = recorder.publish({"examples": [examples()]})["examples"]
    store.set_artifact_state([made.id], state)
    with pytest.raises(RemovedArtifactError, match=f"has been removed; got: Examples {made.id}"):
        recorder.publish({}, inputs={"examples": [made.id]})
    with pytest.raises(RemovedArtifactError):
        recorder.cached({"examples": [made.id]})


def test_only_what_no_other_execution_uses_is_marked(store: MetadataStore, recorder: Recorder) -> None:
    free, read, taken = (recorder.publish({"examples": [examples(f"/{n}")]})["examples"][0].id for n in "abc")
    makers = {use.execution_id for use in store.uses_of([free, read, taken])}
    recorder.publish({}, inputs={"examples": [read]})
    recorder.cached({"examples": [taken]})
    assert store.mark_for_deletion([free, read, taken], makers) == [free]
    states = [artifact.state for artifact in store.artifacts([free, read, taken])]
    assert states == ["MARKED_FOR_DELETION", "LIVE", "LIVE"]
    assert store.mark_for_deletion([], makers) == []


def test_setting_a_state_leaves_everything_else(store: MetadataStore, recorder: Recorder) -> None:
    made = recorder.publish({"examples": [examples("/a"), examples("/b")]})["examples"]
    store.set_artifact_state([a.id for a in made], "MARKED_FOR_DELETION")
    store.set_artifact_state([], "DELETED")
    after = store.artifacts([a.id for a in made])
    assert [a.state for a in after] == ["MARKED_FOR_DELETION"] * 2
    assert [a.custom_properties for a in after] == [a.custom_properties for a in made]


def test_a_cached_execution_points_at_the_old_artifacts(store: MetadataStore, recorder: Recorder) -> None:
    made = recorder.publish({"examples": [examples("/a"), examples("/b")]})["examples"]
    hit = recorder.cached(
        {"examples": [a.id for a in made]}, name="c", cache_key="k", inputs={"x": [made[0].id]}
    )
    assert (hit.state, hit.cache_key, hit.owner) == ("CACHED", "k", None)
    assert store.outputs_of(hit.id) == {"examples": made}
    assert store.inputs_of(hit.id) == {"x": [made[0]]}
    assert recorder.cached({}, name="c") == hit


def test_a_resolver_gives_what_it_chose(store: MetadataStore, recorder: Recorder) -> None:
    (made,) = recorder.publish({"model": [Model("/m")]})["model"]
    chosen = recorder.resolved(
        {"model": [made.id], "none": []}, type=names.RESOLVER, base_type=None, node_id="latest"
    )
    assert chosen.state == "COMPLETE"
    assert store.outputs_of(chosen.id) == {"model": [made]}


def test_importing_registers_once_and_reuses(store: MetadataStore) -> None:
    store.begin_run("taxi", "r0", {})

    def importing(name: str, artifact: Artifact, *, reuse: bool = True) -> tuple[str, int]:
        new = new_execution(
            name, type=names.IMPORTER, base_type=None, node_id="schema", properties={"reimport": 0}
        )
        execution, imported = store.record_imported(new, "result", artifact, reuse=reuse)
        assert store.outputs_of(execution.id) == {"result": [imported]}
        assert execution.properties == {"reimport": 0}
        return execution.state, imported.id

    def schema(uri: str = "/schema", **custom: str) -> Schema:
        return Schema(uri, custom_properties=custom)

    assert importing("i0", schema(digest="a")) == ("COMPLETE", 1)
    assert importing("i0", schema(digest="a")) == ("COMPLETE", 1)
    assert importing("i1", schema(digest="a")) == ("CACHED", 1)
    assert importing("i2", schema()) == ("CACHED", 1)
    assert importing("i3", schema(digest="b")) == ("COMPLETE", 2)
    assert importing("i4", schema(digest="a"), reuse=False) == ("COMPLETE", 3)
    assert importing("i5", schema("/other")) == ("COMPLETE", 4)
    assert importing("i6", Model("/schema")) == ("COMPLETE", 5)
    store.set_artifact_state([1, 3], "DELETED")
    assert importing("i7", schema(digest="a")) == ("COMPLETE", 6)


def test_inputs_must_exist(store: MetadataStore, recorder: Recorder) -> None:
    with pytest.raises(MetadataError, match="no artifact 77, 78"):
        recorder.start(name="e9", inputs={"model": [77, 78]})
    with pytest.raises(MetadataError, match="no artifact 77"):
        recorder.cached({"model": [77]}, name="e9")
    assert store.execution_by_name("tfx.components.trainer.component.Trainer", "e9") is None


def test_a_run_must_have_begun(store: MetadataStore) -> None:
    with pytest.raises(MetadataError, match="no pipeline 'taxi'.*begin the run first"):
        store.start_execution(new_execution(), Owner.current())
    store.begin_run("taxi", "r0", {})
    with pytest.raises(MetadataError, match="no pipeline run 'r9'.*begin the run first"):
        store.start_execution(new_execution(run_id="r9"), Owner.current())


def test_an_execution_must_exist(store: MetadataStore) -> None:
    with pytest.raises(MetadataError, match="no execution 5"):
        store.finish_execution(5, "COMPLETE", {}, {})
    with pytest.raises(MetadataError, match="no execution 5, 6"):
        store.executions([5, 6])


def test_user_defined_types_keep_their_properties_exactly(store: MetadataStore, recorder: Recorder) -> None:
    scores = Scores("/s", properties={"best": 1 / 3, "rounds": 7, "all": [1, 2.0, math.pi]})
    (made,) = recorder.publish({"scores": [scores]})["scores"]
    assert isinstance(made, Scores)
    assert made.properties == scores.properties
    assert made.custom_properties == {}


def test_a_property_cannot_change_its_type(store: MetadataStore, recorder: Recorder) -> None:
    recorder.publish({"scores": [Scores("/s")]})
    other = type(
        "Scores", (Artifact,), {"TYPE_NAME": "Scores", "PROPERTIES": {"best": Property(PropertyType.STRING)}}
    )
    with pytest.raises(
        MetadataError, match="Scores with another type of property 'best'; expected: STRING; got: DOUBLE"
    ):
        recorder.publish({"scores": [other("/t")]})


def test_a_type_may_gain_properties(store: MetadataStore, recorder: Recorder) -> None:
    recorder.publish({"scores": [Scores("/s")]})
    wider = type(
        "Scores", (Artifact,), {"TYPE_NAME": "Scores", "PROPERTIES": {"worst": Property(PropertyType.FLOAT)}}
    )
    recorder.publish({"scores": [wider("/t", properties={"worst": 0.5})]})
    made = store.artifact_by_uri("/t")
    assert made is not None
    assert made.properties == {"worst": 0.5}
    recorder.publish({"scores": [Scores("/u", properties={"rounds": 1})]})


def test_the_kind_of_a_type_cannot_change(recorder: Recorder) -> None:
    recorder.start(type="my.Type", base_type=None)
    recorder.start(type="my.Type", base_type="Train")
    with pytest.raises(MetadataError, match="my.Type as another kind; expected: Deploy; got: Train"):
        recorder.start(type="my.Type", base_type="Deploy", name="x")


def test_an_artifact_name_is_kept(recorder: Recorder) -> None:
    (made,) = recorder.publish({"model": [Model("/m", name="best")]})["model"]
    assert made.name == "best"


def test_many_outputs_keep_their_order(recorder: Recorder) -> None:
    made = recorder.publish({"models": [Model(f"/m{n}") for n in range(12)]})["models"]
    assert [a.uri for a in made] == [f"/m{n}" for n in range(12)]
