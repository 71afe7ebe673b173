# SPDX-License-Identifier: Apache-2.0
"""Carries a plan out, in an order that may be broken off anywhere.

First the store says of every artifact that it is being removed: from then on nobody can begin to use it (cache and
Resolvers look at live artifacts only, and an execution is not recorded over one that is not). Who has begun to use one
meanwhile keeps it. Then the files go, and last the store says that they are gone. So nothing is ever live whose files
are not there, and what was broken off is finished by the next removal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from penstock import files
from penstock.artifacts.artifact import PropertyValue
from penstock.errors import PenstockError
from penstock.metadata.store import MetadataStore
from penstock.runtime.retention.inventory import needed
from penstock.runtime.retention.plan import ArtifactRemoval, Plan, RunRemoval
from penstock.runtime.retention.runs import COLLECTED, COLLECTING, is_going_on, state_digest

T = TypeVar("T")

_BATCH = 200
_FILES_BATCH = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be removed, and why."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class Removed:
    """What came of a removal.

    Attributes:
        artifacts: What went.
        runs: The runs whose logs went.
        in_use: Ids of artifacts that a run has begun to use meanwhile; they stay.
        failures: What could not be removed; the next removal tries again.
    """

    artifacts: tuple[ArtifactRemoval, ...]
    runs: tuple[RunRemoval, ...]
    in_use: tuple[int, ...]
    failures: tuple[Failure, ...]


def carry_out(store: MetadataStore, plan: Plan, now: datetime) -> Removed:
    """Removes what a plan says.

    Args:
        store: The metadata store.
        plan: The plan.
        now: The time.
    """
    _note(store, plan)
    for ids in _batches(plan.revived, _BATCH):
        store.set_artifact_state(ids, "LIVE")
    in_use, going_on = _mark(store, plan, now)
    failures: list[Failure] = []
    removed: list[ArtifactRemoval] = []
    for batch in _batches([item for item in plan.artifacts if item.id not in in_use], _FILES_BATCH):
        gone = [item for item in batch if _remove(item.uri, failures)]
        store.set_artifact_state([item.id for item in gone], "DELETED")
        removed += gone
        for item in gone:
            _remove_emptied(item)
    ids_removed = {item.id for item in removed}
    left = {(item.pipeline, item.run_id) for item in plan.artifacts if item.id not in ids_removed}
    runs = _remove_folders([run for run in plan.runs if _key(run) not in going_on], failures)
    _close(store, plan, {_key(run) for run in runs}, left)
    return Removed(tuple(removed), runs, tuple(sorted(in_use)), tuple(failures))


def _key(run: RunRemoval) -> tuple[str, str]:
    return (run.record.pipeline, run.record.run_id)


def _mark(store: MetadataStore, plan: Plan, now: datetime) -> tuple[set[int], set[tuple[str, str]]]:
    """Marks what goes; returns what is in use since the plan was made, and the runs that have been taken up again."""
    going_on = _taken_up(store, plan, now)
    leaving = [
        item.id
        for item in plan.artifacts
        if not item.was_marked and (item.pipeline, item.run_id) not in going_on
    ]
    marked: set[int] = set()
    for ids in _batches(leaving, _BATCH):
        marked.update(store.mark_for_deletion(ids, plan.inventory.executions))
    going_on |= _taken_up(store, plan, now)
    # What is in use now was made from something, too; and whoever took a run up at the last moment keeps what it made.
    uses = store.uses_of(plan.inventory.candidates)
    kept = needed(store, plan.inventory, uses, whole_lineage=plan.policy.whole_lineage)
    of_runs = {item.id for item in plan.artifacts if (item.pipeline, item.run_id) in going_on}
    for ids in _batches(sorted(marked & (kept.keys() | of_runs)), _BATCH):
        store.set_artifact_state(ids, "LIVE")
        marked.difference_update(ids)
    fresh = {item.id for item in plan.artifacts if not item.was_marked}
    return fresh - marked, going_on


def _taken_up(store: MetadataStore, plan: Plan, now: datetime) -> set[tuple[str, str]]:
    """Returns the runs of a plan that are at work now."""
    before = {_key(run): run.record.properties.get("state") for run in plan.runs}
    return {
        (record.pipeline, record.run_id)
        for record in store.all_runs()
        if (record.pipeline, record.run_id) in before
        and record.properties.get("state") != before[record.pipeline, record.run_id]
        and is_going_on(store, record, now)
    }


def _remove(uri: str, failures: list[Failure]) -> bool:
    try:
        files.remove_tree(uri)
    except PenstockError as error:
        if _is_gone(uri):  # another removal was faster
            return True
        failures.append(Failure(uri, str(error)))
        return False
    return True


def _is_gone(uri: str) -> bool:
    try:
        return not files.exists(uri)
    except PenstockError:
        return False


def _remove_emptied(item: ArtifactRemoval) -> None:
    """Removes the execution's folder when the last artifact in it has gone: there may be several, or a single file."""
    above = item.uri.rstrip("/").rpartition("/")[0]
    if not above.endswith(f"/{item.output}") and files.is_dir(above) and not files.listdir(above):
        files.remove_tree(above)


def _remove_folders(runs: Sequence[RunRemoval], failures: list[Failure]) -> tuple[RunRemoval, ...]:
    """Removes the folders of runs; returns the runs of which none is left."""
    return tuple(run for run in runs if all(_remove(folder.uri, failures) for folder in run.folders))


def _note(store: MetadataStore, plan: Plan) -> None:
    """Notes on each run that something of it is being removed, so that one that is broken off is found."""
    concerned = {(item.pipeline, item.run_id) for item in plan.artifacts}
    for run in plan.runs:
        if _key(run) in concerned and not run.record.properties.get(COLLECTING):
            store.update_run(run.record, {COLLECTING: 1})


def _close(
    store: MetadataStore, plan: Plan, removed: set[tuple[str, str]], left: set[tuple[str, str]]
) -> None:
    """Notes on each run that its removal has ended, and where nothing is left, that it need not be looked at again."""
    records = {(record.pipeline, record.run_id): record for record in store.all_runs()}
    is_last = {_key(run): run.is_last for run in plan.runs}
    broken_off = [(record.pipeline, record.run_id) for record in plan.broken_off]
    for key in [*is_last, *broken_off]:
        if key in left or key not in records:
            continue
        latest = records[key]
        noted: dict[str, PropertyValue] = {COLLECTING: 0} if latest.properties.get(COLLECTING) else {}
        if is_last.get(key) and key in removed:
            noted[COLLECTED] = state_digest(latest)
        store.update_run(latest, noted)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
