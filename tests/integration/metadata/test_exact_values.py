# SPDX-License-Identifier: Apache-2.0
"""Values through the real library: every one comes back, and none makes anything unreadable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from metadata_recorder import Recorder, config_of

from penstock.artifacts.artifact import Artifact, Property, PropertyType
from penstock.metadata.store import MetadataStore

pytestmark = pytest.mark.integration

TEXT = st.text(st.characters(exclude_categories=[])) | st.sampled_from(
    ["__MLMD_NULL__", "mlmd-struct::", "mlmd-struct::x", "mlmd-proto::x", "C:\\dir", "'\";--", "a\0b", "%s?"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
KEYS = st.sampled_from(["k", "K", "key with blanks", "a.b", "é😀", "'\"`;", "%s"])


class Numbers(Artifact):
    TYPE_NAME = "Numbers"
    PROPERTIES: ClassVar = {"f": Property(PropertyType.FLOAT), "j": Property(PropertyType.JSON_VALUE)}


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    with MetadataStore.open(config_of(tmp_path_factory.mktemp("store") / "m.db")) as store:
        yield Recorder(store)


def text_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(KEYS, JSON, max_size=4), number=st.floats(), declared=JSON)
@example(values={"k": "__MLMD_NULL__", "K": 1 / 3}, number=float("nan"), declared={"__value__": 1})
@example(values={"k": -(2**63) - 1}, number=1e300, declared=None)
@example(values={"k": 999999999.999999, "K": 123456789.123456, "a.b": -0.0}, number=-0.0, declared=2.0)
def test_everything_comes_back(
    recorder: Recorder, values: dict[str, Any], number: float, declared: Any
) -> None:
    store = recorder.store
    artifact = Numbers("/n", properties={"f": number, "j": declared}, custom_properties=values)
    started = recorder.start(properties=values)
    (made,) = store.finish_execution(started.id, "COMPLETE", {"numbers": [artifact]}, {})["numbers"]
    assert text_of(made.custom_properties) == text_of(values)
    assert text_of(made.properties) == text_of({"f": number, "j": declared})
    assert text_of(store.executions([started.id])[0].properties) == text_of(values)
    run = store.begin_run("taxi", started.name, values)
    assert text_of(run.properties) == text_of(values)
    store.update_run(run, values)
    again = store.get_run("taxi", started.name)
    assert again is not None
    assert text_of(again.properties) == text_of(values)


def test_listings_of_all_that_was_written_are_readable(recorder: Recorder) -> None:
    recorder.publish({"numbers": [Numbers("/last")]})
    store = recorder.store
    assert len(store.latest_artifacts("Numbers")) == len(
        [execution for execution in store.executions_of_run("taxi", "r0") if execution.state == "COMPLETE"]
    )
    assert store.list_runs()


@pytest.mark.parametrize("name", ["o'neil", 'a"b', "a\\b", "100%", "é😀", "a b ", "x" * 240])
def test_names_and_uris_come_back(recorder: Recorder, name: str) -> None:
    made = recorder.publish(
        {name: [Numbers(f"/{name}", name=name)]}, name=name, node_id=name, run_id=name, cache_key=name
    )[name]
    store = recorder.store
    assert [(artifact.uri, artifact.name) for artifact in made] == [(f"/{name}", name)]
    assert store.artifact_by_uri(f"/{name}") == made[0]
    (execution,) = store.executions_of_run("taxi", name)
    assert (execution.name, execution.run_id, execution.node_id) == (name, name, name)
    assert store.outputs_of(execution.id) == {name: made}
    assert store.executions_of_node("taxi", name) == [execution]
    hit = store.find_cached(name)
    assert hit is not None
    assert hit.outputs == {name: made}


def test_a_large_text_comes_back(recorder: Recorder) -> None:
    text = "x\\'\n" * 300_000
    assert recorder.start(properties={"k": text}).properties == {"k": text}
