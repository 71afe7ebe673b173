# SPDX-License-Identifier: Apache-2.0
"""The publisher's part of a launch: the only code that writes executions and artifacts to the metadata store.

``start`` records the execution as RUNNING with its inputs, before anything is written to disk; ``finish`` makes the
outputs real in one transaction; ``fail`` removes them. Outputs exist for others only after ``finish``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from penstock import files
from penstock.artifacts.artifact import CONTENT_BYTES, CONTENT_DIGEST, TFX_VERSION, Artifact, PropertyValue
from penstock.artifacts.standard import artifact_class
from penstock.artifacts.value_artifact import VALUE_FILE, ValueArtifact
from penstock.errors import CancelledError, ExecutionError, PenstockError, PipelineError, did_you_mean
from penstock.graph.component import BaseComponent
from penstock.ir.model import NodeIR
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.metadata.owner import Owner
from penstock.metadata.records import ExecutionRecord, NewExecution
from penstock.metadata.store import MetadataStore
from penstock.runtime.attempts import execution_name, new_attempts
from penstock.runtime.cache import CACHE_PARTS
from penstock.runtime.divided_outputs import is_divided
from penstock.runtime.driven import Driven
from penstock.runtime.items import Item
from penstock.runtime.loading import load_role
from penstock.runtime.outputs import Artifacts
from penstock.runtime.presence import is_there
from penstock.runtime.roles import Record
from penstock.runtime.roles import Run as RunDecision
from penstock.runtime.run import NodeResult, Run
from penstock.runtime.task import ExecutorTask, work_of
from penstock.runtime.user_code import user_code
from penstock.version import TFX_COMPATIBLE_VERSION

_ROWS = "__rows__"
_SUMMARY = "__summary__"
_STOP = "__stop__"
_RESULT = "__execution_result__"
_INHERITED = (_ROWS, _SUMMARY, _STOP)


def start(run: Run, store: MetadataStore, driven: Driven) -> ExecutionRecord:
    """Records a node's execution as RUNNING, with its inputs, parameters and cache key."""
    properties = {
        **driven.decision.properties,
        CACHE_PARTS: json.dumps(driven.parts, sort_keys=True, default=str),
    }
    node, item, owner = driven.node, driven.item, Owner.current()
    for attempt in new_attempts(store, run, node, item):
        new = new_execution(run, node, attempt, driven.values, driven.inputs, driven.key, properties, item)
        execution = store.start_execution(new, owner)
        if execution.owner == owner and execution.state == "RUNNING":
            return execution
        # This one another process has just begun.
    raise AssertionError("there is always a further attempt")


def new_execution(
    run: Run,
    node: NodeIR,
    attempt: int,
    values: Mapping[str, Any],
    inputs: Mapping[str, Sequence[Artifact]],
    key: str | None,
    properties: Mapping[str, PropertyValue],
    item: Item = (),
) -> NewExecution:
    """Returns the description of an execution of a node in a run, for an item of the loops around it."""
    return NewExecution(
        type=node.type,
        base_type=node.base_type,
        name=execution_name(run, node.id, attempt, item),
        pipeline=run.ir.name,
        run_id=run.run_id,
        node_id=node.id,
        properties={
            **{name: _property(value) for name, value in values.items() if value is not None},
            **properties,
        },
        inputs=ids(inputs),
        cache_key=key,
    )


def _property(value: Any) -> PropertyValue:
    """Returns a parameter as TFX records it: scalars as they are, everything else as JSON text."""
    if isinstance(value, (int, float, str)):
        return value
    return json.dumps(value, sort_keys=True)


def ids(artifacts: Mapping[str, Sequence[Artifact]]) -> dict[str, list[int]]:
    """Returns the ids of artifacts by key."""
    return {key: [artifact.id for artifact in group] for key, group in artifacts.items() if group}


def make_outputs(run: Run, driven: Driven, execution_id: int) -> Artifacts:
    """Makes the folders of an execution's outputs, which no one else uses."""
    ports = driven.component.signature().outputs
    outputs: Artifacts = {}
    for key, port in driven.node.outputs.items():
        kind = artifact_class(port.type, ports[key].type)
        base = _output_folder(run, driven.node, key, execution_id)
        count = driven.decision.output_counts.get(key, 1)
        folders = [base] if count == 1 else [files.join(base, str(index)) for index in range(count)]
        for folder in folders:
            files.makedirs(folder)
        if issubclass(kind, ValueArtifact):  # as in TFX, the URI of a value is that of its file
            folders = [files.join(folder, VALUE_FILE) for folder in folders]
        outputs[key] = [kind(uri) for uri in folders]
    return outputs


def _output_folder(run: Run, node: NodeIR, key: str, execution_id: int) -> str:
    return files.join(run.ir.root, node.id, key, f"{execution_id}{run.folder_mark}")


def plan_json(decision: RunDecision[Any]) -> Any:
    """Returns the driver's plan as plain JSON."""
    return to_jsonable(decision.plan)


def describe(cls: type[BaseComponent], task: ExecutorTask, result: Any) -> Record:
    """Has the component's publisher say what to record."""
    typed = from_jsonable(cls.Result, result, path="result") if cls.Result is not None else None
    publisher = load_role(cls, cls.PUBLISHER, task.node_id)
    with user_code(task.node_id, what=f"{type(publisher).__name__}.describe"):
        record: Record = publisher.describe(work_of(task, cls, lambda **_: None), typed)
    for key, described in record.artifacts.items():
        made = described if is_divided(described) else task.outputs.get(key, described)
        _check_described(cls, key, len(described), len(made))
    return record


def _check_described(cls: type[BaseComponent], key: str, described: int, made: int) -> None:
    """Refuses a record of outputs that there are not; of one that was left out of the pipeline it is of no use."""
    outputs = cls.signature().outputs
    if key not in outputs:
        raise PipelineError(
            f"the publisher of {cls.__qualname__} describes an output {key!r} that it does not have",
            hint=did_you_mean(key, outputs),
        )
    if described > made:
        raise PipelineError(
            f"the publisher of {cls.__qualname__} describes more artifacts of output {key!r} than there are",
            expected=f"at most {made}",
            got=str(described),
        )


def finish(
    store: MetadataStore,
    execution_id: int,
    outputs: Artifacts,
    record: Record,
    digests: Mapping[str, Sequence[str]],
) -> Mapping[str, Sequence[Artifact]]:
    """Publishes the outputs that are not withheld and marks the execution COMPLETE, in one transaction."""
    published = {key: group for key, group in outputs.items() if key not in record.withheld}
    for key, artifacts in published.items():
        described = record.artifacts.get(key, ())
        for index, artifact in enumerate(artifacts):
            _check_written(key, artifact, digests[key][index])
            if index < len(described):
                for name, value in described[index].properties.items():
                    artifact.set_property(name, value)
                for name, value in described[index].custom_properties.items():
                    artifact.set_custom_property(name, value)
            artifact.set_custom_property(TFX_VERSION, TFX_COMPATIBLE_VERSION)
            artifact.set_custom_property(CONTENT_DIGEST, digests[key][index])
            artifact.set_custom_property(CONTENT_BYTES, files.tree_size(artifact.uri))
    told: dict[str, PropertyValue] = {_ROWS: record.rows, _SUMMARY: record.summary, _STOP: record.stop}
    properties = {
        **record.execution,
        **{name: value for name, value in told.items() if value not in (None, "")},
    }
    made = store.finish_execution(execution_id, "COMPLETE", published, properties)
    for key in outputs.keys() - published.keys():
        for artifact in outputs[key]:
            with suppress(PenstockError):  # no one knows of it; what is left, a later run sweeps
                files.remove_tree(artifact.uri)
    return made


def _check_written(key: str, artifact: Artifact, digest: str) -> None:
    if not digest:
        raise ExecutionError(
            f"output {key!r} was not written", expected=f"a file {artifact.uri}", got="no such file or folder"
        )


def fail(run: Run, store: MetadataStore, node: NodeIR, execution_id: int, error: BaseException) -> None:
    """Records why an execution failed, and then removes what it wrote."""
    cancelled = isinstance(error, (CancelledError, KeyboardInterrupt, SystemExit))
    document = {
        "status": "CANCELED" if cancelled else "FAILED",
        "message": str(error),
        "traceback": getattr(error, "traceback", "") if isinstance(error, PenstockError) else "",
    }
    state: Literal["FAILED", "CANCELED"] = "CANCELED" if cancelled else "FAILED"
    store.finish_execution(execution_id, state, {}, {_RESULT: json.dumps(document)})
    (execution,) = store.executions([execution_id])
    if execution.state in (
        "FAILED",
        "CANCELED",
    ):  # it is COMPLETE where the failure came after that was recorded
        for key in node.outputs:
            files.remove_tree(_output_folder(run, node, key, execution_id))


def result_of(node_id: str, execution_id: int, record: Record) -> NodeResult:
    """Returns how a node that executed has ended."""
    if record.stop:
        return NodeResult(
            node_id, "failed", record.stop, execution_id, rows=record.rows, summary=record.summary, stop=True
        )
    return NodeResult(node_id, "ran", "", execution_id, rows=record.rows, summary=record.summary)


def cached_result(node_id: str, execution: ExecutionRecord, reason: str) -> NodeResult:
    """Returns how a node ends whose result an earlier execution holds; what stopped that run stops this one."""
    rows, summary, stop = (execution.properties.get(name) for name in _INHERITED)
    count = rows if isinstance(rows, int) else None
    if stop:
        return NodeResult(node_id, "failed", str(stop), execution.id, rows=count, stop=True)
    return NodeResult(node_id, "cached", reason, execution.id, rows=count, summary=str(summary or ""))


def find_cached(
    store: MetadataStore, key: str
) -> tuple[ExecutionRecord, Mapping[str, Sequence[Artifact]]] | None:
    """Returns the newest execution with that cache key whose outputs are all still there, and these."""
    found = store.find_cached(key)
    if found is None:
        return None
    execution, outputs = found
    return (execution, outputs) if _exist(outputs) else None


def existing_outputs(
    store: MetadataStore, execution: ExecutionRecord
) -> Mapping[str, Sequence[Artifact]] | None:
    """Returns the outputs of an execution, or ``None`` where one of them is no longer there."""
    outputs = store.outputs_of(execution.id)
    return outputs if _exist(outputs) else None


def _exist(outputs: Mapping[str, Sequence[Artifact]]) -> bool:
    return all(is_there(artifact) for group in outputs.values() for artifact in group)
