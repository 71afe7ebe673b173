# SPDX-License-Identifier: Apache-2.0
"""Partial runs: which nodes run, and what stands for the others.

Of a node that is not run, the base run's executions are taken over: when the node's turn comes the new run records a
CACHED execution of its own that points at the same artifacts, so that the new run is as whole as any other and can be
the base of the next. What follows the nodes that are run without being one of them is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.artifacts.artifact import Artifact
from penstock.errors import UsageError, did_you_mean
from penstock.graph.run_options import RunOptions
from penstock.ir.model import NodeIR, PipelineIR
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime import publish
from penstock.runtime.items import Item, instance_name
from penstock.runtime.part_selection import listed, reached, select
from penstock.runtime.presence import is_there
from penstock.runtime.results import NodeResult, node_results
from penstock.runtime.run import Run

LATEST = "latest"
_LOOK_BACK = 50
_LEFT_OUT = "outside of the part that was to be run"


@dataclass(frozen=True, slots=True)
class PartialRun:
    """What a partial run is made of.

    Attributes:
        selected: Ids of the nodes that run.
        base_run_id: The run that the others' results are taken from; ``""`` where nothing is taken over.
        outside: How each of the others ends, by id; executions are the base run's.
    """

    selected: frozenset[str]
    base_run_id: str
    outside: Mapping[str, NodeResult]


def plan_partial_run(ir: PipelineIR, store: MetadataStore, options: RunOptions) -> PartialRun:
    """Works out a partial run; records nothing.

    Raises:
        UsageError: A node is not known, nothing is selected, there is no base run, or the base run lacks something.
    """
    selected = select(ir, options)
    reusable = [node for node in ir.nodes if node.id not in reached(ir, selected)]
    if not reusable:
        return PartialRun(selected, "", _left_out(ir, selected, ()))
    required = {
        name
        for node in ir.nodes
        if node.id in selected and node.trigger == "all_succeeded"
        for name in node.upstream
        if name not in selected
    }
    base = _base_run(ir, store, options, required)
    results = base_results(store, base)
    _check(ir, store, base, results, required)
    taken = {
        node.id: _taken_over(results[node.id], base.run_id)
        for node in reusable
        if node.id in results and _lack(node, results[node.id]) is None
    }
    return PartialRun(selected, base.run_id, {**_left_out(ir, selected, taken), **taken})


def _left_out(ir: PipelineIR, selected: Collection[str], taken: Collection[str]) -> dict[str, NodeResult]:
    return {
        node.id: NodeResult(node.id, "not run", _LEFT_OUT)
        for node in ir.nodes
        if node.id not in selected and node.id not in taken
    }


# ---------------------------------------------------------------------------------------------------------- which base


def _base_run(
    ir: PipelineIR, store: MetadataStore, options: RunOptions, required: Collection[str]
) -> RunRecord:
    wanted = options.base_pipeline_run_id
    if wanted is None or wanted == LATEST:
        latest = next(iter(store.list_runs(ir.name, limit=1)), None)
        if latest is None and required:
            raise UsageError(
                f"pipeline {ir.name} has not run yet, so there is nothing to take {listed(required)} from",
                hint="run all of it first",
            )
        return latest or RunRecord(0, ir.name, "", {}, 0, 0)
    found = store.get_run(None, wanted)
    if found is None or found.pipeline != ir.name:
        known = [run.run_id for run in store.list_runs(ir.name, limit=_LOOK_BACK)]
        raise UsageError(
            f"pipeline {ir.name} has no run {wanted!r} to take results from",
            got=f"a run of pipeline {found.pipeline}" if found is not None else None,
            hint=did_you_mean(wanted, known),
        )
    return found


def base_results(store: MetadataStore, base: RunRecord) -> dict[str, NodeResult]:
    """Returns how the nodes of a run ended; of one that TFX ran, those that succeeded."""
    results = node_results(base)
    if results or not base.run_id:
        return results
    for execution in store.executions_of_run(base.pipeline, base.run_id):
        if execution.state in ("COMPLETE", "CACHED"):
            results[execution.node_id] = NodeResult(execution.node_id, "ran", execution_id=execution.id)
    return results


def _check(
    ir: PipelineIR,
    store: MetadataStore,
    base: RunRecord,
    results: Mapping[str, NodeResult],
    required: Collection[str],
) -> None:
    problems = list(_problems(ir, store, results, required))
    if problems:
        raise UsageError(
            f"run {base.run_id} lacks what this partial run needs",
            expected=f"results of {listed(required)}",
            got="; ".join(problems),
            hint=_other_base(ir, store, base, required),
        )


def _problems(
    ir: PipelineIR, store: MetadataStore, results: Mapping[str, NodeResult], required: Collection[str]
) -> Iterator[str]:
    """Yields what some nodes' results lack to be taken over."""
    for node in ir.nodes:
        if node.id not in required:
            continue
        result = results.get(node.id)
        if result is None:
            yield f"{node.id} was no part of it"
        elif (lack := _lack(node, result)) is not None:
            yield f"{node.id} {lack}"
        else:
            yield from _missing(store, node, result)


def _lack(node: NodeIR, result: NodeResult) -> str | None:
    """Returns why a result cannot stand for a node, ``None`` where it can."""
    if result.state in ("failed", "cancelled"):
        return f"was {result.state}" if result.state == "cancelled" else "failed in it"
    if result.state == "not run":
        return "did not run in it"
    if node.id and result.has_outputs and any(one.execution_id is None for one in _taken(result)):
        return "has no execution in it"
    return None


def _missing(store: MetadataStore, node: NodeIR, result: NodeResult) -> Iterator[str]:
    """Yields what the executions of a result cannot give."""
    ids = [one.execution_id for one in _taken(result) if one.execution_id is not None]
    for execution in store.executions(ids):
        if execution.type != node.type:
            yield f"{node.id} was another component then ({execution.type})"
            return
    for outputs in store.outputs_of_all(ids).values():
        for key, group in outputs.items():
            if not all(map(is_there, group)):
                yield f"the files of {node.id}.{key} have been removed"
                return


def _taken(result: NodeResult) -> Sequence[NodeResult]:
    """Returns the results that have executions: those of the items, or the one there is."""
    return [one for one in (result.items or (result,)) if one.has_outputs]


def _other_base(ir: PipelineIR, store: MetadataStore, base: RunRecord, required: Collection[str]) -> str:
    for record in store.list_runs(ir.name, limit=_LOOK_BACK):
        if record.id != base.id and not any(_problems(ir, store, base_results(store, record), required)):
            return f"run {record.run_id} has them: --base-run {record.run_id}"
    return f"begin earlier, so that {listed(required)} run too, or run all of the pipeline"


def _taken_over(result: NodeResult, base_run_id: str) -> NodeResult:
    """Returns a base run's result as one of the new run."""
    items = tuple(_taken_over(item, base_run_id) for item in result.items)
    if not result.has_outputs:
        return replace(result, seconds=0.0, items=items)
    return NodeResult(
        result.node_id,
        "cached",
        f"taken from run {base_run_id}",
        result.execution_id,
        rows=result.rows,
        summary=result.summary,
        item=result.item,
        items=items,
    )


# ------------------------------------------------------------------------------------------------- when its turn comes


def settled(
    run: Run, store: MetadataStore, node: NodeIR, item: Item = ()
) -> tuple[NodeResult, Mapping[str, Sequence[Artifact]]] | None:
    """Returns how a node outside of a partial run ends, and what stands for its outputs; ``None`` if it is to run."""
    whole = run.outside.get(node.id)
    if whole is None:
        return None
    result = whole.of_item(item)
    if result is None:
        raise UsageError(
            f"the base run has no result of {instance_name(node.id, item)}",
            expected=f"items {listed([one.item for one in whole.items])}",
            hint=f"begin the partial run at {node.id}, or before it",
        )
    if not result.has_outputs or result.execution_id is None:
        return replace(result, items=()), {}
    execution_id, outputs = _record(run, store, node, item, result.execution_id)
    return replace(result, execution_id=execution_id, items=()), outputs


def _record(
    run: Run, store: MetadataStore, node: NodeIR, item: Item, earlier_id: int
) -> tuple[int, Mapping[str, Sequence[Artifact]]]:
    """Records the base run's execution as one of this run, under a name that makes a repetition the same."""
    (earlier,) = store.executions([earlier_id])
    outputs = store.outputs_of(earlier_id)
    inputs = {
        key: [artifact for artifact in group if artifact.state == "LIVE"]
        for key, group in store.inputs_of(earlier_id).items()
    }
    new = publish.new_execution(run, node, 0, {}, inputs, earlier.cache_key, earlier.properties, item)
    # What a Resolver gives out is not its own, and must not become this pipeline's history by being taken over.
    record = store.record_resolved if node.kind == "resolver" else store.record_cached
    return record(new, publish.ids(outputs)).id, outputs
