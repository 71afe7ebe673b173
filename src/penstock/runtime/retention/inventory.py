# SPDX-License-Identifier: Apache-2.0
"""What runs that need not be kept have put out, and which of it something else still needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from penstock import files
from penstock.artifacts.artifact import IS_EXTERNAL, Artifact
from penstock.artifacts.standard import ModelBlessing, PushedModel
from penstock.metadata.records import ExecutionRecord, LineageEdge, RunRecord
from penstock.metadata.store import MetadataStore

Reason = Literal["used", "lineage", "newest", "blessed", "pushed"]
"""Why files are kept: a kept run uses them, what is kept was made from them, they are the newest of their output, they
belong to the newest blessed model, they belong to the newest push to a destination."""

_DIRECT: frozenset[Reason] = frozenset({"blessed", "pushed"})
"""What these were made from is kept in any case."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An artifact in a folder of its own, made by an execution of a run that need not be kept."""

    artifact: Artifact
    execution: ExecutionRecord
    output: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Type, pipeline, node and output: what a Resolver may choose by."""
        return (self.artifact.type_name, self.execution.pipeline, self.execution.node_id, self.output)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What some runs have put out.

    Attributes:
        runs: The runs.
        candidates: Their artifacts that have files, by id.
        executions: Ids of all their executions.
    """

    runs: tuple[RunRecord, ...]
    candidates: Mapping[int, Candidate] = field(default_factory=dict)
    executions: frozenset[int] = frozenset()


def take_inventory(store: MetadataStore, runs: Sequence[RunRecord]) -> Inventory:
    """Reads what runs have made; what was imported, or lies outside of the pipeline's root, is not theirs."""
    executions: list[ExecutionRecord] = []
    roots: dict[int, str] = {}
    for record in runs:
        found = store.executions_of_run(record.pipeline, record.run_id)
        executions += found
        roots.update(dict.fromkeys((e.id for e in found), str(record.properties.get("root") or "")))
    makers = [execution for execution in executions if execution.state == "COMPLETE"]
    outputs = store.outputs_of_all(execution.id for execution in makers)
    candidates = {
        artifact.id: Candidate(artifact, execution, key)
        for execution in makers
        for key, group in outputs[execution.id].items()
        for artifact in group
        if artifact.state in ("LIVE", "MARKED_FOR_DELETION")
        and is_own(artifact, execution, roots[execution.id])
    }
    return Inventory(tuple(runs), candidates, frozenset(execution.id for execution in executions))


def is_own(artifact: Artifact, execution: ExecutionRecord, root: str) -> bool:
    """Says whether an artifact lies in a folder below the root that is named for the execution, so is no one else's."""
    if not root or artifact.get_int_custom_property(IS_EXTERNAL) == 1:
        return False
    base = _plain(root)
    uri = _plain(artifact.uri)
    if not uri.startswith(base + "/"):
        return False
    parts = uri[len(base) + 1 :].split("/")
    own = re.compile(rf"{execution.id}(-[0-9a-f]{{8}})?")
    return ".." not in parts and any(own.fullmatch(part) for part in parts[2:])


def _plain(uri: str) -> str:
    return posixpath.normpath(files.local_path(uri)) if files.is_local(uri) else uri.rstrip("/")


def needed(
    store: MetadataStore, inventory: Inventory, uses: Iterable[LineageEdge], *, whole_lineage: bool
) -> dict[int, Reason]:
    """Returns which candidates have to be kept, and why.

    Args:
        store: The metadata store.
        inventory: The candidates.
        uses: All uses of them.
        whole_lineage: Whether all is kept that a kept one was made from, however far back.
    """
    read_by: dict[int, set[int]] = {}
    kept: dict[int, Reason] = {}
    for use in uses:
        if use.execution_id not in inventory.executions:
            kept[use.artifact_id] = "used"
        elif use.kind == "input":
            read_by.setdefault(use.execution_id, set()).add(use.artifact_id)
    for artifact_id, reason in _chosen_next(store, inventory):
        kept.setdefault(artifact_id, reason)
    waiting = [a for a, reason in kept.items() if whole_lineage or reason in _DIRECT]
    while waiting:
        origin = read_by.get(inventory.candidates[waiting.pop()].execution.id, ())
        fresh = [artifact_id for artifact_id in origin if artifact_id not in kept]
        kept.update(dict.fromkeys(fresh, "lineage"))
        waiting += fresh if whole_lineage else ()
    return kept


def _chosen_next(store: MetadataStore, inventory: Inventory) -> Iterator[tuple[int, Reason]]:
    """Yields the candidates that a Resolver, or Evaluator and Pusher by themselves, would go back to."""
    candidates = inventory.candidates
    siblings: dict[int, list[int]] = {}
    for artifact_id, candidate in candidates.items():
        siblings.setdefault(candidate.execution.id, []).append(artifact_id)
    for place in sorted({candidate.place for candidate in candidates.values()}):
        type_name, pipeline, node_id, key = place
        newest = store.newest_artifacts(type_name, pipeline=pipeline, node_id=node_id, output_key=key)
        chosen: list[tuple[int, Reason]] = [(a.id, "newest") for a in [next(newest, None)] if a is not None]
        if type_name == ModelBlessing.TYPE_NAME:
            chosen += [(artifact_id, "blessed") for artifact_id in _newest_blessed(store, place)]
        if type_name == PushedModel.TYPE_NAME:
            chosen += [(artifact_id, "pushed") for artifact_id in _newest_pushes(store, place, candidates)]
        for artifact_id, reason in reversed(chosen):  # the stronger reason first
            if artifact_id not in candidates:
                continue
            made = siblings[candidates[artifact_id].execution.id] if reason in _DIRECT else [artifact_id]
            yield from ((sibling, reason) for sibling in made)


def _newest_blessed(store: MetadataStore, place: tuple[str, str, str, str]) -> list[int]:
    """Returns the newest blessing that says yes of a model that is still there, and that model."""
    type_name, pipeline, node_id, key = place
    for blessing in store.newest_artifacts(type_name, pipeline=pipeline, node_id=node_id, output_key=key):
        model_id = blessing.get_int_custom_property("current_model_id")
        if blessing.get_int_custom_property("blessed") == 1 and model_id:
            (model,) = store.artifacts([model_id])
            if model.state == "LIVE":
                return [blessing.id, model_id]
    return []


def _newest_pushes(
    store: MetadataStore, place: tuple[str, str, str, str], candidates: Mapping[int, Candidate]
) -> list[int]:
    """Returns the newest push to each destination that a candidate was pushed to."""
    type_name, pipeline, node_id, key = place
    open_destinations = {_destination(c.artifact) for c in candidates.values() if c.place == place}
    found = []
    for pushed in store.newest_artifacts(type_name, pipeline=pipeline, node_id=node_id, output_key=key):
        if not open_destinations:
            break
        if _destination(pushed) in open_destinations:
            open_destinations.remove(_destination(pushed))
            found.append(pushed.id)
    return found


def _destination(pushed: Artifact) -> str:
    return pushed.get_string_custom_property("pushed_destination").rstrip("/").rpartition("/")[0]
