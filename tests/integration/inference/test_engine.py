# SPDX-License-Identifier: Apache-2.0
"""The engine in one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from inference_jobs import adding, failed_rows, job_of, results, with_settings, write_rows

from penstock.errors import DataError, ExecutionError, PenstockError, PipelineError, UserCodeError
from penstock.inference import engine
from penstock.inference.job import ModelRef
from penstock.inference.spec import FunctionStep, ModelStep, Step


def test_all_rows_come_out_in_order_with_the_model_that_made_them(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 250), write_rows(tmp_path / "b.parquet", 30)])
    told: list[int] = []

    summary = engine.run(job, report=lambda *, rows: told.append(rows))

    table = results(summary)
    assert table["id"].to_pylist() == [*range(250), *range(30)]
    assert table["sum"].to_pylist() == [*range(1, 251), *range(1, 31)]
    assert set(table["model_id"].to_pylist()) == {1}
    assert set(table["model_version"].to_pylist()) == {"v1"}
    assert table.schema.names == ["id", "x", "sum", "model_id", "model_version"]
    assert (summary.rows, summary.failed_rows, summary.failures) == (280, 0, ())
    assert summary.outputs["add"].rows == 280
    assert [column["name"] for column in summary.outputs["add"].schema] == table.schema.names
    assert told[-1] == 280
    assert told == sorted(told)
    assert not (tmp_path / "failed").exists()
    assert [entry.name for entry in (tmp_path / "results").iterdir()] == ["results-00000-of-00001.parquet"]


def test_what_a_model_has_done_is_counted(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 640)], source_rows=64)

    model = engine.run(job).models["adder"]

    assert (model.rows, model.batches) == (640, 10)
    assert model.batch_rows == {"50": 64.0, "95": 64.0, "99": 64.0}
    assert 0 < model.latency_ms["50"] <= model.latency_ms["99"]
    assert model.load_seconds > 0
    assert model.flavor == "Adding"


def test_a_batch_may_be_larger_than_a_call(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 100)], source_rows=100)

    summary = engine.run(with_settings(job, "adder", batch_rows=30))

    assert results(summary)["sum"].to_pylist() == list(range(1, 101))
    assert summary.models["adder"].batches == 4


def test_bad_rows_are_found_and_their_neighbours_predicted(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.parquet", 200)
    job = job_of(tmp_path, [path], models={"adder": adding(refuses=[3, 64, 199])})

    summary = engine.run(job)

    bad = {3, 64, 199}
    assert results(summary)["id"].to_pylist() == [number for number in range(200) if number not in bad]
    letters = failed_rows(job)
    assert [(letter["key"], letter["row_number"]) for letter in letters] == [
        ("3", 3),
        ("64", 64),
        ("199", 199),
    ]
    first = letters[0]
    assert (first["step"], first["stage"], first["error_type"]) == ("add", "inference", "ValueError")
    assert "cannot add to [3" in first["error"]
    assert first["row"] == '{"id": 3, "x": 3}'
    assert first["file"] == path
    assert (summary.rows, summary.failed_rows) == (200, 3)
    assert sum(rows for _, _, rows in summary.failures) == 3
    assert summary.failed_fraction == pytest.approx(3 / 200)


def test_rows_with_missing_values_are_tried_apart(tmp_path: Path) -> None:
    values = pa.array([None if number % 10 == 0 else number for number in range(100)], pa.int64())
    pq.write_table(pa.table({"id": pa.array(range(100)), "x": values}), tmp_path / "a.parquet")
    log = tmp_path / "calls.txt"
    job = job_of(
        tmp_path, [str(tmp_path / "a.parquet")], models={"adder": adding(log=str(log))}, source_rows=100
    )

    summary = engine.run(job)

    assert summary.failed_rows == 10
    assert results(summary)["id"].to_pylist() == [number for number in range(100) if number % 10]
    calls = [line for line in log.read_text().splitlines() if line.startswith("call")]
    assert calls[:2] == ["call 100", "call 90"]
    assert len(calls) == 2 + 10 + 9, "two halves of each part of the ten, and no more"


def test_where_every_row_fails_there_are_results_without_rows(tmp_path: Path) -> None:
    job = job_of(
        tmp_path, [write_rows(tmp_path / "a.parquet", 5)], models={"adder": adding(refuses=range(5))}
    )

    summary = engine.run(job)

    assert summary.failed_fraction == 1
    table = results(summary)
    assert table.num_rows == 0
    assert table.schema.names[:2] == ["id", "x"]
    assert len(failed_rows(job)) == 5


def test_a_row_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    models = {"adder": adding(slow=[2])}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 4)], models=models)

    summary = engine.run(with_settings(job, "adder", timeout_seconds=0.5))

    assert results(summary)["id"].to_pylist() == [0, 1, 3]
    (letter,) = failed_rows(job)
    assert letter["error_type"] == "TimeoutError"
    assert "longer than 0.5 s" in letter["error"]


def test_a_model_that_never_answers_ends_the_job(tmp_path: Path) -> None:
    models = {"adder": adding(slow=range(200))}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 100)], models=models, source_rows=100)

    with pytest.raises(ExecutionError, match="does not answer"):
        engine.run(with_settings(job, "adder", timeout_seconds=0.01))


def test_a_model_that_does_not_load_ends_the_job_timeout_or_not(tmp_path: Path) -> None:
    job = job_of(
        tmp_path, [write_rows(tmp_path / "a.parquet", 4)], models={"adder": adding(load_error="torn")}
    )

    for timeout in (None, 5.0):
        with pytest.raises(PenstockError, match="torn"):
            engine.run(with_settings(job, "adder", timeout_seconds=timeout))
    assert not list(tmp_path.glob("results/*"))
    assert not list(tmp_path.glob("results/.*"))


def test_no_rows_give_a_result_with_columns_and_no_rows(tmp_path: Path) -> None:
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 0)])

    summary = engine.run(job)

    assert summary.rows == 0
    assert summary.failed_fraction == 0
    assert results(summary).num_rows == 0
    assert results(summary).schema.field("id").type == pa.int64()


def test_duplicate_keys_stay_as_many_rows_in_order(tmp_path: Path) -> None:
    keys = [1, 1, 2, 1, 2]
    pq.write_table(pa.table({"id": keys, "x": range(5)}), tmp_path / "a.parquet")
    steps = (
        Step("one", model=ModelStep("adder")),
        Step("two", model=ModelStep("ten")),
        Step("both", ("one", "two")),
    )
    models = {"adder": adding(), "ten": adding(add=10)}
    job = job_of(tmp_path, [str(tmp_path / "a.parquet")], steps=steps, models=models, source_rows=2)

    table = results(engine.run(job), "both")

    assert table["id"].to_pylist() == keys
    assert table["one_sum"].to_pylist() == [1, 2, 3, 4, 5]
    assert table["two_sum"].to_pylist() == [10, 11, 12, 13, 14]
    assert set(table["one_model_version"].to_pylist()) == {"v1"}
    assert set(table["two_model_version"].to_pylist()) == {"v2"}


def test_one_model_feeds_the_next(tmp_path: Path) -> None:
    steps = (
        Step("second", ("first",), model=ModelStep("tens", inputs={"x": "sum"}, outputs={"sum": "total"})),
        Step("first", model=ModelStep("adder")),
    )
    models = {"adder": adding(), "tens": adding(add=10)}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 10)], steps=steps, models=models)

    table = results(engine.run(job), "second")

    assert table["sum"].to_pylist() == list(range(1, 11))
    assert table["total"].to_pylist() == list(range(11, 21))
    assert table.schema.names == [
        "id", "x", "sum", "first_model_id", "first_model_version", "total", "second_model_id",
        "second_model_version",
    ]  # fmt: skip


def test_a_row_that_failed_is_in_no_result(tmp_path: Path) -> None:
    steps = (Step("good", model=ModelStep("adder")), Step("bad", model=ModelStep("refusing")))
    models = {"adder": adding(), "refusing": adding(refuses=[1])}
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 4)], steps=steps, models=models)

    summary = engine.run(job)

    assert results(summary, "good")["id"].to_pylist() == [0, 2, 3]
    assert results(summary, "bad")["id"].to_pylist() == [0, 2, 3]
    assert Path(summary.outputs["good"].files[0]).parent == tmp_path / "results" / "good"
    assert summary.failed_rows == 1


def test_a_missing_column_ends_the_job_and_leaves_nothing(tmp_path: Path) -> None:
    steps = (Step("add", model=ModelStep("adder", inputs={"x": "price"})),)
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 4)], steps=steps)

    with pytest.raises(DataError, match="no column 'price'"):
        engine.run(job)
    assert not list(tmp_path.glob("results/*"))


def test_a_job_without_one_of_its_models_is_refused(tmp_path: Path) -> None:
    job = replace(job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 4)]), models={"other": ModelRef("")})

    with pytest.raises(PipelineError, match="no model 'adder'"):
        engine.run(job)


_FUNCTIONS = """
import pyarrow as pa, pyarrow.compute as pc

def times_ten(batch):
    if 5 in batch.column("x").to_pylist():
        raise ValueError("five is not for me")
    return pa.RecordBatch.from_arrays([pc.multiply(batch.column("x"), 10)], ["x"])

def halve(batch):
    return pa.RecordBatch.from_arrays([pc.divide(batch.column("sum"), 2), batch.column("id")], ["half", "again"])

def shorter(batch):
    return batch.slice(1)

def sometimes_nothing(batch):
    first = batch.column("id")[0].as_py() if batch.num_rows else 0
    values = [None] * batch.num_rows if first < 64 else [float(i) for i in range(batch.num_rows)]
    return pa.RecordBatch.from_arrays([pa.array(values)], ["late"])
"""


@pytest.fixture
def functions(tmp_path: Path) -> str:
    name = f"functions_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(_FUNCTIONS)
    return name


def test_functions_stand_before_and_behind_a_model(tmp_path: Path, functions: str) -> None:
    step = ModelStep("adder", preprocess=f"{functions}.times_ten", postprocess=f"{functions}.halve")
    path = write_rows(tmp_path / "a.parquet", 10)
    job = job_of(tmp_path, [path], steps=(Step("add", model=step),), carry=())

    summary = engine.run(job)

    table = results(summary)
    left = [0, 1, 2, 3, 4, 6, 7, 8, 9]
    assert table["half"].to_pylist() == [(number * 10 + 1) // 2 for number in left]
    assert table["again"].to_pylist() == left
    assert table.schema.names == ["id", "half", "again", "model_id", "model_version"]
    (letter,) = failed_rows(job)
    assert (letter["stage"], letter["error_type"]) == ("preprocess", "ValueError")
    assert "five is not for me" in letter["error"]
    assert summary.models["adder"].batches == 1, "a row that a function refuses costs no call of the model"


@pytest.mark.parametrize("place", ["preprocess", "postprocess"])
def test_a_function_that_loses_rows_ends_the_job(tmp_path: Path, functions: str, place: str) -> None:
    step = ModelStep("adder", **{place: f"{functions}.shorter"})
    job = job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 10)], steps=(Step("add", model=step),))

    with pytest.raises(UserCodeError, match="another number of rows"):
        engine.run(job)
    assert not list(tmp_path.glob("results/*"))


def test_a_column_that_is_empty_at_first_gets_the_type_of_its_later_values(
    tmp_path: Path, functions: str
) -> None:
    step = Step("late", function=FunctionStep(f"{functions}.sometimes_nothing"))
    path = write_rows(tmp_path / "a.parquet", 128)
    job = job_of(tmp_path, [path], steps=(step,), models={"unused": adding()})

    summary = engine.run(job)

    files = summary.outputs["late"].files
    assert len({pq.read_schema(file) for file in files}) == 1
    table = results(summary, "late")
    assert table.schema.field("late").type == pa.float64()
    assert table["late"].to_pylist() == [None] * 64 + [float(number) for number in range(64)]
    assert table["id"].to_pylist() == list(range(128))


def test_models_of_a_framework_are_loaded_by_their_flavor(tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    from penstock import models
    from penstock.inference.spec import ModelSettings

    features = np.arange(20, dtype=np.float32).reshape(10, 2)
    models.save(
        linear.LinearRegression().fit(features, features.sum(1)), str(tmp_path / "model"), inputs=["x", "y"]
    )
    (tmp_path / "a.csv").write_text("id,x,y\na,1,2\nb,3,oops\nc,,4\nd,5,6\n".replace("oops", "9"))
    job = job_of(tmp_path, [str(tmp_path / "a.csv")], models={"adder": ModelSettings(trusted=True)})
    job = replace(job, models={"adder": ModelRef(str(tmp_path / "model"))})

    summary = engine.run(job)

    table = results(summary)
    assert table["id"].to_pylist() == ["a", "b", "d"]
    np.testing.assert_allclose(table["prediction"].to_numpy(), [3, 12, 11], rtol=1e-5)
    assert table["model_id"].null_count == 3
    (letter,) = failed_rows(job)
    assert (letter["key"], letter["row_number"], letter["error_type"]) == ("c", 2, "DataError")
    assert summary.models["adder"].flavor == "sklearn"
    assert summary.models["adder"].device == "cpu"
    assert summary.models["adder"].model_bytes > 0


def test_text_for_a_number_ends_the_job(tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    from penstock import models
    from penstock.inference.spec import ModelSettings

    models.save(linear.LinearRegression().fit([[1.0], [2.0]], [1, 2]), str(tmp_path / "model"), inputs=["x"])
    (tmp_path / "a.csv").write_text("id,x\n1,one\n")
    job = job_of(tmp_path, [str(tmp_path / "a.csv")], models={"adder": ModelSettings(trusted=True)})

    with pytest.raises(DataError, match="column 'x' is text"):
        engine.run(replace(job, models={"adder": ModelRef(str(tmp_path / "model"))}))


def test_a_matrix_of_one_column_is_a_plain_column_that_the_next_model_takes(tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    from penstock import models
    from penstock.inference.spec import ModelSettings

    doubling = linear.LinearRegression().fit([[1.0], [2.0]], [[2.0], [4.0]])
    assert doubling.predict([[3.0]]).shape == (1, 1)
    models.save(doubling, str(tmp_path / "model"), inputs=["x"], outputs=["prediction"])
    (tmp_path / "a.csv").write_text("id,x\n1,1\n2,10\n")
    job = job_of(
        tmp_path,
        [str(tmp_path / "a.csv")],
        steps=[
            Step("two", model=ModelStep("doubling", outputs={"prediction": "twice"})),
            Step("four", ("two",), model=ModelStep("doubling", {"x": "twice"}, {"prediction": "four_times"})),
        ],
        models={"doubling": ModelSettings(trusted=True)},
    )

    table = results(engine.run(replace(job, models={"doubling": ModelRef(str(tmp_path / "model"))})), "four")

    assert table["twice"].to_pylist() == pytest.approx([2.0, 20.0])
    assert table["four_times"].to_pylist() == pytest.approx([4.0, 40.0])


def test_beams_complaint_about_memory_stays_out_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from apache_beam.ml.inference import base

    monkeypatch.setattr(base, "resource", None)  # as Beam leaves it where PyTorch is missing

    engine.run(job_of(tmp_path, [write_rows(tmp_path / "a.parquet", 3)]))

    assert "memory usage cannot be fetched" not in caplog.text
    assert base.resource is not None
