# SPDX-License-Identifier: Apache-2.0
"""The launcher with a real store and real workers, on components without libraries."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from light.component import Add, Number
from light.pipeline import create_pipeline

from penstock.artifacts.standard import Integer, Model, ModelBlessing
from penstock.errors import NodeFailedError, ParameterError, UsageError
from penstock.graph.channel import Channel
from penstock.graph.compiler import compile_pipeline
from penstock.graph.node import BaseNode
from penstock.graph.pipeline import Pipeline
from penstock.graph.resolver_strategy import LatestArtifactStrategy, LatestBlessedModelStrategy
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.system_nodes import Importer, Resolver
from penstock.ir.model import PipelineIR
from penstock.metadata.config import sqlite_metadata_connection_config
from penstock.metadata.store import MetadataStore
from penstock.runners.beam import BeamDagRunner
from penstock.runners.local import LocalDagRunner
from penstock.runners.session import RunReport, RunRequest
from penstock.runtime.roles import DriverContext
from penstock.runtime.run import node_results

SUPPORT = str(Path(__file__).parents[2] / "support")


class Bench:
    """A place to run pipelines in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = sqlite_metadata_connection_config(str(folder / "metadata.db"))

    def compile(self, *nodes: BaseNode, cache: bool = True) -> PipelineIR:
        pipeline = Pipeline("p", str(self.folder / "root"), self.config, nodes, enable_cache=cache)
        return compile_pipeline(pipeline, project_root=SUPPORT)

    def run(self, *nodes: BaseNode, cache: bool = True, runner: Any = None, **request: Any) -> RunReport:
        return (runner or LocalDagRunner()).run_ir(self.compile(*nodes, cache=cache), RunRequest(**request))

    def store(self) -> MetadataStore:
        return MetadataStore.open(self.config)

    def value(self, report: RunReport, node_id: str) -> int:
        with self.store() as store:
            execution = next(n.execution_id for n in report.nodes if n.node_id == node_id)
            assert execution is not None
            ((artifact,),) = store.outputs_of(execution).values()
            return int(Path(artifact.uri).read_text())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    return Bench(tmp_path)


def states(report: RunReport) -> dict[str, str]:
    return {node.node_id: node.state for node in report.nodes}


def small(value: Any = 3, **options: Any) -> list[BaseNode]:
    number = Number(value, **options)
    return [number, Add([number.outputs["number"]])]


RUNNERS = [LocalDagRunner(), LocalDagRunner(in_process=True), BeamDagRunner()]


@pytest.mark.parametrize("runner", RUNNERS, ids=["local", "in-process", "beam"])
def test_every_runner_gives_the_same_result(bench: Bench, runner: Any) -> None:
    report = bench.run(*create_pipeline().components, runner=runner)
    assert report.state == "COMPLETE"
    assert set(states(report).values()) == {"ran"}
    assert bench.value(report, "abc") == 321
    again = bench.run(*create_pipeline().components, runner=runner)
    assert set(states(again).values()) == {"cached"}
    assert bench.value(again, "abc") == 321


@pytest.mark.parametrize("runner", RUNNERS, ids=["local", "in-process", "beam"])
def test_every_runner_reports_a_failure_and_what_did_not_run(bench: Bench, runner: Any) -> None:
    report = bench.run(*small(behaviour="raise"), runner=runner)
    assert report.state == "FAILED"
    assert states(report) == {"Number": "failed", "Add": "not run"}
    assert "the number is cursed" in report.nodes[0].reason
    with pytest.raises(NodeFailedError, match="Number failed: .*the number is cursed.*--resume"):
        report.raise_for_failure()


def test_a_failed_execution_leaves_no_files_and_is_recorded(bench: Bench) -> None:
    report = bench.run(*small(behaviour="raise"))
    assert not list((bench.folder / "root").glob("Number/*/*"))
    with bench.store() as store:
        (execution,) = store.executions_of_run("p", report.run_id)
        assert execution.state == "FAILED"
        result = json.loads(str(execution.properties["__execution_result__"]))
        assert "the number is cursed" in result["message"]
        assert "light/executor.py" in result["traceback"]


@pytest.mark.parametrize("behaviour", ["kill", "exit", "sys.exit", "memory"])
def test_a_death_is_one_nodes_failure(bench: Bench, behaviour: str) -> None:
    other = Number(1).with_id("other")
    report = bench.run(*small(behaviour=behaviour), other)
    assert states(report) == {"Number": "failed", "Add": "not run", "other": "ran"}


def test_an_error_of_the_driver_fails_the_node_before_anything_is_written(bench: Bench) -> None:
    report = bench.run(*small(behaviour="refuse"))
    assert report.nodes[0].reason.startswith("Number: refused by the driver; expected: something else")
    assert not list((bench.folder / "root").glob("Number*"))


def test_a_skip_is_recorded_on_the_run_and_passed_on(bench: Bench) -> None:
    report = bench.run(*small(behaviour="skip"))
    assert states(report) == {"Number": "skipped", "Add": "skipped"}
    assert report.state == "COMPLETE"
    assert report.nodes[1].reason == "Number was skipped: told to"
    with bench.store() as store:
        assert store.executions_of_run("p", report.run_id) == []
        record = store.get_run("p", report.run_id)
        assert record is not None
        assert node_results(record)["Number"].reason == "told to"
        assert record.properties["state"] == "COMPLETE"


def test_an_optional_input_does_without_a_skipped_producer(bench: Bench) -> None:
    skipped = Number(behaviour="skip").with_id("skipped")
    number = Number(2)
    total = Add([number.outputs["number"]], extra=skipped.outputs["number"])
    report = bench.run(skipped, number, total)
    assert states(report)["Add"] == "ran"
    assert bench.value(report, "Add") == 2


def test_a_gate_whose_producer_was_skipped_skips_the_node(bench: Bench) -> None:
    gate = Number(behaviour="skip").with_id("gate")
    number = Number(2)
    report = bench.run(gate, number, Add([number.outputs["number"]], gate=gate.outputs["number"]))
    assert states(report) == {"gate": "skipped", "Number": "ran", "Add": "skipped"}


def test_a_stop_publishes_and_then_ends_the_run_also_from_the_cache(bench: Bench) -> None:
    for expected in ("ran now", "cached"):
        report = bench.run(*small(behaviour="stop"))
        assert report.state == "FAILED", expected
        assert states(report) == {"Number": "failed", "Add": "not run"}
        assert "the number says stop" in report.nodes[0].reason
    with bench.store() as store:
        assert len(store.latest_artifacts("Integer", pipeline="p", limit=10)) == 1


def test_the_cache_notices_parameters_inputs_and_nothing_else(bench: Bench) -> None:
    assert states(bench.run(*small(3))) == {"Number": "ran", "Add": "ran"}
    assert states(bench.run(*small(3))) == {"Number": "cached", "Add": "cached"}
    assert states(bench.run(*small(4))) == {"Number": "ran", "Add": "ran"}
    assert states(bench.run(*small(3))) == {"Number": "cached", "Add": "cached"}


def test_an_equal_result_of_other_parameters_spares_the_nodes_downstream(bench: Bench) -> None:
    bench.run(*small(3))
    assert states(bench.run(*small(3, seconds=0.01))) == {"Number": "ran", "Add": "cached"}


def test_a_node_may_opt_out_of_the_cache_and_into_it(bench: Bench) -> None:
    nodes = small(3)
    bench.run(*nodes)
    assert states(bench.run(nodes[0].with_cache(False), nodes[1])) == {"Number": "ran", "Add": "cached"}
    assert states(bench.run(nodes[0].with_cache(True), nodes[1], cache=False)) == {
        "Number": "cached",
        "Add": "ran",
    }


def test_a_cached_result_whose_files_are_gone_is_made_again(bench: Bench) -> None:
    report = bench.run(*small(3))
    for folder in list((bench.folder / "root" / "Number").rglob("value")):
        folder.unlink()
        folder.parent.rmdir()
    assert report.state == "COMPLETE"
    assert states(bench.run(*small(3)))["Number"] == "ran"


def test_resume_takes_over_what_was_published_even_without_the_cache(bench: Bench, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    first = Number(1).with_id("first")
    flaky = Number(2, behaviour="flaky", folder=str(marks), after=first.outputs["number"])
    nodes = [first, flaky, Add([flaky.outputs["number"]])]
    assert states(bench.run(*nodes, cache=False, run_id="r")) == {
        "first": "ran",
        "Number": "failed",
        "Add": "not run",
    }
    assert states(bench.run(*nodes, cache=False, run_id="r", resume=True))["Number"] == "failed"
    resumed = bench.run(*nodes, cache=False, run_id="r", resume=True)
    assert states(resumed) == {"first": "cached", "Number": "ran", "Add": "ran"}
    assert resumed.nodes[0].reason == "published by this run before"


def test_retries_are_made_with_an_execution_each(bench: Bench, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    number = Number(2, behaviour="flaky", folder=str(marks)).with_retries(2, delay_seconds=0)
    report = bench.run(number)
    assert states(report) == {"Number": "ran"}
    with bench.store() as store:
        executions = store.executions_of_run("p", report.run_id)
    assert sorted(execution.state for execution in executions) == ["COMPLETE", "FAILED", "FAILED"]


def test_a_time_out_fails_the_node(bench: Bench) -> None:
    report = bench.run(Number(1, seconds=60).with_timeout(0.2))
    assert "longer than its time-out of 0.2 seconds" in report.nodes[0].reason


def test_runtime_parameters_take_their_values_from_the_run(bench: Bench) -> None:
    nodes = small(RuntimeParameter("n", int, default=3))
    assert bench.value(bench.run(*nodes), "Add") == 3
    assert bench.value(bench.run(*nodes, parameters={"n": 8}), "Add") == 8
    assert bench.value(bench.run(*nodes, parameters={"n": "9"}), "Add") == 9
    with pytest.raises(ParameterError, match="'m'.*did you mean 'n'|'m'.*known: n"):
        bench.run(*nodes, parameters={"m": 8})
    with pytest.raises(ParameterError, match="wrong type.*expected: int"):
        bench.run(*nodes, parameters={"n": "many"})


def test_a_run_id_is_used_once_and_resume_needs_a_run(bench: Bench) -> None:
    bench.run(*small(), run_id="r")
    with pytest.raises(UsageError, match="'r' exists already.*--resume r"):
        bench.run(*small(), run_id="r")
    with pytest.raises(UsageError, match="no run 's' to resume"):
        bench.run(*small(), run_id="s", resume=True)


def test_two_runs_of_one_pipeline_at_once_both_succeed(bench: Bench) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(bench.run, *small(5, seconds=0.05), run_id=f"r{i}", cache=False) for i in range(2)
        ]
        assert [run.result().state for run in runs] == ["COMPLETE", "COMPLETE"]


def test_independent_nodes_run_at_the_same_time(bench: Bench, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    nodes = [Number(i, seconds=1.0, folder=str(marks)).with_id(f"n{i}") for i in range(2)]
    bench.run(*nodes, runner=LocalDagRunner(max_workers=2))
    begun = [float(path.read_text()) for path in marks.iterdir()]
    assert max(begun) - min(begun) < 1.0


def test_a_resolver_takes_the_newest_artifact_and_is_empty_before_there_is_one(bench: Bench) -> None:
    def nodes(value: int) -> list[BaseNode]:
        latest = Resolver(LatestArtifactStrategy, number=Channel(type=Integer)).with_id("latest")
        number = Number(value)
        number.add_upstream_node(latest)
        return [latest, number, Add([number.outputs["number"]], extra=latest.outputs["number"])]

    assert bench.value(bench.run(*nodes(1)), "Add") == 1
    second = bench.run(*nodes(10))
    assert bench.value(second, "Add") == 11
    assert second.nodes[0].summary.startswith("number ")


def test_nothing_blessed_yet_is_no_failure(bench: Bench) -> None:
    latest = Resolver(
        LatestBlessedModelStrategy, model=Channel(type=Model), model_blessing=Channel(type=ModelBlessing)
    )
    report = bench.run(latest)
    assert states(report) == {"Resolver": "ran"}
    assert report.nodes[0].summary == "nothing yet"


def test_an_importer_registers_once_and_again_when_asked(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "value").write_text("40")

    def nodes(again: bool) -> list[BaseNode]:
        given = Importer(str(tmp_path / "given"), Integer, reimport=again)
        return [given, Add([given.outputs["result"]])]

    assert states(bench.run(*nodes(False))) == {"Importer": "ran", "Add": "ran"}
    second = bench.run(*nodes(False))
    assert states(second) == {"Importer": "cached", "Add": "cached"}
    assert bench.value(second, "Add") == 40
    assert states(bench.run(*nodes(True)))["Importer"] == "ran"


def test_a_file_that_was_changed_in_place_is_imported_anew(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()

    def imported(value: str) -> RunReport:
        (tmp_path / "given" / "value").write_text(value)
        given = Importer(str(tmp_path / "given"), Integer)
        return bench.run(given, Add([given.outputs["result"]]))

    assert bench.value(imported("40"), "Add") == 40
    assert bench.value(changed := imported("50"), "Add") == 50
    assert states(changed) == {"Importer": "ran", "Add": "ran"}
    assert states(imported("40")) == {"Importer": "cached", "Add": "cached"}


def test_importing_nothing_is_an_error(bench: Bench) -> None:
    report = bench.run(Importer("not/there", Integer))
    assert "Importer: nothing to import" in report.nodes[0].reason


def test_nothing_is_left_of_a_run_whose_owner_died(bench: Bench) -> None:
    pid = os.fork()
    if pid == 0:
        bench.run(Number(1, seconds=60))
        os._exit(0)
    folder = bench.folder / "root" / "Number" / "number"
    deadline = time.monotonic() + 20
    while not list(folder.glob("*/partial")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    report = bench.run(Number(1))
    assert report.state == "COMPLETE"
    assert len(list(folder.iterdir())) == 1
    with bench.store() as store:
        dead, alive = sorted(store.list_runs("p", limit=10), key=lambda run: run.id)
        assert (dead.properties["state"], alive.properties["state"]) == ("FAILED", "COMPLETE")
        (execution,) = store.executions_of_run("p", dead.run_id)
        assert execution.state == "FAILED"


def numbers_in(root: Path) -> dict[str, str]:
    return {folder.name: (folder / "value").read_text() for folder in root.glob("Number/number/*")}


def test_two_stores_on_one_root_keep_out_of_each_others_way(bench: Bench) -> None:
    other = Bench(bench.folder)
    other.config = sqlite_metadata_connection_config(str(bench.folder / "other.db"))
    assert states(bench.run(Number(1))) == {"Number": "ran"}
    assert states(other.run(Number(2))) == {"Number": "ran"}
    assert states(other.run(Number(3, behaviour="raise"))) == {"Number": "failed"}
    found = numbers_in(bench.folder / "root")
    (marked,) = found.keys() - {"1"}
    assert found == {"1": "1", marked: "2"}
    assert marked.startswith("1-")
    assert states(bench.run(Number(1))) == states(other.run(Number(2))) == {"Number": "cached"}


def test_a_store_made_anew_leaves_what_stands_in_the_root(bench: Bench) -> None:
    bench.run(Number(1))
    for file in bench.folder.glob("metadata.db*"):
        file.unlink()
    assert states(bench.run(Number(2))) == {"Number": "ran"}
    assert sorted(numbers_in(bench.folder / "root").values()) == ["1", "2"]


def test_folders_that_stood_in_the_root_before_are_nobodys(bench: Bench) -> None:
    found = bench.folder / "root" / "Number" / "number" / "1" / "value"
    found.parent.mkdir(parents=True)
    found.write_text("7")
    assert states(bench.run(Number(2))) == {"Number": "ran"}
    assert sorted(numbers_in(bench.folder / "root").values()) == ["2", "7"]


def test_a_root_with_the_letters_of_a_pattern_in_its_path_is_swept_too(tmp_path: Path) -> None:
    folder = tmp_path / "a [b] *"
    folder.mkdir()
    test_nothing_is_left_of_a_run_whose_owner_died(Bench(folder))


@pytest.mark.parametrize("runner", RUNNERS, ids=["local", "in-process", "beam"])
def test_temporary_files_stay_in_the_pipelines_root_and_go(bench: Bench, tmp_path: Path, runner: Any) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    before = tempfile.gettempdir()
    bench.run(Number(1, behaviour="temporary", folder=str(marks)), runner=runner)
    temporary = Path((marks / "temporary").read_text())
    assert bench.folder / "root" / ".runs" in temporary.parents
    assert not temporary.exists()
    assert tempfile.gettempdir() == before


def test_a_result_that_has_lost_a_file_is_made_again_and_no_resolver_takes_it(bench: Bench) -> None:
    bench.run(Number(1))
    bench.run(Number(2))
    (bench.folder / "root/Number/number/2/value").unlink()

    def latest() -> BaseNode:
        resolver = Resolver(LatestArtifactStrategy, numbers=Channel(type=Integer))
        return Add(resolver.outputs["numbers"])

    def with_producer() -> list[BaseNode]:
        add = latest()
        return [*add.upstream_nodes, add]

    assert bench.value(bench.run(*with_producer()), "Add") == 1
    assert states(bench.run(Number(2))) == {"Number": "ran"}
    assert bench.value(bench.run(*with_producer()), "Add") == 2


def test_a_drivers_history_holds_what_is_there(bench: Bench) -> None:
    for value in (1, 2, 3):
        bench.run(Number(value))
    shutil.rmtree(bench.folder / "root/Number/number/3")
    with bench.store() as store:
        context = DriverContext("p", "r", "n", str(bench.folder / "root"), SUPPORT, "parquet", store)
        assert [artifact.id for artifact in context.history("Integer", node_id="Number")] == [2, 1]
        assert list(context.history("Integer", output_key="total")) == []
