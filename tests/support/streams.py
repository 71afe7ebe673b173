# SPDX-License-Identifier: Apache-2.0
"""Streams under test: a setup in a folder, an engine that needs no Beam, a stream that runs in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.errors import DataError
from penstock.inference.config_file import ModelSource
from penstock.inference.job import InferenceJob, InferenceSummary, ModelRef, StepOutput
from penstock.inference.spec import InferenceGraph, ModelStep, Step
from penstock.inference.streaming.service import Limits, serve
from penstock.inference.streaming.setup import StreamSetup
from penstock.inference.streaming.spec import StreamSpec
from penstock.inference.streaming.telling import Event
from penstock.metadata.config import sqlite_metadata_connection_config

GRAPH = InferenceGraph((Step("predict", model=ModelStep("five")),), key="id")
PATIENCE_SECONDS = 60.0


def setup_in(
    place: Path,
    graph: InferenceGraph = GRAPH,
    models: Mapping[str, ModelSource] | None = None,
    **spec: Any,
) -> StreamSetup:
    """Returns a stream in a folder: it watches ``incoming`` unless it is told otherwise, and looks often."""
    quick = {"poll_seconds": 0.02, "settle_seconds": 0.05, "refresh_seconds": 0.05, "output": "out"}
    if not {"redis", "kafka", "folder"} & spec.keys():
        (place / "incoming").mkdir(exist_ok=True)
        quick["folder"] = "incoming"
    if models is None:
        model = place / "model"
        model.mkdir(exist_ok=True)
        (model / "weights").write_text("5")
        models = {"five": ModelSource(path="model")}
    return StreamSetup(
        name="fives",
        graph=graph,
        models=models,
        spec=StreamSpec(**{**quick, **spec}),
        project_root=str(place),
        pipeline_root=str(place / "root"),
        metadata=sqlite_metadata_connection_config(str(place / "metadata.db")),
    )


@dataclass
class FakePins:
    """Loads models that are a file ``weights`` with a number; anything else does not load."""

    loaded: dict[str, float] = field(default_factory=dict)

    def pin(self, name: str, ref: ModelRef) -> object:
        found = sorted(Path(ref.uri).rglob("weights"))
        try:
            self.loaded[ref.uri] = float(found[0].read_text())
        except (IndexError, ValueError) as error:
            raise DataError(f"{ref.uri} holds no model", input=ref.uri) from error
        return self.loaded[ref.uri]

    def unpin(self, name: str, ref: ModelRef) -> None:
        self.loaded.pop(ref.uri, None)


@dataclass
class FakeEngine:
    """Multiplies the column ``x`` by the model's number; a row with another x than a number is a dead letter."""

    pins: FakePins
    jobs: list[InferenceJob] = field(default_factory=list)

    def __call__(self, job: InferenceJob) -> InferenceSummary:
        import pyarrow as pa
        import pyarrow.parquet as pq

        from penstock.inference.dead_letters import SCHEMA
        from penstock.inference.reading import open_source

        self.jobs.append(job)
        reader = open_source(job.source, 4096)
        ref = job.models["five"]
        results: list[str] = []
        letters: list[dict[str, Any]] = []
        rows = 0
        folder, failed = Path(job.result_uri), Path(job.dead_letters_uri)
        folder.mkdir(parents=True)
        for unit in reader.units(1):
            good: list[dict[str, Any]] = []
            for piece in reader.read(unit):
                rows += len(piece.unreadable)
                letters += [
                    {"step": "source", "stage": bad.stage, "file": unit.files[0], "error": bad.error}
                    for bad in piece.unreadable
                ]
                for number, row in enumerate(piece.batch.to_pylist()):
                    rows += 1
                    if isinstance(row.get("x"), (int, float)):
                        y = row["x"] * self.pins.loaded[ref.uri]
                        good.append(
                            {**row, "y": y, "model_id": ref.artifact_id, "model_version": ref.version}
                        )
                    else:
                        letters.append(
                            {"key": row.get("id"), "step": "predict", "stage": "inference", "file": unit.files[0],
                             "error": "no number", "error_type": "DataError", "row": "{}", "row_number": number}
                        )  # fmt: skip
            file = folder / f"{len(results)}.parquet" if good else None
            if file is not None:
                pq.write_table(pa.Table.from_pylist(good), file)
            results.append(str(file or ""))
        if letters:
            failed.mkdir()
            pq.write_table(pa.Table.from_pylist(letters, schema=SCHEMA), failed / "failed-rows.parquet")
        columns: tuple[dict[str, str], ...] = ({"name": "y", "type": "double"},)
        output = StepOutput(rows - len(letters), tuple(results), columns)
        return InferenceSummary(rows, len(letters), (), {}, {"predict": output})


class RunningStream:
    """A stream that runs in a thread.

    Attributes:
        events: What it has told so far.
        error: What it ended with, if it failed.
    """

    def __init__(
        self, setup: StreamSetup, limits: Limits | None, engine: Any = None, pins: Any = None
    ) -> None:
        self.setup = setup
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self._ending = threading.Event()
        self._arguments = (setup, self._ending, self.events.append, limits)
        self._options = {"run": engine, "pins": pins}
        self._thread = threading.Thread(target=self._serve, name="stream under test")
        self._thread.start()

    def _serve(self) -> None:
        try:
            serve(*self._arguments, **self._options)
        except BaseException as error:
            self.error = error

    def until(self, fact: Callable[[], Any]) -> None:
        """Waits until something is true; fails where the stream ends before."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not fact():
            if self.error is not None:
                raise self.error
            assert self._thread.is_alive() or fact(), f"it ended: {self.texts()}"
            assert time.monotonic() < deadline, f"in vain: {self.texts()}"
            time.sleep(0.01)

    def texts(self, kind: str | None = None) -> list[str]:
        """Returns what it has told, of one kind or all."""
        return [event.text for event in self.events if kind in (None, event.kind)]

    def told(self, text: str) -> bool:
        """Says whether it has told something that holds a text."""
        return any(text in told for told in self.texts())

    def end(self) -> None:
        """Has it end and waits for that."""
        self._ending.set()
        self.join()

    def join(self) -> None:
        """Waits for its end."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), self.texts()


@contextmanager
def running(
    setup: StreamSetup, limits: Limits | None = None, engine: Any = None, pins: Any = None
) -> Iterator[RunningStream]:
    """Runs a stream, with the fakes unless an engine is given, and ends it.

    An ``engine`` of ``"real"`` stands for Penstock's own.
    """
    if engine is None:
        pins = pins or FakePins()
        engine = FakeEngine(pins)
    stream = RunningStream(setup, limits, None if engine == "real" else engine, pins)
    try:
        yield stream
    finally:
        stream.end()
    if stream.error is not None:
        raise stream.error


def results_of(setup: StreamSetup) -> dict[str, list[dict[str, Any]]]:
    """Returns the rows of all results, by the name of their file."""
    return _tables(setup.places().output)


def letters_of(setup: StreamSetup) -> dict[str, list[dict[str, Any]]]:
    """Returns the dead letters, by the name of their file."""
    return _tables(setup.places().dead_letters)


def _tables(folder: str) -> dict[str, list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    return {path.name: pq.read_table(path).to_pylist() for path in sorted(Path(folder).glob("*.parquet"))}
