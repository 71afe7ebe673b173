# SPDX-License-Identifier: Apache-2.0
"""What the store writes, seen by ml-metadata's own client: TFX's types, contexts, events and values only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from metadata_recorder import Recorder, config_of, new_execution
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from penstock.artifacts.standard import STANDARD_TYPES, Examples, ExampleStatistics, Model, Schema
from penstock.metadata import names
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

EXAMPLE_GEN = names.STANDARD_EXECUTION_TYPES["CsvExampleGen"]
STATISTICS_GEN = names.STANDARD_EXECUTION_TYPES["StatisticsGen"]


def raw_client(path: Path) -> metadata_store.MetadataStore:
    config = pb.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE
    return metadata_store.MetadataStore(config)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> metadata_store.MetadataStore:
    path = tmp_path_factory.mktemp("store") / "m.db"
    with MetadataStore.open(config_of(path)) as store:
        recorder = Recorder(store)
        examples = Examples("/root/CsvExampleGen/examples/1", properties={"span": 2, "version": 1})
        examples.set_splits(["train", "eval"])
        examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        examples.set_int_custom_property("is_external", 0)
        examples.set_json_value_custom_property("rows", {"train": 10, "eval": 2})
        examples.set_json_value_custom_property("kinds", ["int", "float"])
        examples.set_float_custom_property("ratio", 0.25)
        made = recorder.publish(
            {"examples": [examples]},
            type=EXAMPLE_GEN,
            base_type=None,
            name="gen",
            node_id="CsvExampleGen",
            cache_key="c" * 64,
            properties={"input_base": "/data", "span": 2, "ratio": 0.5, "flag": True, "splits": ["a", "b"]},
        )["examples"]
        recorder.publish(
            {"statistics": [ExampleStatistics("/s1"), ExampleStatistics("/s2")]},
            type=STATISTICS_GEN,
            base_type="Process",
            name="stats",
            node_id="StatisticsGen",
            inputs={"examples": [made[0].id], "baseline": [made[0].id]},
        )
        recorder.cached(
            {"examples": [made[0].id]},
            type=EXAMPLE_GEN,
            base_type=None,
            name="hit",
            run_id="r1",
            node_id="CsvExampleGen",
        )
        recorder.resolved(
            {"examples": [made[0].id]}, type=names.RESOLVER, base_type=None, name="resolve", node_id="latest"
        )
        importing = new_execution("import", type=names.IMPORTER, base_type=None, node_id="schema")
        store.record_imported(importing, names.IMPORT_OUTPUT_KEY, Schema("/schema"), reuse=True)
        recorder.publish({"model": [Model("/model")]}, name="train")
    return raw_client(path)


def execution(client: metadata_store.MetadataStore, type_name: str, name: str) -> Any:
    found = client.get_execution_by_type_and_name(type_name, name)
    assert found is not None
    return found


def test_types_are_tfx_s_with_its_properties_and_base_types(client: metadata_store.MetadataStore) -> None:
    types = {kind.name: (dict(kind.properties), kind.base_type) for kind in client.get_artifact_types()}
    assert types == {
        "Examples": ({"span": pb.INT, "version": pb.INT, "split_names": pb.STRING}, pb.ArtifactType.DATASET),
        "ExampleStatistics": ({"span": pb.INT, "split_names": pb.STRING}, pb.ArtifactType.STATISTICS),
        "Schema": ({}, pb.ArtifactType.UNSET),
        "Model": ({}, pb.ArtifactType.MODEL),
    }
    executions = {kind.name: (dict(kind.properties), kind.base_type) for kind in client.get_execution_types()}
    assert executions == {
        "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen": ({}, pb.ExecutionType.UNSET),
        "tfx.components.statistics_gen.component.StatisticsGen": ({}, pb.ExecutionType.PROCESS),
        "tfx.components.trainer.component.Trainer": ({}, pb.ExecutionType.TRAIN),
        "tfx.dsl.components.common.resolver.Resolver": ({}, pb.ExecutionType.UNSET),
        "tfx.dsl.components.common.importer.Importer": ({}, pb.ExecutionType.UNSET),
    }
    contexts = {kind.name: dict(kind.properties) for kind in client.get_context_types()}
    assert contexts == {"pipeline": {}, "pipeline_run": {}, "node": {}, "execution_cache": {}}


def test_every_standard_type_has_tfx_s_base_type_and_property_map() -> None:
    with_properties = {name: set(cls.PROPERTIES) for name, cls in STANDARD_TYPES.items() if cls.PROPERTIES}
    assert with_properties == {
        "Examples": {"span", "version", "split_names"},
        "ExampleStatistics": {"span", "split_names"},
        "ExampleAnomalies": {"span", "split_names"},
    }
    annotated = {name: cls.TYPE_ANNOTATION for name, cls in STANDARD_TYPES.items() if cls.TYPE_ANNOTATION}
    assert annotated == {
        "Examples": "Dataset",
        "ExampleStatistics": "Statistics",
        "Model": "Model",
        "PushedModel": "Model",
    }


def test_contexts_are_tfx_s(client: metadata_store.MetadataStore) -> None:
    by_type: dict[str, list[str]] = {}
    for context in client.get_contexts():
        by_type.setdefault(context.type, []).append(context.name)
    assert {kind: sorted(group) for kind, group in by_type.items()} == {
        "pipeline": ["taxi"],
        "pipeline_run": ["r0", "r1"],
        "node": ["taxi.CsvExampleGen", "taxi.StatisticsGen", "taxi.Trainer", "taxi.latest", "taxi.schema"],
        "execution_cache": ["c" * 64],
    }
    for run in client.get_contexts_by_type("pipeline_run"):
        assert [parent.name for parent in client.get_parent_contexts_by_context(run.id)] == ["taxi"]


def test_every_execution_and_artifact_is_linked_to_its_contexts(client: metadata_store.MetadataStore) -> None:
    gen = execution(client, EXAMPLE_GEN, "gen")
    expected = ["c" * 64, "r0", "taxi", "taxi.CsvExampleGen"]
    assert sorted(context.name for context in client.get_contexts_by_execution(gen.id)) == expected
    (examples,) = client.get_artifacts_by_uri("/root/CsvExampleGen/examples/1")
    linked = {context.name for context in client.get_contexts_by_artifact(examples.id)}
    assert linked >= set(expected)
    hit = execution(client, EXAMPLE_GEN, "hit")
    assert sorted(c.name for c in client.get_contexts_by_execution(hit.id)) == [
        "r1",
        "taxi",
        "taxi.CsvExampleGen",
    ]
    assert "r1" in linked


def paths(client: metadata_store.MetadataStore, execution_id: int) -> list[tuple[str, list[str | int]]]:
    found = []
    for event in client.get_events_by_execution_ids([execution_id]):
        steps = [step.key if step.HasField("key") else step.index for step in event.path.steps]
        found.append((pb.Event.Type.Name(event.type), steps))
    return sorted(found, key=str)


def test_event_paths_are_pairs_of_key_and_index(client: metadata_store.MetadataStore) -> None:
    assert paths(client, execution(client, EXAMPLE_GEN, "gen").id) == [("OUTPUT", ["examples", 0])]
    assert paths(client, execution(client, STATISTICS_GEN, "stats").id) == [
        ("INPUT", ["examples", 0, "baseline", 0]),
        ("OUTPUT", ["statistics", 0]),
        ("OUTPUT", ["statistics", 1]),
    ]
    assert paths(client, execution(client, EXAMPLE_GEN, "hit").id) == [("OUTPUT", ["examples", 0])]
    assert paths(client, execution(client, names.RESOLVER, "resolve").id) == [
        ("INTERNAL_OUTPUT", ["examples", 0])
    ]
    assert paths(client, execution(client, names.IMPORTER, "import").id) == [("OUTPUT", ["result", 0])]


def test_states_are_tfx_s(client: metadata_store.MetadataStore) -> None:
    assert execution(client, EXAMPLE_GEN, "gen").last_known_state == pb.Execution.COMPLETE
    assert execution(client, EXAMPLE_GEN, "hit").last_known_state == pb.Execution.CACHED
    assert execution(client, names.RESOLVER, "resolve").last_known_state == pb.Execution.COMPLETE
    assert {artifact.state for artifact in client.get_artifacts()} == {pb.Artifact.LIVE}


def test_parameters_are_custom_properties_with_schemas(client: metadata_store.MetadataStore) -> None:
    gen = execution(client, EXAMPLE_GEN, "gen")
    assert dict(gen.properties) == {}
    custom = {k: v for k, v in gen.custom_properties.items() if not k.startswith("__penstock_")}
    assert {
        key: (value.WhichOneof("value"), getattr(value, value.WhichOneof("value")))
        for key, value in custom.items()
    } == {
        "input_base": ("string_value", "/data"),
        "span": ("int_value", 2),
        "ratio": ("double_value", 0.5),
        "flag": ("string_value", "true"),
        "__schema__flag__": ("string_value", '{"value_type": {"boolean_type": {}}}'),
        "splits": ("string_value", '["a", "b"]'),
        "__schema__splits__": ("string_value", '{"value_type": {"list_type": {}}}'),
    }
    own = {key for key in gen.custom_properties if key.startswith("__penstock_")}
    assert own == {names.ORIGIN, names.OWNER}


def test_artifacts_are_as_tfx_s_readers_expect_them(client: metadata_store.MetadataStore) -> None:
    (examples,) = client.get_artifacts_by_uri("/root/CsvExampleGen/examples/1")
    assert (examples.type, examples.name) == ("Examples", "")
    assert examples.properties["span"].int_value == 2
    assert examples.properties["version"].int_value == 1
    assert json.loads(examples.properties["split_names"].string_value) == ["train", "eval"]
    custom = examples.custom_properties
    assert custom["payload_format"].string_value == "FORMAT_TF_EXAMPLE"
    assert custom["is_external"].WhichOneof("value") == "int_value"
    assert dict(custom["rows"].struct_value) == {"train": 10, "eval": 2}
    assert list(custom["kinds"].struct_value["__value__"]) == ["int", "float"]
    assert custom["ratio"].double_value == 0.25
