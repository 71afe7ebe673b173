# SPDX-License-Identifier: Apache-2.0
"""What is to be removed: worked out before anything is touched, so that a dry run and a real one say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from penstock import files
from penstock.artifacts.artifact import CONTENT_BYTES, Artifact
from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.presence import has_files
from penstock.runtime.retention.folders import RunFolder, folders_of
from penstock.runtime.retention.inventory import Candidate, Inventory, Reason, needed, take_inventory
from penstock.runtime.retention.runs import Policy, choose_runs


@dataclass(frozen=True, slots=True)
class ArtifactRemoval:
    """An artifact whose files go.

    Attributes:
        id, type, uri: The artifact.
        pipeline, run_id, node_id, output: What made it.
        size_bytes: Bytes of its files.
        was_marked: Whether an earlier removal was broken off at it.
    """

    id: int
    type: str
    uri: str
    pipeline: str
    run_id: str
    node_id: str
    output: str
    size_bytes: int
    was_marked: bool = False


@dataclass(frozen=True, slots=True)
class RunRemoval:
    """A run whose folders go.

    Attributes:
        record: The run.
        folders: The folders.
        is_last: Whether nothing of the run's is kept, so that it need not be looked at again.
    """

    record: RunRecord
    folders: tuple[RunFolder, ...]
    is_last: bool

    @property
    def size_bytes(self) -> int:
        """Bytes of all that is in the folders."""
        return sum(folder.size_bytes for folder in self.folders)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be removed.

    Attributes:
        policy: By what it was chosen.
        inventory: What it was chosen from.
        artifacts: What goes.
        runs: The runs that it goes from.
        kept: Number of artifacts of these runs that stay, by reason.
        revived: Ids of artifacts at which an earlier removal was broken off, and that stay after all.
        broken_off: Runs that are kept, at which an earlier removal was broken off.
    """

    policy: Policy
    inventory: Inventory
    artifacts: tuple[ArtifactRemoval, ...]
    runs: tuple[RunRemoval, ...]
    kept: Mapping[Reason, int]
    revived: tuple[int, ...]
    broken_off: tuple[RunRecord, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes of all that goes."""
        return sum(a.size_bytes for a in self.artifacts) + sum(run.size_bytes for run in self.runs)


def make_plan(store: MetadataStore, policy: Policy, now: datetime) -> Plan:
    """Works out what a policy gives up; changes nothing."""
    chosen = choose_runs(store, policy, now)
    inventory = take_inventory(store, chosen.expendable)
    candidates = inventory.candidates
    kept = needed(store, inventory, store.uses_of(candidates), whole_lineage=policy.whole_lineage)
    halfway = {a: c for a, c in take_inventory(store, chosen.broken_off).candidates.items() if _is_marked(c)}
    halfway |= {a: candidates[a] for a in kept if _is_marked(candidates[a])}
    revived = {a for a, candidate in halfway.items() if has_files(candidate.artifact)}
    stays = (kept.keys() - halfway.keys()) | revived  # of what is gone in part, the rest goes too
    leaving = {a: c for a, c in {**candidates, **halfway}.items() if a not in stays}
    unfinished = {
        (candidates[a].execution.pipeline, candidates[a].execution.run_id) for a in kept if a in stays
    }
    folders = folders_of(inventory.runs)
    return Plan(
        policy=policy,
        inventory=inventory,
        artifacts=tuple(_artifact(candidate) for candidate in leaving.values()),
        runs=tuple(
            RunRemoval(record, folders[record.id], (record.pipeline, record.run_id) not in unfinished)
            for record in inventory.runs
        ),
        kept=dict(Counter(kept[a] for a in kept if a in stays)),
        revived=tuple(sorted(revived)),
        broken_off=chosen.broken_off,
    )


def _is_marked(candidate: Candidate) -> bool:
    return candidate.artifact.state == "MARKED_FOR_DELETION"


def _artifact(candidate: Candidate) -> ArtifactRemoval:
    artifact, execution = candidate.artifact, candidate.execution
    return ArtifactRemoval(
        id=artifact.id,
        type=artifact.type_name,
        uri=artifact.uri,
        pipeline=execution.pipeline,
        run_id=execution.run_id,
        node_id=execution.node_id,
        output=candidate.output,
        size_bytes=_size(artifact),
        was_marked=_is_marked(candidate),
    )


def _size(artifact: Artifact) -> int:
    recorded = artifact.custom_properties.get(CONTENT_BYTES)
    if isinstance(recorded, int) and artifact.state == "LIVE":
        return recorded
    return files.tree_size(artifact.uri) if files.exists(artifact.uri) else 0
