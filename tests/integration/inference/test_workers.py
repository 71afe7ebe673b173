# SPDX-License-Identifier: Apache-2.0
"""The engine in several processes, and on a runner that takes its work elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from inference_jobs import adding, failed_rows, job_of, results, with_settings, write_rows

from penstock.beam.corrections import shared_models_folder
from penstock.errors import ExecutionError, PenstockError
from penstock.inference import engine
from penstock.inference.job import InferenceJob
from penstock.inference.spec import FunctionStep, ModelStep, Step

ELSEWHERE = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


def _job(folder: Path, files: list[str] | None = None) -> InferenceJob:
    folder.mkdir(exist_ok=True)
    files = files or [write_rows(folder / "a.parquet", 1000), write_rows(folder / "b.parquet", 50)]
    return job_of(folder, files, models={"adder": adding(refuses=[7, 500])})


@pytest.mark.parametrize("arguments", [("--direct_num_workers=2",), ("--direct_num_workers=3",), ELSEWHERE])
def test_many_workers_give_what_one_gives(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    alone, together = _job(tmp_path / "alone"), _job(tmp_path / "together")
    told: list[int] = []

    expected = engine.run(alone)
    summary = engine.run(together, arguments, report=lambda *, rows: told.append(rows))

    assert results(summary).to_pydict() == results(expected).to_pydict()
    assert [letter["key"] for letter in failed_rows(together)] == [
        other["key"] for other in failed_rows(alone)
    ]
    assert (summary.rows, summary.failed_rows) == (1050, 3)
    assert summary.models["adder"].rows == expected.models["adder"].rows
    assert not list(Path(together.result_uri).glob(".*"))
    assert arguments == ELSEWHERE or told[-1] == 1050


def test_each_worker_loads_a_model_unless_it_is_large(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    folder = shared_models_folder()
    before = set(os.listdir(folder))
    files = [write_rows(tmp_path / f"{number}.parquet", 400) for number in range(8)]
    job = job_of(tmp_path, files, models={"adder": adding(log=str(log))})

    def loads(job: InferenceJob) -> int:
        log.write_text("")
        summary = engine.run(job, ["--direct_num_workers=2"])
        assert results(summary)["sum"].to_pylist() == list(range(1, 401)) * 8
        return sum(line.startswith("load") for line in log.read_text().splitlines())

    assert loads(job) == 2
    assert loads(with_settings(job, "adder", large_model=True)) == 1
    assert loads(with_settings(job, "adder", model_copies=2)) == 2
    assert not [name for name in set(os.listdir(folder)) - before if "adder" in name]


def test_copies_that_one_process_does_not_need_are_there_if_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    models = {"adder": adding(log=str(log))}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 400)], models=models)

    summary = engine.run(with_settings(job, "adder", model_copies=2))

    assert results(summary)["sum"].to_pylist() == list(range(1, 401))
    lines = log.read_text().splitlines()
    assert sum(line.startswith("load") for line in lines) == 2
    assert str(os.getpid()) not in " ".join(lines), "it is done in a process that takes the copies with it"


@pytest.mark.parametrize("arguments", [("--direct_num_workers=2",), ELSEWHERE])
def test_an_error_of_a_worker_comes_out_as_itself(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "wrong.py").write_text("def shorter(batch):\n    return batch.slice(1)\n")
    step = ModelStep("adder", postprocess="wrong.shorter")
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 1000)], steps=(Step("add", model=step),))

    with pytest.raises(PenstockError, match=r"wrong\.shorter returned another number of rows"):
        engine.run(job, arguments)
    assert not list((tmp_path / "results").glob("*"))
    assert not list((tmp_path / "results").glob(".*"))


def test_a_model_that_does_not_load_in_a_worker_is_one_error(tmp_path: Path) -> None:
    models = {"adder": adding(load_error="torn")}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 1000)], models=models)

    with pytest.raises(PenstockError, match="torn"):
        engine.run(job, ["--direct_num_workers=2"])


def test_a_worker_that_is_killed_is_named_with_its_signal(tmp_path: Path) -> None:
    models = {"adder": adding(kills=[700])}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 1000)], models=models)

    with pytest.raises(ExecutionError, match="killed by SIGKILL"):
        engine.run(job, ["--direct_num_workers=2"])
    assert not list((tmp_path / "results").glob("*"))
    assert not list((tmp_path / "results").glob(".*"))


def test_functions_travel_to_workers_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "travelling.py").write_text(
        "import pyarrow as pa\nimport pyarrow.compute as pc\n\n\n"
        "def _factor():\n    return 3\n\n\n"
        "def tripled(batch):\n"
        "    return pa.RecordBatch.from_arrays([pc.multiply(batch.column('x'), _factor())], ['tripled'])\n"
    )
    steps = (Step("triple", function=FunctionStep("travelling.tripled")),)
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 300)], steps=steps)

    summary = engine.run(replace(job, models={}), ELSEWHERE)

    assert results(summary, "triple")["tripled"].to_pylist() == [3 * number for number in range(300)]
    assert not list((tmp_path / "temp").glob("*"))
