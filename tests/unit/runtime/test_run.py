# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench import Bench
from light.component import Number

from penstock.errors import ParameterError, UsageError
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.ir.document import digest, from_json
from penstock.ir.model import PipelineIR
from penstock.metadata.owner import Owner
from penstock.metadata.store import MetadataStore
from penstock.runtime import run as runs
from penstock.runtime.run import NodeResult, node_results


def compiled(bench: Bench, default: int | None = 3) -> PipelineIR:
    return bench.compile(Number(RuntimeParameter("n", int, default=default)))


def recorded(store: MetadataStore, run_id: str = "r") -> dict[str, Any]:
    record = store.get_run("p", run_id)
    assert record is not None
    return dict(record.properties)


def test_a_run_records_what_it_is_made_of(bench: Bench, store: MetadataStore) -> None:
    ir = compiled(bench)
    run = runs.begin(ir, store, "r", {"n": "8"}, build_parameters={"first": 1})
    assert run.parameters == {"n": 8}
    properties = recorded(store)
    assert properties["state"] == "RUNNING"
    assert properties["ir_digest"] == digest(ir)
    assert properties["root"] == str(bench.root)
    assert properties["folder"] == run.folder == str(bench.root / ".runs/r")
    assert json.loads(properties["parameters"]) == {"n": 8}
    assert json.loads(properties["build_parameters"]) == {"first": 1}
    assert Owner.from_text(properties["owner"]) == Owner.current()
    assert from_json((Path(run.folder) / "ir.json").read_text()) == ir
    runs.end(run, store, "COMPLETE")
    properties = recorded(store)
    assert properties["state"] == "COMPLETE"
    assert properties["started"] <= properties["finished"]


def test_a_remote_root_has_its_logs_in_the_project(bench: Bench) -> None:
    ir = replace(compiled(bench), root="gs://bucket/root", project_root=str(bench.folder))
    assert runs.run_folder(ir, "r") == str(bench.folder / ".penstock/runs/r")


@pytest.mark.parametrize("run_id", ["", "a/b", ".", "..", ".hidden", "a\nb", "a\0b", "x" * 201])
def test_a_run_id_that_could_not_name_a_folder_is_refused(
    bench: Bench, store: MetadataStore, run_id: str
) -> None:
    for begin in (runs.begin, runs.join):
        with pytest.raises(UsageError, match="the run id is not usable"):
            begin(compiled(bench), store, run_id, {})


def test_of_two_processes_that_begin_a_run_at_once_one_has_it(
    bench: Bench, store: MetadataStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(Owner.current(), pid=1).to_text()
    known = store.get_run

    def too_early(*arguments: Any) -> Any:
        found = known(*arguments)
        if found is None:
            store.begin_run("p", "r", {"state": "RUNNING", "owner": other})
        return found

    monkeypatch.setattr(store, "get_run", too_early)
    with pytest.raises(UsageError, match="run 'r' exists already"):
        runs.begin(compiled(bench), store, "r", {})
    assert recorded(store)["owner"] == other


def test_a_run_of_another_machine_may_be_taken_up(bench: Bench, store: MetadataStore) -> None:
    elsewhere = replace(Owner.current(), host="elsewhere").to_text()
    store.begin_run("p", "r", {"state": "RUNNING", "owner": elsewhere})
    assert runs.begin(compiled(bench), store, "r", {}, resume=True).resumed
    assert Owner.from_text(recorded(store)["owner"]) == Owner.current()


def test_a_resumed_run_forgets_parameters_that_the_pipeline_has_no_longer(
    bench: Bench, store: MetadataStore
) -> None:
    store.begin_run("p", "r", {"state": "FAILED", "parameters": json.dumps({"n": 5, "gone": 1})})
    assert runs.begin(compiled(bench), store, "r", {}, resume=True).parameters == {"n": 5}


def test_nothing_is_recorded_of_a_run_whose_parameters_are_wrong(bench: Bench, store: MetadataStore) -> None:
    with pytest.raises(ParameterError, match="runtime parameter 'n' has no value"):
        runs.begin(compiled(bench, default=None), store, "r", {})
    assert store.get_run("p", "r") is None


def test_joining_begins_a_run_once_and_takes_it_up_as_it_stands(bench: Bench, store: MetadataStore) -> None:
    ir = compiled(bench)
    first = runs.join(ir, store, "r", {"n": 7})
    again = runs.join(ir, store, "r", {}, resume=True)
    assert (first.parameters, again.parameters) == ({"n": 7}, {"n": 7})
    assert (first.resumed, again.resumed) == (False, True)
    assert first.record.id == again.record.id
    assert "owner" not in recorded(store)


RESULTS = [
    NodeResult("a", "ran", "", 3, 1.5, 0, "= 0", warnings=("odd", "odder")),
    NodeResult("b", "cached", "same as execution 3", 4, rows=7),
    NodeResult("c", "skipped", "told to"),
    NodeResult("d", "failed", "no", 5, stop=True, traceback="Traceback ..."),
    NodeResult("e", "not run", "d failed"),
]


def test_results_of_nodes_are_recorded_on_the_run(bench: Bench, store: MetadataStore) -> None:
    run = runs.begin(compiled(bench), store, "r", {})
    for result in RESULTS:
        runs.record_node(run, store, result)
    record = store.get_run("p", "r")
    assert record is not None
    assert list(node_results(record).values()) == RESULTS
    assert node_results(record)["d"].traceback == ""


def test_what_a_later_release_records_of_a_node_is_passed_over(bench: Bench, store: MetadataStore) -> None:
    document = {"node_id": "a", "state": "ran", "colour": "red"}
    record = store.begin_run("p", "r", {"node:a": json.dumps(document), "nodes": "2"})
    assert node_results(record) == {"a": NodeResult("a", "ran")}
