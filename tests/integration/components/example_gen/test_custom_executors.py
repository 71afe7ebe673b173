# SPDX-License-Identifier: Apache-2.0
"""ExampleGens whose files a custom executor reads, as TFX's users write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tfx_style import example_gens

from penstock import testing
from penstock.components.example_gen.component import FileBasedExampleGen
from penstock.components.example_gen.custom_executors import avro_executor, parquet_executor
from penstock.errors import DataError, ExecutionError, PenstockError, UserCodeError
from penstock.examples.reader import ExamplesReader
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import BeamExecutorSpec, ExecutorClassSpec
from penstock.proto import example_gen_pb2


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    rows = [
        {"number": n, "half": n / 2 if n % 2 else n // 2, "text": f"text {n}", "several": list(range(n % 3))}
        for n in range(60)
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows[:25])))
    (folder / "b.jsonl").write_text("\n".join(map(json.dumps, rows[25:])))
    return folder


def example_gen(executor: type[Any], folder: Path, **named: Any) -> FileBasedExampleGen:
    return FileBasedExampleGen(str(folder), custom_executor_spec=ExecutorClassSpec(executor), **named)


def rows_of(run: testing.ComponentRun, split: str) -> list[dict[str, Any]]:
    reader = ExamplesReader(f"{run.artifact('examples').uri}/Split-{split}")
    return [row for batch in reader.batches() for row in batch.to_pylist()]


@pytest.mark.parametrize("examples_format", ["parquet", "tfrecord"])
def test_dictionaries_become_examples_in_either_format(lines: Path, examples_format: Any) -> None:
    run = testing.run_component(example_gen(example_gens.JsonLines, lines), examples_format=examples_format)
    train, held = rows_of(run, "train"), rows_of(run, "eval")
    assert sorted(row["number"] for row in train + held) == list(range(60))
    assert len(train) > len(held) > 0
    by_number = {row["number"]: row for row in train + held}
    assert by_number[3]["half"] == 1.5
    assert by_number[4]["half"] == 2.0
    assert by_number[5]["text"] in ("text 5", b"text 5")
    assert list(by_number[5]["several"]) == [0, 1]
    made = run.artifact("examples")
    assert json.loads(made.properties["split_names"]) == ["train", "eval"]
    assert made.properties["span"] == 0
    assert "num_files:2" in made.custom_properties["input_fingerprint"]
    assert run.rows == 60


def test_the_splits_are_those_of_every_other_example_gen(lines: Path, tmp_path: Path) -> None:
    from penstock.components.import_example_gen.component import ImportExampleGen

    (tmp_path / "parquet").mkdir()
    pq.write_table(pa.table({"number": list(range(60))}), tmp_path / "parquet" / "rows.parquet")
    ours = testing.run_component(ImportExampleGen(str(tmp_path / "parquet")))
    theirs = testing.run_component(example_gen(parquet_executor.Executor, tmp_path / "parquet"))
    for split in ("train", "eval"):
        assert sorted(row["number"] for row in rows_of(ours, split)) == sorted(
            row["number"] for row in rows_of(theirs, split)
        )


def test_tables_and_spans(tmp_path: Path) -> None:
    for span in (1, 2):
        (tmp_path / f"span{span}").mkdir()
        (tmp_path / f"span{span}" / "x").write_text("any")
    config = example_gen_pb2.Input(splits=[example_gen_pb2.Input.Split(name="all", pattern="span{SPAN}/*")])
    run = testing.run_component(example_gen(example_gens.Tables, tmp_path, input_config=config))
    assert run.rows == 50
    assert run.artifact("examples").properties["span"] == 2


def test_input_splits_stay_as_they_are(lines: Path) -> None:
    config = {"splits": [{"name": "first", "pattern": "a*"}, {"name": "second", "pattern": "b*"}]}
    run = testing.run_component(example_gen(example_gens.JsonLines, lines, input_config=config))
    assert sorted(row["number"] for row in rows_of(run, "first")) == list(range(25))
    assert sorted(row["number"] for row in rows_of(run, "second")) == list(range(25, 60))


def test_an_executor_may_divide_by_itself(lines: Path) -> None:
    run = testing.run_component(example_gen(example_gens.OwnSplits, lines))
    assert {row["number"] % 2 for row in rows_of(run, "train")} == {1}
    assert {row["number"] % 2 for row in rows_of(run, "eval")} == {0}
    with pytest.raises(
        UserCodeError, match=r"WrongSplits.*other splits.*expected: train, eval.*got: elsewhere"
    ):
        testing.run_component(example_gen(example_gens.WrongSplits, lines))


def test_the_custom_configuration_and_serialized_examples(lines: Path) -> None:
    from google.protobuf.wrappers_pb2 import Int64Value

    config = example_gen_pb2.CustomConfig()
    config.custom_config.Pack(Int64Value(value=7))
    component = FileBasedExampleGen(
        str(lines), custom_config=config, custom_executor_spec=BeamExecutorSpec(example_gens.Configured),
        output_file_format=example_gen_pb2.FORMAT_TFRECORDS_GZIP,
    )  # fmt: skip
    with pytest.raises(DataError, match="split 'eval' has no rows"):  # forty equal rows have one hash
        testing.run_component(component)
    one = example_gen_pb2.Output(
        split_config=example_gen_pb2.SplitConfig(
            splits=[example_gen_pb2.SplitConfig.Split(name="all", hash_buckets=1)]
        )
    )
    component = FileBasedExampleGen(
        str(lines), output_config=one, custom_config=config,
        output_file_format=example_gen_pb2.FORMAT_TFRECORDS_GZIP,
        custom_executor_spec=BeamExecutorSpec(example_gens.Configured),
    )  # fmt: skip
    run = testing.run_component(component)
    assert {row["number"] for row in rows_of(run, "all")} == {7}
    assert run.artifact("examples").custom_properties["file_format"] == "tfrecords_gzip"


def test_avro(tmp_path: Path) -> None:
    fastavro = pytest.importorskip("fastavro")
    kinds = {"number": ["null", "long"], "text": "string", "scores": {"type": "array", "items": "double"}}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    rows = [{"number": n or None, "text": f"t{n}", "scores": [n / 2]} for n in range(30)]
    (tmp_path / "avro").mkdir()
    with (tmp_path / "avro" / "rows.avro").open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "row", "fields": fields}, rows)
    run = testing.run_component(example_gen(avro_executor.Executor, tmp_path / "avro"))
    found = {row["text"]: row for split in ("train", "eval") for row in rows_of(run, split)}
    assert len(found) == 30
    assert found["t0"]["number"] is None
    assert found["t3"]["scores"] in (1.5, [1.5])


def test_what_the_transform_raises_is_told(lines: Path) -> None:
    with pytest.raises(
        ExecutionError, match="the pipeline of Failing failed: cannot read a.*got: ValueError"
    ):
        testing.run_component(example_gen(example_gens.Failing, lines))


def test_an_executor_with_do_of_its_own_does_it_all(lines: Path) -> None:
    run = testing.run_component(example_gen(example_gens.OwnDo, lines))
    made = run.artifact("examples")
    assert made.properties["split_names"] == '["all"]'
    given = json.loads((Path(made.uri) / "Split-all" / "properties.json").read_text())
    assert given["input_base"] == str(lines)


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([{"a": 1}, b"x"], "records that cannot be made examples.*got: dict"),
        ([{"a": 1}, {"a": "x"}], "feature 'a' has values of several kinds"),
        ([{"a": object()}], "feature 'a' has values of several kinds, or of none"),
        ([3], "records that cannot be made examples.*got: int"),
    ],
)
def test_records_that_are_none(records: list[Any], told: str) -> None:
    from penstock.components.example_gen.records import batch_of

    with pytest.raises(DataError, match=told):
        batch_of(records)


@pytest.mark.tensorflow
def test_messages_of_tensorflow() -> None:
    import tensorflow as tf

    from penstock.components.example_gen.records import batch_of

    feature = {"a": tf.train.Feature(int64_list=tf.train.Int64List(value=[3]))}
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    assert batch_of([example, example.SerializeToString()]).to_pydict() == {"a": [[3], [3]]}
    with pytest.raises(
        DataError, match=r"got: tensorflow\.SequenceExample.*write the features of others into one"
    ):
        batch_of([tf.train.SequenceExample()])


class JsonExampleGen(FileBasedExampleGen):
    """As TFX's users make a component of a custom executor: a subclass that names it."""

    EXECUTOR_SPEC = BeamExecutorSpec(example_gens.JsonLines)


def test_a_subclass_names_its_executor(lines: Path) -> None:
    component: BaseComponent = JsonExampleGen(str(lines))
    assert component.type_name() == f"{__name__}.JsonExampleGen"
    assert testing.run_component(component).rows == 60


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"output_data_format": example_gen_pb2.FORMAT_PROTO}, "examples of this kind cannot be stored"),
        ({"output_file_format": 5, "examples_format": "parquet"}, "output_file_format is wrong"),
        (
            {"custom_executor_spec": example_gens.JsonLines},
            r"write executor_spec\.ExecutorClassSpec\(JsonLines\)",
        ),
        ({}, r"FileBasedExampleGen names no executor.*custom_executor_spec=… where it is made"),
    ],
)
def test_misuse(named: dict[str, Any], told: str) -> None:
    with pytest.raises(PenstockError, match=told):
        FileBasedExampleGen("in", **named)
