# SPDX-License-Identifier: Apache-2.0
"""Many small jobs in one process around models that stay loaded, as a stream runs them."""

from __future__ import annotations

import gc
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from apache_beam.utils import shared
from inference_jobs import adding, job_of, results, write_rows

from penstock.errors import PenstockError
from penstock.inference import engine, loaded


def test_a_pinned_model_is_loaded_once_for_all_jobs(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 10)], models={"adder": adding(log=str(log))})
    ref, settings = job.models["adder"], job.graph.models["adder"]

    loaded.pin(ref, settings)
    for number in range(3):
        summary = engine.run(replace(job, result_uri=str(tmp_path / f"results-{number}")))
        assert results(summary).num_rows == 10
    # How it is called is no matter of what is loaded.
    other = replace(job.graph, models={"adder": replace(settings, batch_rows=3, timeout_seconds=60)})
    engine.run(replace(job, graph=other))
    assert log.read_text().count("load") == 1

    loaded.unpin(ref, settings)
    gc.collect()
    engine.run(job)
    assert log.read_text().count("load") == 2


def test_pinning_a_model_that_does_not_load_says_so(tmp_path: Path) -> None:
    job = job_of(tmp_path, [], models={"adder": adding(load_error="torn")})

    with pytest.raises(PenstockError, match="torn"):
        loaded.pin(job.models["adder"], job.graph.models["adder"])
    assert not loaded.is_pinned(job.models["adder"], job.graph.models["adder"])


def test_jobs_leave_nothing_behind_in_the_process(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 10)])
    ref, settings = job.models["adder"], job.graph.models["adder"]
    loaded.pin(ref, settings)

    def left() -> tuple[int, int, int, int]:
        gc.collect()
        pipelines = sum(type(thing).__name__ in ("Pipeline", "Plan") for thing in gc.get_objects())
        records = len(shared._shared_map._cache_map)
        return pipelines, records, len(os.listdir("/proc/self/fd")), threading.active_count()

    for _ in range(2):
        engine.run(job)
    before = left()
    for _ in range(5):
        engine.run(job)
    assert left() == before
    loaded.unpin(ref, settings)


def test_steps_share_one_loaded_model(tmp_path: Path) -> None:
    from penstock.inference.spec import ModelStep, Step

    log = tmp_path / "log.txt"
    steps = (
        Step("one", model=ModelStep("adder", outputs={"sum": "first"})),
        Step("two", ("one",), model=ModelStep("adder", inputs={"x": "first"}, outputs={"sum": "second"})),
    )
    models = {"adder": adding(log=str(log))}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 10)], steps=steps, models=models)

    assert results(engine.run(job), "two")["second"].to_pylist() == list(range(2, 12))
    assert log.read_text().count("load") == 1
