# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import time

import pytest
from bench import Bench
from light.component import Number

from penstock.errors import MetadataError, UsageError
from penstock.metadata.store import MetadataStore
from penstock.runtime import run as runs
from penstock.runtime.items import instance_name, item_label, item_text, parse_item
from penstock.runtime.results import (
    NodeResult,
    Recorder,
    combined,
    from_document,
    node_results,
    record_node,
    to_document,
)
from penstock.runtime.run import Run


def item(text: str, state: str, reason: str = "", **more: object) -> NodeResult:
    return NodeResult("T", state, reason, item=text, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "path"), [("0", (0,)), ("12", (12,)), ("2.1", (2, 1))])
def test_items_as_text(text: str, path: tuple[int, ...]) -> None:
    assert (parse_item(text), item_label(path), item_text(path)) == (path, text, text)
    assert instance_name("T", path) == instance_name("T", text) == f"T[{text}]"


def test_no_item_as_text() -> None:
    assert (item_text(()), item_label(()), instance_name("T", ())) == ("0", "", "T")


@pytest.mark.parametrize("text", ["", "a", "1.", "-1", "1.b", "²"])
def test_what_is_no_item(text: str) -> None:
    with pytest.raises(UsageError, match="that is no item of a loop; expected: numbers from 0"):
        parse_item(text)


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (["ran", "cached"], "ran"),
        (["cached", "cached", "skipped"], "cached"),
        (["skipped", "skipped"], "skipped"),
        (["ran", "not run"], "not run"),
        (["not run", "cancelled", "ran"], "cancelled"),
        (["cancelled", "failed", "not run"], "failed"),
    ],
)
def test_a_node_ended_as_its_worst_item_did(states: list[str], whole: str) -> None:
    assert combined("T", [item(str(i), state) for i, state in enumerate(states)]).state == whole


def test_a_node_is_the_sum_of_its_items_in_their_order() -> None:
    items = [
        item("10", "ran", rows=3, seconds=1.5, warnings=("odd", "rare")),
        item("2", "ran", rows=4, seconds=2.25, warnings=("odd",)),
        item("3", "skipped", "why", seconds=0.25),
    ]
    whole = combined("T", items)
    assert [part.item for part in whole.items] == ["2", "3", "10"]
    assert (whole.rows, whole.seconds, whole.summary) == (7, 4.0, "3 items, 1 skipped")
    assert (whole.reason, whole.warnings, whole.execution_id) == ("", ("odd", "rare"), None)


def test_failing_items_are_named_by_what_went_wrong() -> None:
    items = [item(str(i), "failed", f"T[{i}]: no rows") for i in (1, 3)] + [
        item("0", "ran"),
        item("2", "failed", "x"),
    ]
    whole = combined("T", items)
    assert (whole.reason, [part.item for part in whole.failures]) == (
        "items 1, 3: no rows; item 2: x",
        ["1", "2", "3"],
    )
    many = combined("T", [item(str(i), "failed", f"reason {i}") for i in range(9)])
    assert many.reason.endswith("item 4: reason 4; and 4 more")


def test_all_skipped_for_one_reason_is_that_reason() -> None:
    assert combined("T", [item("0", "skipped", "why"), item("1", "skipped", "why")]).reason == "why"
    whole = combined("T", [item("0", "skipped", "a"), item("1", "skipped", "b")])
    assert whole.reason == "item 0: a; item 1: b"


def test_the_result_of_an_item_is_that_of_the_items_around_it_where_there_is_no_other() -> None:
    whole = combined("T", [item("0", "skipped", "why"), item("1.0", "ran"), item("1.1", "failed")])
    found = [whole.of_item(path) for path in ((0, 0), (0, 7), (1, 1), (2, 0))]
    assert [part and part.item for part in found] == ["0", "0", "1.1", None]
    plain = NodeResult("T", "ran")
    assert plain.of_item(()) is plain


def test_a_result_goes_through_json() -> None:
    whole = combined(
        "T", [item("0", "ran", rows=1, warnings=("odd",)), item("1", "failed", "why", stop=True)]
    )
    assert from_document(to_document(whole)) == whole
    assert from_document({**to_document(whole), "of a later release": 1}) == whole


# --------------------------------------------------------------------------------------------------------- on the run


@pytest.fixture
def run(bench: Bench, store: MetadataStore) -> Run:
    return runs.join(bench.compile(Number(1).with_id("T")), store, "r", {})


def recorded(run: Run, store: MetadataStore) -> dict[str, NodeResult]:
    record = store.get_run("p", run.run_id)
    assert record is not None
    return node_results(record)


def test_items_are_recorded_one_by_one_and_make_up_the_node(run: Run, store: MetadataStore) -> None:
    record_node(run, store, item("1", "ran", rows=2))
    record_node(run, store, item("0", "failed", "why"))
    assert recorded(run, store)["T"] == combined("T", [item("0", "failed", "why"), item("1", "ran", rows=2)])


def test_items_that_the_node_has_no_longer_do_not_count(run: Run, store: MetadataStore) -> None:
    before = [item("0", "ran"), item("1", "failed"), item("2", "ran")]
    record_node(run, store, *before, combined("T", before))
    now = [item("0", "ran"), item("1", "ran")]
    record_node(run, store, *now, combined("T", now))
    assert recorded(run, store)["T"] == combined("T", now)


def test_a_node_whose_loop_was_not_run_has_no_items(run: Run, store: MetadataStore) -> None:
    record_node(run, store, item("0", "ran"))
    skipped = NodeResult("T", "skipped", "condition is false: x")
    record_node(run, store, skipped)
    assert recorded(run, store)["T"] == skipped


def test_what_ends_shortly_one_after_another_is_recorded_together(
    run: Run, store: MetadataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    update = store.update_run
    monkeypatch.setattr(store, "update_run", lambda *a: (writes.append(len(a[1])), update(*a))[1])
    recorder = Recorder(run, store)
    for number in range(20):
        recorder.note(NodeResult(f"n{number}", "ran"))
    recorder.flush()
    recorder.flush()
    assert sum(writes) == 20
    assert len(writes) < 4
    assert len(recorded(run, store)) == 20


def test_what_is_noted_is_recorded_soon_also_where_nothing_follows(run: Run, store: MetadataStore) -> None:
    recorder = Recorder(run, store)
    recorder.note(NodeResult("T", "ran"))
    deadline = time.monotonic() + 20
    while "T" not in recorded(run, store):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    recorder.close()


def test_what_the_store_refuses_is_recorded_with_the_next(
    run: Run, store: MetadataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MetadataError("locked")

    recorder = Recorder(run, store)
    recorder.note(NodeResult("a", "ran"))
    with monkeypatch.context() as patched:
        patched.setattr(store, "update_run", broken)
        with pytest.raises(MetadataError, match="locked"):
            recorder.flush()
    recorder.note(NodeResult("b", "ran"))
    recorder.flush()
    assert sorted(recorded(run, store)) == ["a", "b"]


def test_nothing_is_recorded_after_the_end(run: Run, store: MetadataStore) -> None:
    recorder = Recorder(run, store)
    recorder.note(NodeResult("T", "ran"))
    recorder.close()
    recorder.flush()
    time.sleep(0.6)
    assert recorded(run, store) == {}
