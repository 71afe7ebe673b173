# SPDX-License-Identifier: Apache-2.0
"""Why a node ran or was cached: the parts of its cache key against those of its execution before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from penstock import files
from penstock.errors import UsageError, did_you_mean
from penstock.metadata.records import ExecutionRecord, RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.cache import differing_parts
from penstock.runtime.results import by_name, refuse_whole_loop
from penstock.runtime.run import NodeResult, node_results
from penstock.ui.artifact_page import shown
from penstock.ui.lineage_page import cache_parts
from penstock.ui.outcome import recorded_ir

_EARLIER = 50
_WORDS = {
    "code": "the component's own code",
    "component": "the component's type",
    "examples_format": "the format of examples",
    "outputs": "the outputs that the node makes",
}
_KINDS = {
    "input ": "the content of input {}",
    "parameter ": "parameter {}",
    "module ": "the user's code in {}",
    "driver ": "what the driver found: {}",
    "version ": "the version of {}",
    "setting ": "the setting {}",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the cache key in which two executions differ; ``None`` where one has no such part."""

    part: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a node ran or was cached.

    Attributes:
        node_id: The node.
        run_id: The run.
        state: How it ended there.
        reason: Why, as it was recorded.
        execution_id: Its execution; ``None`` where there is none.
        cache: Whether the cache was on for it; ``None`` where that is no longer known.
        compared_with: The execution before that was published; ``None`` where there is none.
        compared_with_run: Its run.
        outputs_are_there: Whether what that one made can still be reused.
        differences: In what they differ.
        parts: All that the result depends on.
    """

    node_id: str
    run_id: str
    state: str
    reason: str
    execution_id: int | None
    cache: bool | None
    compared_with: int | None
    compared_with_run: str
    outputs_are_there: bool
    differences: tuple[Difference, ...]
    parts: dict[str, Any]


def explain(
    store: MetadataStore, run: RunRecord, node_id: str, *, against: RunRecord | None = None
) -> Explanation:
    """Returns why a node ran or was cached in a run.

    Args:
        store: The metadata store.
        run: The run.
        node_id: The node.
        against: Another run to compare with; the node's execution before where it is not given.

    Raises:
        UsageError: One of the runs has no such node, or no execution of it to compare with.
    """
    result = _result(run, node_id)
    execution = _execution(store, run, result)
    if against is not None:
        earlier = _execution(store, against, _result(against, node_id))
        if earlier is None:
            raise UsageError(
                f"{node_id} did not run in run {against.run_id}, so there is nothing to compare with"
            )
    else:
        earlier = _earlier(store, run, execution) if execution else None
    parts = cache_parts(execution) if execution else {}
    differences = differing_parts(cache_parts(earlier), parts) if earlier else []
    ir = recorded_ir(run)
    caches = {node.id: node.enable_cache for node in ir.nodes} if ir else {}
    return Explanation(
        node_id=node_id,
        run_id=run.run_id,
        state=result.state,
        reason=result.reason,
        execution_id=execution.id if execution else None,
        cache=caches.get(result.node_id),
        compared_with=earlier.id if earlier else None,
        compared_with_run=earlier.run_id if earlier else "",
        outputs_are_there=_outputs_are_there(store, earlier) if earlier else False,
        differences=tuple(Difference(*difference) for difference in differences),
        parts=dict(parts),
    )


def _result(run: RunRecord, node_id: str) -> NodeResult:
    """Returns how a node ended, or its work on an item (``Trainer[2]``)."""
    known = by_name(node_results(run).values())
    if node_id not in known:
        raise UsageError(f"run {run.run_id} has no node {node_id!r}", hint=did_you_mean(node_id, known))
    refuse_whole_loop(known[node_id])
    return known[node_id]


def _execution(store: MetadataStore, run: RunRecord, result: NodeResult) -> ExecutionRecord | None:
    if result.execution_id is not None:
        return store.executions([result.execution_id])[0]
    if result.state != "failed":
        return None
    found = store.executions_of_run(run.pipeline, run.run_id)
    item = f"/{result.node_id}/{result.item or 0}/"
    return next((e for e in reversed(found) if e.node_id == result.node_id and item in e.name), None)


def _earlier(store: MetadataStore, run: RunRecord, execution: ExecutionRecord) -> ExecutionRecord | None:
    """Returns the newest execution before this one whose result could have been reused; for a cached one, that was."""
    candidates = [
        candidate
        for candidate in store.executions_of_node(run.pipeline, execution.node_id, limit=_EARLIER)
        if candidate.id < execution.id
        and candidate.state in ("COMPLETE", "CACHED")
        and cache_parts(candidate)
    ]
    if execution.state == "CACHED":
        same = [candidate for candidate in candidates if candidate.cache_key == execution.cache_key]
        candidates = same or candidates
    # In a loop the same item before tells most, and another item of the same run nothing.
    alike = [candidate for candidate in candidates if _item(candidate) == _item(execution)]
    others = [candidate for candidate in candidates if candidate.run_id != execution.run_id]
    return next(iter(alike or others), None)


def _item(execution: ExecutionRecord) -> str:
    """Returns which item an execution was for, as its name has it: ``pipeline/run/node/item/attempt``."""
    parts = execution.name.rsplit("/", 2)
    return parts[1] if len(parts) == 3 else ""


def _outputs_are_there(store: MetadataStore, execution: ExecutionRecord) -> bool:
    outputs = store.outputs_of(execution.id)
    return all(a.state == "LIVE" and files.exists(a.uri) for group in outputs.values() for a in group)


def explanation_text(told: Explanation) -> str:
    """Returns the explanation for people."""
    execution = f", execution {told.execution_id}" if told.execution_id else ""
    lines = [f"{told.node_id} in run {told.run_id}: {told.state}{execution}"]
    if told.reason:
        lines.append(f"  {told.reason}")
    if told.execution_id is None:
        return "\n".join([*lines, "  it did not come to asking the cache"])
    if not told.parts:
        return "\n".join(
            [*lines, "  this kind of node looks at the history anew in every run and is never cached"]
        )
    if told.compared_with is None:
        return "\n".join([*lines, "  no execution of this node before it was published", *_parts(told)])
    lines.append(f"compared with execution {told.compared_with} of run {told.compared_with_run}:")
    lines += [_difference(difference) for difference in told.differences]
    if not told.differences:
        lines.append(f"  {_no_difference(told)}")
    return "\n".join(lines)


def _no_difference(told: Explanation) -> str:
    if told.state == "cached":
        return "nothing differs, so its result was reused"
    why: Literal["off", "gone", "unknown"] = "unknown"
    if told.cache is False:
        why = "off"
    elif not told.outputs_are_there:
        why = "gone"
    return {
        "off": "nothing differs, but the cache is off for this node",
        "gone": "nothing differs, but what that one made is no longer there",
        "unknown": "nothing differs; its result was not there yet, or was asked for anew, when this one began",
    }[why]


def _difference(difference: Difference) -> str:
    return (
        f"  {_in_words(difference.part)} differs\n"
        f"    before: {_value(difference.before)}\n    now:    {_value(difference.after)}"
    )


def _value(value: Any) -> str:
    return "(none)" if value is None else shown(value)


def _in_words(part: str) -> str:
    for prefix, words in _KINDS.items():
        if part.startswith(prefix):
            return words.format(part.removeprefix(prefix))
    return _WORDS.get(part, part)


def _parts(told: Explanation) -> list[str]:
    return [
        "its result depends on:",
        *(f"  {name}: {shown(value)}" for name, value in sorted(told.parts.items())),
    ]
