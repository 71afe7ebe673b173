# SPDX-License-Identifier: Apache-2.0
"""What comes out for a scikit-learn model: both kinds of output, bad rows, empty splits, several processes, sinks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from component_runs import make_examples, run_component
from inference_runs import TrainedHere, infer, model_in, prediction_logs

from penstock import models, proto
from penstock.artifacts.standard import Examples, Model
from penstock.components.bulk_inferrer.component import BulkInferrer
from penstock.errors import DataError, PenstockError
from penstock.examples.reader import ExamplesReader, read_split
from penstock.inference import InferenceConfig, ModelSettings, SinkSpec
from penstock.inference.prediction_log_reading import read_prediction

pytestmark = pytest.mark.integration

ROWS = 1000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from sklearn.linear_model import LinearRegression

    x = np.random.default_rng(1).normal(size=(20, 2))
    saved = model_in(tmp_path_factory.mktemp("model"))
    models.save(LinearRegression().fit(x, 2 * x[:, 0] + x[:, 1]), saved.serving_uri, inputs=["a", "b"])
    return saved


def table(rows: int = ROWS, first: int = 0) -> pa.Table:
    numbers = np.arange(first, first + rows)
    return pa.table(
        {
            "id": pa.array([f"r{n}" for n in numbers]),
            "a": pa.array(numbers, pa.int64()),
            "b": pa.array(numbers / 2, pa.float32()),
            "note": pa.array([b"\xff" if n % 7 == 0 else None for n in numbers], pa.binary()),
        }
    )


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Examples:
    splits = {"train": table(), "eval": table(100, 5000)}
    return make_examples(tmp_path_factory.mktemp("examples"), splits, rows_per_shard=300)


def spec(column: str = "predicted") -> proto.OutputExampleSpec:
    wanted = proto.PredictOutputCol(output_key="prediction", output_column=column)
    return proto.OutputExampleSpec(
        output_columns_spec=[
            proto.OutputColumnsSpec(predict_output=proto.PredictOutput(output_columns=[wanted]))
        ]
    )


def assert_right(rows: list[dict[str, Any]], answer: str) -> None:
    for row in rows:
        assert row[answer] == pytest.approx(2 * row["a"] + row["b"], abs=1e-3)


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_stay_in_their_order_in_one_process_and_in_two(
    tmp_path: Path, examples: Examples, model: Model, workers: int
) -> None:
    arguments = [f"--direct_num_workers={workers}"]
    ran = infer(tmp_path / "parquet", examples, model, beam_pipeline_args=arguments)
    rows = pq.read_table(ran.uri("inference_result")).to_pylist()
    wanted = [f"r{n}" for n in (*range(ROWS), *range(5000, 5100))]
    assert [row["id"] for row in rows] == wanted
    assert_right(rows, "prediction")
    assert {(row["model_id"], row["model_version"]) for row in rows} == {(14, "training")}
    assert ran.result.summary.models["model"].rows == 1100

    logs = InferenceConfig(result_format="prediction_log")
    ran = infer(tmp_path / "logs", examples, model, beam_pipeline_args=arguments, inference_config=logs)
    read = [read_prediction(record) for record in prediction_logs(ran.uri("inference_result"))]
    assert_right([{**one.inputs, **one.outputs} for one in read], "prediction")
    assert [one.inputs["a"] for one in read] == [*range(ROWS), *range(5000, 5100)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("format", ["parquet", "tfrecord"])
def test_examples_with_answers(
    tmp_path: Path, examples: Examples, model: Model, format: str, workers: int
) -> None:
    ran = infer(
        tmp_path, examples, model, output_example_spec=spec(), examples_format=format,
        beam_pipeline_args=[f"--direct_num_workers={workers}"],
    )  # fmt: skip
    (made,) = ran.outputs["output_examples"]
    assert made.splits == ("train", "eval")
    for split, source in (("train", table()), ("eval", table(100, 5000))):
        rows = pa.Table.from_batches(read_split(made.uri, split)).to_pylist()
        assert [{k: v for k, v in row.items() if k != "predicted"} for row in rows] == source.to_pylist()
        assert_right(rows, "predicted")
    reader = ExamplesReader(f"{made.uri}/Split-eval")
    assert reader.features == ExamplesReader(f"{made.uri}/Split-train").features
    assert (reader.features["predicted"].kind, reader.features["predicted"].is_list) == ("float", False)
    assert made.custom_properties["rows"] == {"train": 1000, "eval": 100}
    assert made.custom_properties["features"] == 5
    assert ran.record.rows == 1100
    names = sorted(path.name for path in Path(made.uri, "Split-train").iterdir())
    assert all(name.startswith("examples-0000") for name in names)


def test_examples_in_tfrecord_are_read_likewise(tmp_path: Path, model: Model) -> None:
    source = make_examples(tmp_path / "source", {"train": table(50)}, format="tfrecord")
    ran = infer(tmp_path / "out", source, model, inference_config=InferenceConfig(carry=("id", "a", "b")))
    assert_right(pq.read_table(ran.uri("inference_result")).to_pylist(), "prediction")


BAD = pa.table(
    {
        "id": ["fine", "empty", "also fine", "infinite"],
        "a": pa.array([1, None, 3, 4], pa.int64()),
        "b": pa.array([1.0, 2.0, 3.0, float("inf")], pa.float32()),
    }
)


@pytest.mark.parametrize("kind", ["parquet", "prediction_log", "examples"])
def test_bad_rows_go_to_the_dead_letters_and_their_neighbours_are_predicted(
    tmp_path: Path, model: Model, kind: str
) -> None:
    source = make_examples(tmp_path / "source", {"train": BAD, "eval": BAD.slice(0, 1)})
    config = InferenceConfig(key="id", carry=("a", "b"), max_failed_fraction=0.5)
    if kind == "prediction_log":
        config = InferenceConfig(key="id", result_format="prediction_log", max_failed_fraction=0.5)
    more = {"output_example_spec": spec()} if kind == "examples" else {}
    ran = infer(tmp_path / "out", source, model, inference_config=config, **more)
    assert (ran.result.summary.rows, ran.result.summary.failed_rows) == (5, 2)
    letters = pq.read_table(ran.uri("dead_letters")).to_pylist()
    assert [(row["key"], row["stage"], row["row_number"]) for row in letters] == [
        ("empty", "inference", 1),
        ("infinite", "inference", 3),
    ]
    assert json.loads(letters[0]["row"])["b"] == 2.0
    if kind == "prediction_log":
        found = [read_prediction(r) for r in prediction_logs(ran.uri("inference_result"))]
        rows = [{**one.inputs, **one.outputs} for one in found]
    elif kind == "parquet":
        rows = pq.read_table(ran.uri("inference_result")).to_pylist()
        assert [row["id"] for row in rows] == ["fine", "also fine", "fine"]
    else:
        uri = ran.uri("output_examples")
        rows = [{**row, "prediction": row["predicted"]} for split in ("train", "eval")
                for row in pa.Table.from_batches(read_split(uri, split)).to_pylist()]  # fmt: skip
    assert [row["a"] for row in rows] == [1, 3, 1]
    assert_right(rows, "prediction")


@pytest.mark.parametrize("kind", ["inference_result", "output_examples"])
def test_too_many_bad_rows_withhold_the_results_and_write_no_sink(
    tmp_path: Path, model: Model, kind: str
) -> None:
    source = make_examples(tmp_path / "source", {"train": BAD})
    sink = SinkSpec(path=str(tmp_path / "sink"), format="csv")
    config = InferenceConfig(carry=("id",), max_failed_fraction=0.49, sinks=(sink,))
    more = {"output_example_spec": spec()} if kind == "output_examples" else {}
    ran = infer(tmp_path / "out", source, model, inference_config=config, **more)
    assert kind in ran.record.withheld
    assert ran.record.stop is not None
    assert ran.record.stop.startswith("2 of 4 rows failed, and max_failed_fraction is 0.49: ")
    assert not (tmp_path / "sink").exists()
    assert pq.read_table(ran.uri("dead_letters")).num_rows == 2


@pytest.mark.parametrize("kind", ["parquet", "prediction_log", "examples"])
def test_nothing_to_predict(tmp_path: Path, model: Model, kind: str) -> None:
    source = make_examples(tmp_path / "source", {"train": table(0), "eval": table(3)})
    config = InferenceConfig(result_format="prediction_log") if kind == "prediction_log" else None
    more: dict[str, Any] = {"output_example_spec": spec()} if kind == "examples" else {}
    if config is not None:
        more["inference_config"] = config
    none = infer(tmp_path / "none", source, model, data_spec=proto.DataSpec(example_splits=["train"]), **more)
    assert (none.record.rows, none.record.stop) == (0, None)
    some = infer(tmp_path / "some", source, model, **more)
    assert some.record.rows == 3
    if kind == "examples":
        assert some.outputs["output_examples"][0].splits == ("train", "eval")


def test_sinks_are_given_what_results_hold_whatever_their_format(
    tmp_path: Path, examples: Examples, model: Model
) -> None:
    for name, more in (
        ("parquet", {}),
        ("prediction_log", {"result_format": "prediction_log"}),
        ("examples", {}),
    ):
        sink = SinkSpec(
            path=str(tmp_path / f"sink-{name}"), format="json_lines", columns=("id", "prediction")
        )
        config = InferenceConfig(key="id", sinks=(sink,), **more)
        rest = {"output_example_spec": spec()} if name == "examples" else {}
        ran = infer(tmp_path / name, examples, model, inference_config=config, **rest)
        lines = [
            json.loads(line)
            for file in sorted((tmp_path / f"sink-{name}").glob("*.jsonl*"))
            for line in file.read_text().splitlines()
        ]
        assert len(lines) == 1100
        assert lines[-1] == {"id": "r5099", "prediction": pytest.approx(2 * 5099 + 5099 / 2)}
        assert "1,100 to " in ran.record.summary
        kept = {Path(made).suffix for made in _files(ran.uri(next(iter(ran.outputs))))}
        assert kept <= {".parquet", ".gz"}


def _files(folder: str) -> list[str]:
    return [str(path) for path in Path(folder).rglob("*") if path.is_file()]


def test_a_sink_that_asks_for_a_column_that_there_is_not_is_refused_before_anything_runs(
    tmp_path: Path, examples: Examples, model: Model
) -> None:
    sink = SinkSpec(path=str(tmp_path / "sink"), columns=("predicton",))
    with pytest.raises(DataError, match="predicton"):
        infer(tmp_path / "out", examples, model, inference_config=InferenceConfig(key="id", sinks=(sink,)))
    assert _files(str(tmp_path)) == []


def test_a_model_that_does_not_load_fails_the_node(tmp_path: Path, examples: Examples) -> None:
    broken = model_in(tmp_path / "model")
    Path(broken.serving_uri, "model.joblib").write_bytes(b"no model")
    with pytest.raises(PenstockError, match="model"):
        infer(tmp_path / "out", examples, broken, inference_config=InferenceConfig(max_failed_fraction=1.0))


def test_functions_around_the_model(tmp_path: Path, examples: Examples, model: Model) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "around.py").write_text(
        "import pyarrow as pa\nimport pyarrow.compute as pc\n\n"
        "def before(batch):\n"
        "    a = pc.multiply(batch.column(1), 10)\n"
        "    return pa.RecordBatch.from_arrays([a, batch.column(2)], ['a', 'b'])\n\n"
        "def after(batch):\n"
        "    index = batch.schema.get_field_index('prediction')\n"
        "    return pa.RecordBatch.from_arrays([pc.negate(batch.column(index))], ['minus'])\n"
    )
    config = InferenceConfig(preprocess="around.before", postprocess="around.after")
    given = {"project_root": project, "inference_config": config}
    ran = infer(tmp_path / "out", examples, model, **given)
    rows = pq.read_table(ran.uri("inference_result")).slice(3, 1).to_pylist()
    assert rows[0]["minus"] == pytest.approx(-(2 * 30 + 1.5))
    assert rows[0]["a"] == 3
    wanted = spec().output_columns_spec[0]
    wanted.predict_output.output_columns[0].output_key = "minus"
    made = infer(
        tmp_path / "examples", examples, model,
        output_example_spec=proto.OutputExampleSpec(output_columns_spec=[wanted]), **given,
    )  # fmt: skip
    batch = next(read_split(made.uri("output_examples"), "train")).slice(3, 1).to_pylist()
    assert batch[0]["predicted"] == pytest.approx(-61.5)


def test_a_handler_of_the_user_s(tmp_path: Path, examples: Examples, model: Model) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "mine.py").write_text(
        "from apache_beam.ml.inference.base import ModelHandler\n\n\n"
        "class Adder(ModelHandler):\n"
        "    def __init__(self, more=0):\n"
        "        super().__init__()\n"
        "        self.more = more\n\n"
        "    def load_model(self):\n"
        "        return object.__new__(type('Loaded', (), {}))\n\n"
        "    def run_inference(self, batch, model, inference_args=None):\n"
        "        return [{'sum': float(row['a']) + float(row['b']) + self.more} for row in batch]\n"
    )
    settings = ModelSettings(handler="mine.Adder", handler_arguments={"more": 1000}, elements="dict")
    config = InferenceConfig(model=settings, key="id")
    ran = infer(tmp_path / "out", examples, model, project_root=project, inference_config=config)
    rows = pq.read_table(ran.uri("inference_result")).to_pylist()
    assert rows[2]["id"] == "r2"
    assert rows[2]["sum"] == 1003.0


def test_a_handler_may_do_without_a_model(tmp_path: Path, examples: Examples) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "remote.py").write_text(
        "from apache_beam.ml.inference.base import ModelHandler\n\n\n"
        "class Endpoint(ModelHandler):\n"
        "    def load_model(self):\n"
        "        return object.__new__(type('Client', (), {}))\n\n"
        "    def run_inference(self, batch, model, inference_args=None):\n"
        "        return [{'answer': row['id'] + '!'} for row in batch]\n"
    )
    config = InferenceConfig(model=ModelSettings(handler="remote.Endpoint", elements="dict"), carry=("id",))
    ran = run_component(
        BulkInferrer, tmp_path / "out", inputs={"examples": examples}, omit=["output_examples"],
        store=TrainedHere(), project_root=project, inference_config=config,
        functions=("remote.Endpoint",),
    )  # fmt: skip
    rows = pq.read_table(ran.uri("inference_result")).to_pylist()
    assert rows[0] == {"id": "r0", "answer": "r0!", "model_id": None, "model_version": ""}
    assert ran.record.summary.startswith("by a handler (")


def test_splits_of_several_artifacts_are_one(tmp_path: Path, examples: Examples, model: Model) -> None:
    more = make_examples(tmp_path / "more", {"eval": table(10, 9000), "train": table(5, 8000)}, span=3)
    ran = run_component(
        BulkInferrer, tmp_path / "out", inputs={"examples": [examples, more], "model": model},
        omit=["inference_result"], store=TrainedHere(), output_example_spec=spec(),
    )  # fmt: skip
    (made,) = ran.outputs["output_examples"]
    assert (made.splits, made.span) == (("train", "eval"), 3)
    assert made.custom_properties["rows"] == {"train": 1005, "eval": 110}
    rows = pa.Table.from_batches(read_split(made.uri, "eval")).to_pylist()
    assert [rows[99]["id"], rows[100]["id"]] == ["r5099", "r9000"]
    assert_right(rows, "predicted")
