# SPDX-License-Identifier: Apache-2.0
"""Earlier executions that answer for a node: of the run that is resumed, from the cache, or as its driver decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.artifacts.artifact import Artifact
from penstock.ir.model import NodeIR
from penstock.metadata.records import ExecutionRecord, RemovedArtifactError
from penstock.metadata.store import MetadataStore
from penstock.runtime import publish
from penstock.runtime.attempts import latest_finished, new_attempts
from penstock.runtime.driven import Driven
from penstock.runtime.items import Item
from penstock.runtime.outputs import Artifacts
from penstock.runtime.roles import Reuse
from penstock.runtime.run import NodeResult, Run

Answer = tuple[NodeResult, Mapping[str, Sequence[Artifact]]]
"""How the node ends, and its outputs."""


def published_before(run: Run, store: MetadataStore, node: NodeIR, item: Item = ()) -> Answer | None:
    """Returns what a node has published of an item in this run before, ``None`` where there is nothing to take over.

    What stopped the run is not taken over: whoever resumes has mended something, and the node may see that.
    """
    execution_id = latest_finished(store, run, node, item)
    if execution_id is None:
        return None
    (execution,) = store.executions([execution_id])
    result = publish.cached_result(node.id, execution, "published by this run before")
    outputs = publish.existing_outputs(store, execution)
    return None if result.stop or outputs is None else (result, outputs)


def from_cache(run: Run, store: MetadataStore, driven: Driven) -> Answer | None:
    """Records that an execution with the same key answers, if there is one."""
    found = publish.find_cached(store, driven.key) if driven.node.enable_cache else None
    if found is None:
        return None
    earlier, outputs = found
    try:
        execution = _record(
            run,
            store,
            driven.node,
            driven.values,
            driven.inputs,
            driven.key,
            earlier,
            outputs,
            driven.item,
        )
    except RemovedArtifactError:
        return None  # since a moment; where it is an input that is gone, the execution itself says so
    return _answer(driven.node, execution, earlier, f"same as execution {earlier.id}", outputs)


def as_decided(
    run: Run,
    store: MetadataStore,
    node: NodeIR,
    values: Mapping[str, Any],
    inputs: Artifacts,
    decision: Reuse,
    item: Item = (),
) -> Answer:
    """Records that the execution answers that the node's driver has named."""
    (earlier,) = store.executions([decision.execution_id])
    outputs = store.outputs_of(earlier.id)
    execution = _record(run, store, node, values, inputs, None, earlier, outputs, item)
    return _answer(node, execution, earlier, decision.reason, outputs)


def _record(
    run: Run,
    store: MetadataStore,
    node: NodeIR,
    values: Mapping[str, Any],
    inputs: Artifacts,
    key: str | None,
    earlier: ExecutionRecord,
    outputs: Mapping[str, Sequence[Artifact]],
    item: Item,
) -> ExecutionRecord:
    # The parameters are this run's: those that are not in the key may differ.
    inherited = {name: value for name, value in earlier.properties.items() if name not in values}
    for attempt in new_attempts(store, run, node, item):
        new = publish.new_execution(run, node, attempt, values, inputs, key, inherited, item)
        execution = store.record_cached(new, publish.ids(outputs))
        if execution.state == "CACHED":
            return execution
        # This one another process has just begun.
    raise AssertionError("there is always a further attempt")


def _answer(
    node: NodeIR,
    execution: ExecutionRecord,
    earlier: ExecutionRecord,
    reason: str,
    outputs: Mapping[str, Sequence[Artifact]],
) -> Answer:
    return replace(publish.cached_result(node.id, earlier, reason), execution_id=execution.id), outputs
