# SPDX-License-Identifier: Apache-2.0
"""Which runs a policy gives up."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from penstock.metadata.records import RunRecord
from penstock.runtime.retention.runs import Policy, select, state_digest

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)


def record(number: int, state: str, pipeline: str = "p", days_ago: float = 0, **properties: str) -> RunRecord:
    moment = int((NOW - timedelta(days=days_ago)).timestamp() * 1000)
    return RunRecord(number, pipeline, f"r{number}", {"state": state, **properties}, moment, moment)


def chosen(policy: Policy, *records: RunRecord, going_on: tuple[str, ...] = ()) -> list[str]:
    latest_first = sorted(records, key=lambda item: -item.id)
    return [item.run_id for item in select(latest_first, policy, NOW, lambda r: r.run_id in going_on)]


def test_the_last_complete_runs_and_all_after_the_first_of_them_are_kept() -> None:
    runs = [
        record(1, "COMPLETE"),
        record(2, "FAILED"),
        record(3, "COMPLETE"),
        record(4, "FAILED"),
        record(5, "COMPLETE"),
        record(6, "CANCELED"),
    ]
    assert chosen(Policy(1), *runs) == ["r1", "r2", "r3", "r4"]
    assert chosen(Policy(2), *runs) == ["r1", "r2"]
    assert chosen(Policy(3), *runs) == []


def test_as_long_as_there_are_fewer_complete_runs_nothing_goes() -> None:
    assert chosen(Policy(1), record(1, "FAILED"), record(2, "FAILED")) == []


def test_each_pipeline_counts_for_itself() -> None:
    runs = [record(1, "COMPLETE", "p"), record(2, "COMPLETE", "q"), record(3, "COMPLETE", "p")]
    assert chosen(Policy(1), *runs) == ["r1"]
    assert chosen(Policy(1, pipeline="q"), *runs) == []


def test_young_runs_are_kept_whatever_their_number() -> None:
    runs = [
        record(1, "COMPLETE", days_ago=40),
        record(2, "COMPLETE", days_ago=20),
        record(3, "COMPLETE", days_ago=1),
    ]
    assert chosen(Policy(1, older_than=timedelta(days=30)), *runs) == ["r1"]


def test_a_run_that_goes_on_is_kept() -> None:
    runs = [record(1, "RUNNING"), record(2, "COMPLETE"), record(3, "COMPLETE")]
    assert chosen(Policy(1), *runs, going_on=("r1",)) == ["r2"]
    assert chosen(Policy(1), *runs) == ["r1", "r2"]


def test_the_run_of_a_scheduler_is_complete_where_no_node_says_otherwise() -> None:
    def ended(state: str) -> dict[str, str]:
        return {"node:a": json.dumps({"node_id": "a", "state": state})}

    good, bad = record(3, "RUNNING", **ended("ran")), record(4, "RUNNING", **ended("failed"))
    assert chosen(Policy(1), record(1, "COMPLETE"), good, bad) == ["r1"]
    assert chosen(Policy(1), record(1, "COMPLETE"), bad) == []


def test_runs_of_tfx_say_nothing_of_their_state_and_are_left_alone() -> None:
    foreign = RunRecord(1, "p", "r1", {}, 0, 0)
    assert chosen(Policy(1), foreign, record(2, "COMPLETE"), record(3, "COMPLETE")) == ["r2"]


def test_a_run_that_has_changed_since_it_was_collected_is_looked_at_again() -> None:
    before = record(1, "FAILED", finished="then")
    collected = record(1, "FAILED", finished="then", collected=state_digest(before))
    resumed = record(1, "COMPLETE", finished="now", collected=state_digest(before))
    assert state_digest(collected) == collected.properties["collected"]
    assert state_digest(resumed) != resumed.properties["collected"]
