# SPDX-License-Identifier: Apache-2.0
"""The publisher's part of a launch on a real store, without an executor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import Bench
from light.component import Number

from penstock.artifacts.artifact import CONTENT_BYTES, CONTENT_DIGEST
from penstock.artifacts.standard import Integer
from penstock.errors import CancelledError, DataError, MetadataError, PipelineError, UserCodeError
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime import publish
from penstock.runtime import run as runs
from penstock.runtime.cache import CACHE_PARTS
from penstock.runtime.driven import Driven
from penstock.runtime.inputs import Artifacts
from penstock.runtime.reuse import from_cache
from penstock.runtime.roles import ArtifactRecord, Record
from penstock.runtime.roles import Run as RunDecision
from penstock.runtime.run import Run
from penstock.runtime.task import ExecutorTask, artifacts_to_json


class Published:
    """One node on its way through the publisher."""

    def __init__(self, bench: Bench, store: MetadataStore, run_id: str = "r", counts: Any = None) -> None:
        self.store = store
        self.run: Run = runs.begin(bench.compile(Number(3)), store, run_id, {})
        self.node = self.run.ir.node("Number")
        decision = RunDecision(None, properties={"span": 4}, output_counts=counts or {})
        values = {"value": 3, "folder": None, "seconds": 0.5}
        self.driven = Driven(self.node, Number, {}, values, decision, {"part": 1}, ())

    def start(self) -> ExecutionRecord:
        return publish.start(self.run, self.store, self.driven)

    def outputs(self, execution: ExecutionRecord) -> Artifacts:
        outputs = publish.make_outputs(self.run, self.driven, execution.id)
        for artifact in outputs["number"]:
            Path(artifact.uri).write_text("3")
        return outputs

    def finish(self, execution: ExecutionRecord, outputs: Artifacts, record: Record | None = None) -> Any:
        digests = {key: ["d"] * len(group) for key, group in outputs.items()}
        return publish.finish(self.store, execution.id, outputs, record or Record(), digests)

    def fail(self, execution: ExecutionRecord, error: BaseException) -> None:
        publish.fail(self.run, self.store, self.node, execution.id, error)

    def again(self, execution: ExecutionRecord) -> ExecutionRecord:
        (found,) = self.store.executions([execution.id])
        return found


@pytest.fixture
def node(bench: Bench, store: MetadataStore) -> Published:
    return Published(bench, store)


def test_a_started_execution_says_what_it_runs_on(node: Published) -> None:
    execution = node.start()
    assert (execution.state, execution.node_id, execution.name) == ("RUNNING", "Number", "p/r/Number/0/0")
    assert execution.owner == Owner.current()
    assert execution.cache_key == node.driven.key
    assert execution.properties == {"value": 3, "seconds": 0.5, "span": 4, CACHE_PARTS: '{"part": 1}'}


def test_an_attempt_that_another_process_has_begun_is_left_to_it(node: Published) -> None:
    theirs = publish.new_execution(node.run, node.node, 0, {}, {}, None, {})
    other = node.store.start_execution(theirs, replace(Owner.current(), pid=1))
    ours = node.start()
    assert ours.id != other.id
    assert ours.name == "p/r/Number/0/1"


def test_a_cached_result_is_no_attempt_that_another_process_has_begun(bench: Bench, node: Published) -> None:
    execution = node.start()
    node.finish(execution, node.outputs(execution))
    second = Published(bench, node.store, "second")
    theirs = publish.new_execution(second.run, second.node, 0, {}, {}, None, {})
    other = node.store.start_execution(theirs, replace(Owner.current(), pid=1))
    driven = replace(second.driven, values={"value": 3, "folder": "of this run"})
    answer = from_cache(second.run, second.store, driven)
    assert answer is not None
    result, outputs = answer
    assert (result.state, result.execution_id != other.id) == ("cached", True)
    assert [artifact.id for artifact in outputs["number"]] == [1]
    (recorded,) = second.store.executions([result.execution_id or 0])
    assert recorded.name == "p/second/Number/0/1"
    assert recorded.properties["folder"] == "of this run"
    assert (recorded.properties["span"], "__execution_result__" in recorded.properties) == (4, False)


def test_finished_outputs_carry_what_the_publisher_and_the_store_need(node: Published) -> None:
    execution = node.start()
    outputs = node.outputs(execution)
    described = ArtifactRecord(custom_properties={"note": "n"})
    record = Record({"number": [described]}, {"more": 1}, rows=0, summary="= 3")
    published = node.finish(execution, outputs, record)
    ((artifact,),) = published.values()
    assert artifact.uri == str(Path(node.run.ir.root) / "Number/number" / str(execution.id) / "value")
    custom = artifact.custom_properties
    assert (custom["note"], custom[CONTENT_DIGEST], custom[CONTENT_BYTES]) == ("n", "d", 1)
    finished = node.again(execution)
    assert (finished.state, finished.properties["more"]) == ("COMPLETE", 1)
    result = publish.cached_result("Number", finished, "why")
    assert (result.state, result.rows, result.summary, result.reason) == ("cached", 0, "= 3", "why")


def test_an_output_that_is_withheld_is_not_published_and_its_files_go(node: Published) -> None:
    execution = node.start()
    outputs = node.outputs(execution)
    record = Record({}, {"failed_rows": 2}, stop="2 rows failed", withheld=("number", "never_made"))
    assert node.finish(execution, outputs, record) == {}
    assert not Path(outputs["number"][0].uri).exists()
    assert node.store.outputs_of(execution.id) == {}
    finished = node.again(execution)
    assert (finished.state, finished.properties["failed_rows"]) == ("COMPLETE", 2)
    assert publish.cached_result("Number", finished, "why").stop


def test_several_artifacts_of_an_output_have_a_folder_each(bench: Bench, store: MetadataStore) -> None:
    node = Published(bench, store, counts={"number": 2})
    execution = node.start()
    outputs = node.outputs(execution)
    base = Path(node.run.ir.root) / "Number/number" / str(execution.id)
    assert [artifact.uri for artifact in outputs["number"]] == [str(base / "0/value"), str(base / "1/value")]
    node.fail(execution, DataError("no"))
    assert not base.exists()


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (DataError("no rows"), "FAILED", {"message": "no rows", "traceback": ""}),
        (
            UserCodeError("it raised", traceback="Trace"),
            "FAILED",
            {"message": "it raised", "traceback": "Trace"},
        ),
        (CancelledError("by a signal"), "CANCELED", {"message": "by a signal", "traceback": ""}),
        (KeyboardInterrupt(), "CANCELED", {"message": "", "traceback": ""}),
        (RuntimeError("a defect"), "FAILED", {"message": "a defect", "traceback": ""}),
    ],
)
def test_a_failure_is_recorded_and_its_files_removed(
    node: Published, error: BaseException, state: str, told: Mapping[str, str]
) -> None:
    execution = node.start()
    (artifact,) = node.outputs(execution)["number"]
    node.fail(execution, error)
    failed = node.again(execution)
    assert failed.state == state
    assert json.loads(str(failed.properties["__execution_result__"])) == {"status": state, **told}
    assert not Path(artifact.uri).exists()


def test_a_failure_after_the_outputs_were_published_takes_nothing_away(node: Published) -> None:
    execution = node.start()
    outputs = node.outputs(execution)
    (artifact,) = node.finish(execution, outputs)["number"]
    node.fail(execution, MetadataError("the answer was lost"))
    assert node.again(execution).state == "COMPLETE"
    assert Path(artifact.uri).read_text() == "3"


def test_a_failure_that_cannot_be_recorded_leaves_the_files_for_a_sweep(
    node: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = node.start()
    (artifact,) = node.outputs(execution)["number"]

    def broken(*_: object) -> None:
        raise MetadataError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(node.store, "finish_execution", broken)
        with pytest.raises(MetadataError, match="locked"):
            node.fail(execution, DataError("no"))
    assert Path(artifact.uri).exists()
    assert node.again(execution).state == "RUNNING"


class Wrong:
    """A publisher that describes whatever a test tells it to."""

    record = Record()

    def describe(self, work: object, result: object) -> Record:
        return self.record


@pytest.mark.parametrize(
    ("artifacts", "message"),
    [
        ({"nmber": [ArtifactRecord()]}, "describes an output 'nmber' that it does not have; .*mean 'number'"),
        (
            {"number": [ArtifactRecord()] * 2},
            "more artifacts of output 'number' than there are; .*at most 1; got: 2",
        ),
    ],
)
def test_a_publisher_cannot_describe_what_is_not_there(
    monkeypatch: pytest.MonkeyPatch, artifacts: Any, message: str
) -> None:
    monkeypatch.setattr(Wrong, "record", Record(artifacts))
    monkeypatch.setattr(Number, "PUBLISHER", f"{__name__}:Wrong")
    text = dict.fromkeys(("pipeline", "run_id", "node_id", "project_root", "temp_dir", "log_file"), "n")
    outputs = artifacts_to_json({"number": [Integer("/n")]})
    task = ExecutorTask(
        component="light.component:Number", execution_id=1, inputs={}, outputs=outputs, parameters={}, **text
    )
    with pytest.raises(PipelineError, match=message):
        publish.describe(Number, task, {"value": 1})
