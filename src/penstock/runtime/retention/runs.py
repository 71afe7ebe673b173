# SPDX-License-Identifier: Apache-2.0
"""Which runs need not be kept any longer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from penstock.metadata.records import RunRecord
from penstock.metadata.store import MetadataStore
from penstock.runtime.run import node_results
from penstock.runtime.sweep import run_owner

COLLECTED = "collected"
"""Property of a run of whose files none is left: a digest of all its other properties, so that a run that has gone on
since counts as one that was never collected."""

COLLECTING = "collecting"
"""Property of a run of which something is being removed, or was when the removal was broken off."""

_UNATTENDED = timedelta(hours=24)
"""For how long a run that another scheduler drives, and that says nothing of its end, counts as going on."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept.

    Attributes:
        keep_last: Number of complete runs of each pipeline that are kept, with all runs that began after the first of
            them.
        older_than: Runs that began less than this ago are kept too; ``None`` keeps none for its age.
        pipeline: Only runs of this pipeline are given up; ``None`` for all.
        whole_lineage: Whether all that a kept artifact was made from is kept, however far back; else only what the
            kept runs have read themselves.
    """

    keep_last: int
    older_than: timedelta | None = None
    pipeline: str | None = None
    whole_lineage: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """Runs that have to be looked at, the oldest first.

    Attributes:
        expendable: Those that need not be kept, and of which something may be left. A run that goes on is never one of
            them, and neither is one of TFX's, of which nothing is known but its name.
        broken_off: Others, at which an earlier removal was broken off that would have given them up.
    """

    expendable: tuple[RunRecord, ...]
    broken_off: tuple[RunRecord, ...]


def choose_runs(store: MetadataStore, policy: Policy, now: datetime) -> Chosen:
    """Returns the runs that a policy gives up."""
    records = store.all_runs()
    given_up = select(
        records, policy, now, lambda record: not _is_collected(record) and is_going_on(store, record, now)
    )
    ids = {record.id for record in given_up}
    return Chosen(
        tuple(record for record in given_up if not _is_collected(record)),
        tuple(
            record
            for record in reversed(records)
            if record.id not in ids
            and record.properties.get(COLLECTING)
            and policy.pipeline in (None, record.pipeline)
        ),
    )


def select(
    records: Iterable[RunRecord], policy: Policy, now: datetime, is_going_on: Callable[[RunRecord], bool]
) -> list[RunRecord]:
    """Returns the runs that a policy gives up, of records that come the latest first; the oldest first."""
    by_pipeline: dict[str, list[RunRecord]] = {}
    for record in records:
        if policy.pipeline in (None, record.pipeline) and record.properties.get("state"):
            by_pipeline.setdefault(record.pipeline, []).append(record)
    given_up = [record for group in by_pipeline.values() for record in _beyond(group, policy.keep_last)]
    old = [
        record for record in given_up if policy.older_than is None or _age(record, now) > policy.older_than
    ]
    return sorted((r for r in old if not is_going_on(r)), key=lambda record: record.id)


def _beyond(latest_first: Sequence[RunRecord], keep_last: int) -> Sequence[RunRecord]:
    """Returns the runs before the first one of the last complete ones."""
    complete = 0
    for place, record in enumerate(latest_first):
        if complete == keep_last:
            return latest_first[place:]
        complete += _is_complete(record)
    return ()


def _is_complete(record: RunRecord) -> bool:
    """Says whether a run has completed; one that a scheduler drives has where none of its nodes says otherwise."""
    state = record.properties.get("state")
    if state != "RUNNING" or run_owner(record) is not None:
        return state == "COMPLETE"
    ended = {result.state for result in node_results(record).values()}
    return bool(ended) and not ended & {"failed", "cancelled", "not run"}


def _age(record: RunRecord, now: datetime) -> timedelta:
    return now - _moment(record.created_ms)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def is_going_on(store: MetadataStore, record: RunRecord, now: datetime) -> bool:
    """Says whether a run is at work, as far as can be known from here; in doubt it is."""
    owner = run_owner(record)
    if record.properties.get("state") != "RUNNING":  # a scheduler may run a node of it again
        return _has_running(store, record)
    if owner is not None:
        return owner.is_alive()
    return now - _moment(record.updated_ms) < _UNATTENDED or _has_running(store, record)


def _has_running(store: MetadataStore, record: RunRecord) -> bool:
    return any(
        execution.state == "RUNNING" and (execution.owner is None or execution.owner.is_alive())
        for execution in store.executions_of_run(record.pipeline, record.run_id)
    )


def _is_collected(record: RunRecord) -> bool:
    return record.properties.get(COLLECTED) == state_digest(record)


def state_digest(record: RunRecord) -> str:
    """Returns a digest of how a run stands."""
    others = {name: value for name, value in record.properties.items() if name not in (COLLECTED, COLLECTING)}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()[:16]
