# SPDX-License-Identifier: Apache-2.0
"""Models that come and go in a real metadata store while a stream serves."""

from __future__ import annotations

from pathlib import Path

import pytest
from streams import FakeEngine, FakePins, results_of, running, setup_in

from penstock.artifacts.standard import Model, ModelBlessing
from penstock.inference.config_file import ModelSource
from penstock.inference.job import InferenceJob, InferenceSummary
from penstock.inference.streaming.setup import StreamSetup
from penstock.metadata.owner import Owner
from penstock.metadata.records import NewExecution
from penstock.metadata.store import MetadataStore


class Taxi:
    """A pipeline that makes models, as its trainer and evaluator record them."""

    def __init__(self, folder: Path, setup: StreamSetup) -> None:
        self.folder = folder / "taxi"
        self.setup = setup
        self.runs = 0
        self.blessings: list[int] = []

    def train(self, weights: str, blessed: bool = True) -> int:
        """Runs once; returns the id of the model."""
        self.runs += 1
        run = f"run-{self.runs}"
        uri = self.folder / run / "model"
        (uri / "Format-Serving").mkdir(parents=True)
        (uri / "Format-Serving" / "weights").write_text(weights)
        verdict = self.folder / run / "blessing"
        verdict.mkdir()
        with MetadataStore.open(self.setup.metadata) as store:
            store.begin_run("taxi", run, {})
            model = self._published(store, run, "trainer", "model", Model(str(uri)))
            blessing = ModelBlessing(
                str(verdict), custom_properties={"blessed": int(blessed), "current_model_id": model}
            )
            self.blessings.append(self._published(store, run, "evaluator", "blessing", blessing))
        return model

    def withdraw(self) -> None:
        """Takes the newest blessing back."""
        with MetadataStore.open(self.setup.metadata) as store:
            store.set_artifact_state([self.blessings[-1]], "ABANDONED")

    def _published(
        self, store: MetadataStore, run: str, node: str, key: str, artifact: Model | ModelBlessing
    ) -> int:
        new = NewExecution(
            type=f"test.{node}", name=f"taxi/{run}/{node}", pipeline="taxi", run_id=run, node_id=node
        )
        execution = store.start_execution(new, Owner.current())
        (made,) = store.finish_execution(execution.id, "COMPLETE", {key: [artifact]}, {})[key]
        return made.id


class World:
    def __init__(self, folder: Path, select: str = "blessed") -> None:
        source = ModelSource(pipeline="taxi", select=select)  # type: ignore[arg-type]  # one of the two
        self.setup = setup_in(folder, models={"five": source})
        self.taxi = Taxi(folder, self.setup)
        self.pins = FakePins()
        self.engine = FakeEngine(self.pins)
        self.number = 0

    def come(self) -> str:
        """Has a file come in; returns the id of its one row."""
        self.number += 1
        name = f"row{self.number}"
        hidden = Path(self.setup.project_root, "incoming", f".{name}.csv")
        hidden.write_text(f"id,x\n{name},1\n")
        hidden.rename(hidden.with_name(f"{name}.csv"))
        return name

    def answer(self, name: str) -> tuple[float, int] | None:
        """Returns what a row was answered, and by which model."""
        for rows in results_of(self.setup).values():
            for row in rows:
                if row["id"] == name:
                    return row["y"], row["model_id"]
        return None


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_newer_blessed_model_takes_over_without_a_stop_and_every_row_says_its_model(world: World) -> None:
    first = world.taxi.train("5")
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (5, first))
        world.taxi.train("1000", blessed=False)
        second = world.taxi.train("6")
        stream.until(lambda: stream.told(f"(artifact {second})"))
        other = world.come()
        stream.until(lambda: world.answer(other) == (6, second))
    with MetadataStore.open(world.setup.metadata) as store:
        (run,) = store.list_runs("fives")
        executions = [e for e in store.executions_of_run("fives", run.run_id) if e.node_id == "stream"]
        used = [store.inputs_of(execution.id)["five"][0].id for execution in executions]
        assert used == [first, second]
        assert [execution.state for execution in executions] == ["COMPLETE", "COMPLETE"]
        assert [execution.properties["inputs"] for execution in executions] == [1, 1]


def test_the_newest_model_needs_no_blessing_where_that_is_said(tmp_path: Path) -> None:
    world = World(tmp_path, "newest")
    model = world.taxi.train("7", blessed=False)
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (7, model))


def test_it_waits_for_the_first_blessed_model_and_what_came_meanwhile_is_scored(world: World) -> None:
    world.taxi.train("5", blessed=False)
    row = world.come()
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        stream.until(lambda: stream.told("pipeline taxi has no blessed model: waiting for one"))
        model = world.taxi.train("6")
        stream.until(lambda: world.answer(row) == (6, model))


def test_a_broken_newer_model_is_told_once_and_the_old_one_serves_on(world: World) -> None:
    first = world.taxi.train("5")
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (5, first))
        world.taxi.train("no number")
        stream.until(lambda: stream.told("cannot be used"))
        other = world.come()
        stream.until(lambda: world.answer(other) == (5, first))
        assert len(stream.texts("warning")) == 1
        third = world.taxi.train("8")
        last = world.come()
        stream.until(lambda: stream.told(f"(artifact {third})"))
        last = world.come()
        stream.until(lambda: world.answer(last) == (8, third))


def test_a_newer_model_that_fails_on_every_row_is_not_taken(world: World) -> None:
    first = world.taxi.train("5")
    engine = world.engine

    def picky(job: InferenceJob) -> InferenceSummary:
        from dataclasses import replace

        summary = engine(job)
        if job.models["five"].artifact_id == first:
            return summary
        failure = ("inference", "the model takes 'z', which there is not", summary.rows)
        lost = {step: replace(output, rows=0) for step, output in summary.outputs.items()}
        return replace(summary, failed_rows=summary.rows, failures=(failure,), outputs=lost)

    with running(world.setup, engine=picky, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (5, first))
        world.taxi.train("6")
        stream.until(lambda: stream.told("does not fit: it fails on every row that came in before"))
        assert stream.told("takes 'z'")
        other = world.come()
        stream.until(lambda: world.answer(other) == (5, first))


def test_a_blessing_that_is_taken_back_brings_the_model_before_it_back(world: World) -> None:
    first = world.taxi.train("5")
    second = world.taxi.train("6")
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (6, second))
        world.taxi.withdraw()
        stream.until(lambda: stream.told(f"(artifact {first})"))
        other = world.come()
        stream.until(lambda: world.answer(other) == (5, first))


def test_a_start_with_a_broken_newest_model_serves_with_the_one_before(world: World) -> None:
    first = world.taxi.train("5")
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        stream.until(lambda: stream.texts("models"))
    world.taxi.train("no number")
    with running(world.setup, engine=world.engine, pins=world.pins) as stream:
        row = world.come()
        stream.until(lambda: world.answer(row) == (5, first))
        assert stream.told("cannot be used")
