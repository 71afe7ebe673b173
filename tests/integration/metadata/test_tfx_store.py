# SPDX-License-Identifier: Apache-2.0
"""A store that TFX wrote, made here call by call as TFX 1.16 does it, read and continued by ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from metadata_recorder import Recorder, config_of
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from penstock.artifacts.standard import Examples, Model
from penstock.metadata.records import LineageEdge
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

TRAINER = "tfx.components.trainer.component.Trainer"
GEN = "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen"


class Tfx:
    """Writes as TFX's launcher does."""

    def __init__(self, path: Path) -> None:
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.client = metadata_store.MetadataStore(config)
        self.context_types = {
            name: self.client.put_context_type(pb.ContextType(name=name))
            for name in ("pipeline", "pipeline_run", "node", "execution_cache")
        }

    def artifact_type(self, name: str, base_type: int = 0, **properties: int) -> int:
        return self.client.put_artifact_type(
            pb.ArtifactType(name=name, properties=properties, base_type=base_type or None)
        )

    def context(self, kind: str, name: str) -> pb.Context:
        known = self.client.get_context_by_type_and_name(kind, name)
        if known is None:
            self.client.put_contexts([pb.Context(type_id=self.context_types[kind], name=name)])
            known = self.client.get_context_by_type_and_name(kind, name)
        return known

    def publish(
        self,
        type_name: str,
        run_id: str,
        node_id: str,
        outputs: dict[str, pb.Artifact],
        inputs: dict[str, int] | None = None,
        state: int = pb.Execution.COMPLETE,
        cache: str | None = None,
        **parameters: Any,
    ) -> tuple[int, list[int]]:
        contexts = [self.context("pipeline", "taxi"), self.context("pipeline_run", run_id)]
        if not self.client.get_parent_contexts_by_context(contexts[1].id):
            self.client.put_parent_contexts(
                [pb.ParentContext(child_id=contexts[1].id, parent_id=contexts[0].id)]
            )
        contexts.append(self.context("node", f"taxi.{node_id}"))
        if cache:
            contexts.append(self.context("execution_cache", cache))
        type_id = self.client.put_execution_type(pb.ExecutionType(name=type_name))
        execution = pb.Execution(type_id=type_id, last_known_state=state, name=f"{run_id}-{node_id}")
        for key, value in parameters.items():
            execution.custom_properties[key].CopyFrom(value)
        pairs = []
        stored = self.client.get_artifacts_by_id(list((inputs or {}).values()))
        for artifact in stored:
            key = next(k for k, v in (inputs or {}).items() if v == artifact.id)
            pairs.append((artifact, self.event(key, pb.Event.INPUT)))
        for key, artifact in outputs.items():
            pairs.append((artifact, self.event(key, pb.Event.OUTPUT)))
        execution_id, ids, _ = self.client.put_execution(
            execution, pairs, contexts, reuse_context_if_already_exist=True
        )
        return execution_id, ids[len(stored) :]

    @staticmethod
    def event(key: str, kind: int) -> pb.Event:
        steps = [pb.Event.Path.Step(key=key), pb.Event.Path.Step(index=0)]
        return pb.Event(type=kind, path=pb.Event.Path(steps=steps))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tfx.db"
    tfx = Tfx(path)
    examples_type = tfx.artifact_type(
        "Examples", pb.ArtifactType.DATASET, span=pb.INT, version=pb.INT, split_names=pb.STRING
    )
    model_type = tfx.artifact_type("Model", pb.ArtifactType.MODEL)
    odd_type = tfx.artifact_type("ExampleValidationMetrics", span=pb.INT, split_names=pb.STRING)
    examples = pb.Artifact(type_id=examples_type, uri="/x/examples/1", state=pb.Artifact.LIVE)
    examples.properties["span"].int_value = 4
    examples.properties["split_names"].string_value = '["train", "eval"]'
    examples.custom_properties["tfx_version"].string_value = "1.16.0"
    examples.custom_properties["stats"].struct_value.update({"__value__": [1, "a", None]})
    odd = pb.Artifact(type_id=odd_type, uri="/x/odd/1", state=pb.Artifact.LIVE)
    odd.properties["span"].int_value = 9
    _, (examples_id, _) = tfx.publish(
        GEN,
        "2026-01-01T00:00:00.000000",
        "CsvExampleGen",
        {"examples": examples, "odd": odd},
        cache="d" * 64,
        input_base=pb.Value(string_value="/data"),
        sharded=pb.Value(string_value="true"),
        __schema__sharded__=pb.Value(string_value='{\n  "value_type": {\n    "boolean_type": {}\n  }\n}'),
    )
    model = pb.Artifact(type_id=model_type, uri="/x/model/2", state=pb.Artifact.LIVE)
    _, (model_id,) = tfx.publish(
        TRAINER, "2026-01-01T00:00:00.000000", "Trainer", {"model": model}, {"examples": examples_id}
    )
    assert (examples_id, model_id) == (1, 3)
    stored = tfx.client.get_artifacts_by_id([examples_id])[0]
    tfx.publish(
        GEN,
        "2026-01-02T00:00:00.000000",
        "CsvExampleGen",
        {"examples": stored},
        state=pb.Execution.CACHED,
        cache="d" * 64,
    )
    return path


def test_runs_executions_and_artifacts_are_read(path: Path) -> None:
    with MetadataStore.open(config_of(path), create=False) as store:
        runs = store.list_runs("taxi")
        assert [run.run_id[:10] for run in runs] == ["2026-01-02", "2026-01-01"]
        assert store.get_run("taxi", runs[1].run_id) == runs[1]
        gen, trainer = store.executions_of_run("taxi", runs[1].run_id)
        assert (gen.pipeline, gen.run_id, gen.node_id, gen.cache_key) == (
            "taxi",
            runs[1].run_id,
            "CsvExampleGen",
            "d" * 64,
        )
        assert gen.properties == {"input_base": "/data", "sharded": True}
        assert (gen.owner, trainer.state) == (None, "COMPLETE")
        (examples,) = store.outputs_of(gen.id)["examples"]
        assert isinstance(examples, Examples)
        assert (examples.span, examples.splits) == (4, ("train", "eval"))
        assert examples.custom_properties == {"stats": [1, "a", None], "tfx_version": "1.16.0"}
        assert store.inputs_of(trainer.id) == {"examples": [examples]}


def test_types_that_are_not_ours_keep_their_properties(path: Path) -> None:
    with MetadataStore.open(config_of(path)) as store:
        (odd,) = store.latest_artifacts("ExampleValidationMetrics")
        assert (odd.type_name, odd.properties) == ("ExampleValidationMetrics", {"span": 9})


def test_the_newest_hit_of_tfx_s_cache_is_found(path: Path) -> None:
    with MetadataStore.open(config_of(path)) as store:
        hit = store.find_cached("d" * 64)
        assert hit is not None
        assert (hit.execution.state, hit.execution.run_id[:10]) == ("CACHED", "2026-01-02")
        assert [artifact.id for artifact in hit.outputs["examples"]] == [1]


def test_latest_artifacts_and_lineage_work_without_our_own_properties(path: Path) -> None:
    with MetadataStore.open(config_of(path)) as store:
        (model,) = store.latest_artifacts("Model", pipeline="taxi", node_id="Trainer", output_key="model")
        assert model.uri == "/x/model/2"
        graph = store.lineage(model.id, "up")
        assert [execution.node_id for execution in graph.executions.values()] == ["CsvExampleGen", "Trainer"]
        assert graph.edges == (
            LineageEdge(1, 1, "output", "examples", 0),
            LineageEdge(1, 2, "input", "examples", 0),
            LineageEdge(3, 2, "output", "model", 0),
        )
        assert list(store.lineage(1, "down").artifacts) == [1, 3]


def test_both_go_on_in_one_store(path: Path) -> None:
    with MetadataStore.open(config_of(path)) as store:
        recorder = Recorder(store)
        recorder.publish(
            {"examples": [Examples("/ours", properties={"span": 5})]},
            run_id="ours",
            node_id="CsvExampleGen",
            type=GEN,
            base_type=None,
        )
        (model,) = recorder.publish(
            {"model": [Model("/ours/model")]}, run_id="ours", inputs={"examples": [1]}
        )["model"]
    tfx = Tfx(path)
    assert tfx.artifact_type(
        "Examples", pb.ArtifactType.DATASET, span=pb.INT, version=pb.INT, split_names=pb.STRING
    )
    (stored,) = tfx.client.get_artifacts_by_id([model.id])
    execution_id, _ = tfx.publish(
        TRAINER, "2026-01-03T00:00:00.000000", "Trainer", {}, {"base_model": model.id}
    )
    assert stored.state == pb.Artifact.LIVE
    with MetadataStore.open(config_of(path)) as store:
        assert store.inputs_of(execution_id) == {"base_model": [model]}
        assert [run.run_id[:10] for run in store.list_runs("taxi")] == [
            "2026-01-03",
            "ours",
            "2026-01-02",
            "2026-01-01",
        ]
