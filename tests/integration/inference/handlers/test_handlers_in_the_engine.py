# SPDX-License-Identifier: Apache-2.0
"""Foreign handlers in a whole job: which rows fail, how often a service is called, how often a model is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from inference_jobs import failed_rows, job_of, results, write_rows

from penstock.inference import engine
from penstock.inference.spec import ModelSettings

HANDLERS = '''
import os
from pathlib import Path

from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RemoteModelHandler


class Service(RemoteModelHandler):
    """Stands for a service that refuses a request with a certain number in it."""

    def __init__(self, log, refuses=()):
        super().__init__(namespace="service", num_retries=0)
        self.log, self.refuses = log, set(refuses)

    def batch_elements_kwargs(self):
        return {"max_batch_size": 4}

    def create_client(self):
        return Path(self.log)

    def request(self, batch, model, inference_args=None):
        with model.open("a") as file:
            file.write(f"{len(batch)}\\n")
        if any(row["x"] in self.refuses for row in batch):
            raise ValueError("refused")
        return [PredictionResult(row, {"half": row["x"] / 2}) for row in batch]


class Doubler:
    def doubled(self, numbers):
        return [2 * number for number in numbers]


class Large(ModelHandler):
    def __init__(self, log, **kwargs):
        super().__init__(**kwargs)
        self.log = log

    def load_model(self):
        with Path(self.log).open("a") as file:
            file.write(f"load in {os.getpid()}\\n")
        return Doubler()

    def run_inference(self, batch, model, inference_args=None):
        return [{"double": value} for value in model.doubled([row["x"] for row in batch])]
'''


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "penstock_engine_handlers.py").write_text(HANDLERS)
    return tmp_path / "log.txt"


def handler(name: str, **arguments: object) -> ModelSettings:
    return ModelSettings(handler=f"penstock_engine_handlers.{name}", handler_arguments=arguments)


def test_a_refused_row_costs_only_the_calls_that_find_it(tmp_path: Path, log: Path) -> None:
    settings = handler("Service", log=str(log), refuses=[6])
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 40)], models={"adder": settings})

    summary = engine.run(job)

    assert results(summary)["half"].to_pylist() == [number / 2 for number in range(40) if number != 6]
    (letter,) = failed_rows(job)
    assert (letter["key"], letter["stage"]) == ("6", "inference")
    assert "refused" in letter["error"]
    # Ten requests of four rows; the one that fails is halved to the row: 2 + 2, 1 + 1.
    assert sorted(log.read_text().split()) == sorted(["4"] * 10 + ["2"] * 2 + ["1"] * 2)
    model = summary.models["adder"]
    assert (model.rows, model.flavor) == (39, "Service")


@pytest.mark.parametrize(
    ("arguments", "loads"), [({}, 2), ({"large_model": True}, 1), ({"model_copies": 2}, 2)]
)
def test_a_handlers_own_word_on_sharing_holds(
    tmp_path: Path, log: Path, arguments: dict[str, object], loads: int
) -> None:
    settings = handler("Large", log=str(log), **arguments)
    files = [write_rows(tmp_path / f"{number}.parquet", 400) for number in range(8)]
    job = job_of(tmp_path, files, models={"adder": settings})

    summary = engine.run(job, ["--direct_num_workers=2"])

    assert results(summary)["double"].to_pylist() == [2 * number for number in range(400)] * 8
    assert len(log.read_text().splitlines()) == loads
