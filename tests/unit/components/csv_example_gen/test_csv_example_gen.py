# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from penstock.artifacts.standard import Examples, Schema
from penstock.components.csv_example_gen.component import CsvExampleGen
from penstock.components.csv_example_gen.driver import CsvExampleGenDriver
from penstock.components.csv_example_gen.executor import CsvExampleGenExecutor
from penstock.components.csv_example_gen.publisher import CsvExampleGenPublisher
from penstock.components.example_gen.component import ExampleGenPlan, ExampleGenResult
from penstock.errors import DataError, ParameterError
from penstock.examples.reader import ExamplesReader
from penstock.graph.channel import Channel
from penstock.messages.codec import from_jsonable, to_jsonable
from penstock.messages.example_gen import Input, Output, SplitConfig
from penstock.messages.range_config import RangeConfig, StaticRange
from penstock.runtime.roles import DriverContext, ExecutorContext, Record, Run, Work

HEADER = "trip,fare,company\n"


def trips(start: int, end: int) -> str:
    return "".join(f"{i},{i / 2 if i % 3 else ''},Cab {i % 5}\n" for i in range(start, end))


@dataclass
class Outcome:
    """All that three roles made of some files."""

    decision: Run[ExampleGenPlan]
    result: ExampleGenResult
    record: Record
    uri: Path

    def rows(self, split: str) -> list[dict[str, Any]]:
        reader = ExamplesReader(str(self.uri / f"Split-{split}"))
        return [row for batch in reader.batches() for row in batch.to_pylist()]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.csv").write_text(HEADER + trips(0, 100))
    (folder / "2.csv.gz").write_bytes(gzip.compress((HEADER + trips(100, 200)).encode()))
    return folder


def decide(
    tmp_path: Path, parameters: dict[str, Any], format: Any = "parquet"
) -> tuple[Run[ExampleGenPlan], Any]:
    component = CsvExampleGen(**parameters)
    bound = CsvExampleGen.Parameters(**component.exec_properties)
    context = DriverContext("p", "r", "CsvExampleGen", "root", str(tmp_path), format, store=None)  # type: ignore[arg-type]
    return CsvExampleGenDriver().decide(CsvExampleGen.Inputs(), bound, context), bound


def run(tmp_path: Path, schema: Schema | None = None, format: Any = "parquet", **parameters: Any) -> Outcome:
    decision, bound = decide(tmp_path, parameters, format)
    # What goes from one process to another goes as JSON.
    plan = from_jsonable(ExampleGenPlan, json.loads(json.dumps(to_jsonable(decision.plan))))
    uri = tmp_path / "out"
    work = Work(
        CsvExampleGen.Inputs(schema),
        CsvExampleGen.Outputs(Examples(str(uri))),
        bound,
        plan,
        ExecutorContext("p", "r", "CsvExampleGen", 1, str(tmp_path), str(tmp_path)),
    )
    result = CsvExampleGenExecutor().execute(work)
    result = from_jsonable(ExampleGenResult, json.loads(json.dumps(to_jsonable(result))))
    return Outcome(decision, result, CsvExampleGenPublisher().describe(work, result), uri)


@pytest.mark.parametrize("format", ["parquet", "tfrecord"])
def test_all_rows_of_all_files_become_train_and_eval(tmp_path: Path, source: Path, format: Any) -> None:
    done = run(tmp_path, input_base=str(source), format=format)
    train, evaluation = done.rows("train"), done.rows("eval")
    assert sorted(row["trip"] for row in train + evaluation) == list(range(200))
    assert 110 < len(train) < 160
    by_trip = {row["trip"]: row for row in train + evaluation}
    assert by_trip[6] == {"trip": 6, "fare": None, "company": "Cab 1"}
    assert by_trip[101] == {"trip": 101, "fare": 50.5, "company": "Cab 1"}


def test_what_is_recorded(tmp_path: Path, source: Path) -> None:
    done = run(tmp_path, input_base=str(source), examples_format="tfrecord")
    (artifact,) = done.record.artifacts["examples"]
    assert artifact.properties == {"span": 0, "split_names": '["train", "eval"]'}
    fingerprint = done.decision.plan.source.fingerprint
    rows = {name: len(done.rows(name)) for name in ("train", "eval")}
    sizes = {
        name: sum(path.stat().st_size for path in (done.uri / f"Split-{name}").iterdir())
        for name in ("train", "eval")
    }
    assert artifact.custom_properties == {
        "span": 0,
        "input_fingerprint": fingerprint,
        "input_files": [str(source / "1.csv"), str(source / "2.csv.gz")],
        "payload_format": "FORMAT_TF_EXAMPLE",
        "file_format": "tfrecords_gzip",
        "split_algorithm": "penstock-mix64",
        "rows": rows,
        "bytes": sizes,
        "features": 3,
    }
    assert done.record.rows == 200
    assert done.decision.properties["input_fingerprint"] == fingerprint


def test_span_and_version_are_found_and_recorded(tmp_path: Path) -> None:
    for name, start in (("span-1/v1", 0), ("span-2/v1", 100), ("span-2/v2", 200)):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "t.csv").write_text(HEADER + trips(start, start + 50))
    config = Input(splits=[Input.Split(name="single", pattern="span-{SPAN}/v{VERSION}/*")])
    done = run(tmp_path, input_base="in", input_config=config)
    assert min(row["trip"] for row in done.rows("train") + done.rows("eval")) == 200
    (artifact,) = done.record.artifacts["examples"]
    assert (artifact.properties["span"], artifact.properties["version"]) == (2, 2)
    assert (artifact.custom_properties["span"], artifact.custom_properties["version"]) == (2, 2)
    earlier = RangeConfig(static_range=StaticRange(start_span_number=1, end_span_number=1))
    decision, _ = decide(tmp_path, {"input_base": "in", "input_config": config, "range_config": earlier})
    assert (decision.plan.source.span, decision.plan.source.version) == (1, 1)


def test_several_input_splits_stay_as_they_are_with_one_schema(tmp_path: Path, source: Path) -> None:
    (source / "2.csv.gz").write_bytes(gzip.compress(b"trip,fare,company\n1,x,Cab\n"))
    config = Input(splits=[Input.Split(name="a", pattern="1*"), Input.Split(name="b", pattern="2*")])
    done = run(tmp_path, input_base=str(source), input_config=config)
    assert list(done.result.splits) == ["a", "b"]
    assert [row["trip"] for row in done.rows("a")] == list(range(100))
    assert done.rows("a")[1]["fare"] == "0.5"
    assert done.rows("b") == [{"trip": 1, "fare": "x", "company": "Cab"}]
    assert "split_algorithm" not in done.record.artifacts["examples"][0].custom_properties


def test_splits_by_a_feature_and_by_tfxs_hash(tmp_path: Path, source: Path) -> None:
    splits = [SplitConfig.Split(name="x", hash_buckets=1), SplitConfig.Split(name="y", hash_buckets=1)]
    config = Output(split_config=SplitConfig(splits=splits, partition_feature_name="company"))
    done = run(tmp_path, input_base=str(source), output_config=config, split_algorithm="tfx-sha256")
    companies = [{row["company"] for row in done.rows(name)} for name in ("x", "y")]
    assert companies[0] | companies[1] == {f"Cab {i}" for i in range(5)}
    assert not companies[0] & companies[1]
    assert done.record.artifacts["examples"][0].custom_properties["split_algorithm"] == "tfx-sha256"


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")], ids=["no value first", "values first"])
def test_tfxs_hash_of_a_missing_value_knows_the_columns_type(tmp_path: Path, order: tuple[str, str]) -> None:
    """The split is that of TensorFlow's serialization, where the missing values are empty lists of int64."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / f"{order[0]}.csv").write_text("id,a\n" + "".join(f"{number},\n" for number in range(1, 7)))
    (folder / f"{order[1]}.csv").write_text("id,a\n7,1\n8,2\n9,3\n")
    done = run(tmp_path, input_base=str(folder), split_algorithm="tfx-sha256")
    assert {row["id"] for row in done.rows("eval")} == {8}


def test_the_cache_goes_by_content_and_not_by_place(tmp_path: Path, source: Path) -> None:
    here, _ = decide(tmp_path, {"input_base": str(source)})
    moved = source.rename(tmp_path / "moved")
    there, _ = decide(tmp_path, {"input_base": "moved"})
    assert here.cache_parts == there.cache_parts
    parameters = CsvExampleGen.signature().parameters
    assert {name for name, spec in parameters.items() if not spec.in_cache_key} == {
        "input_base",
        "input_config",
        "range_config",
    }
    other_format, _ = decide(tmp_path, {"input_base": "moved"}, "tfrecord")
    assert other_format.cache_parts != there.cache_parts
    (moved / "1.csv").write_text(HEADER + trips(0, 99))
    changed, _ = decide(tmp_path, {"input_base": "moved"})
    assert changed.cache_parts != there.cache_parts


def test_a_schema_gives_the_types(tmp_path: Path, source: Path) -> None:
    schema = tmp_path / "schema" / "schema.pbtxt"
    schema.parent.mkdir()
    schema.write_text('feature { name: "trip" type: FLOAT } feature { name: "company" type: BYTES }')
    done = run(tmp_path, Schema(str(schema.parent)), input_base=str(source))
    assert isinstance(done.rows("train")[0]["trip"], float)
    schema.write_text('feature { name: "company" type: INT }')
    with pytest.raises(
        DataError, match=r"column 'company' .* line 2 of .*1\.csv; .*expected: int.*got: 'Cab 0'"
    ):
        run(tmp_path, Schema(str(schema.parent)), input_base=str(source))
    schema.write_text("feature [")
    with pytest.raises(DataError, match="is not a schema"):
        run(tmp_path, Schema(str(schema.parent)), input_base=str(source))


def test_a_late_change_of_type_is_told_and_all_rows_have_the_wider_one(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = 300_000
    (source / "1.csv").write_text(HEADER + trips(0, rows) + "oops,1,Cab\n")
    (source / "2.csv.gz").unlink()
    with caplog.at_level(logging.WARNING):
        done = run(tmp_path, input_base=str(source))
    assert f"column 'trip' changes from int to bytes in line {rows + 2} of {source}/1.csv" in caplog.text
    assert done.record.rows == rows + 1
    assert all(isinstance(row["trip"], str) for row in done.rows("eval"))


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ({}, "no file of split 'single_split' matches"),
        ({"1.csv": b""}, "is empty"),
        ({"1.csv": b"a,b\n"}, "has a header but no rows"),
        ({"1.csv": b"a,b\n1,2\n", "2.csv": b"a,c\n1,2\n"}, "has another header"),
        ({"1.csv": b"a,b\n1,2\n3\n"}, "wrong number of cells in line 3"),
        ({"1.csv": b"a,b\n1,\xff\n"}, "is not UTF-8 in line 2"),
        ({"1.csv": b"a,a\n1,2\n"}, "names a column twice"),
        ({"1.csv": b"a,b\n1,2\n"}, r"split '(train|eval)' has no rows"),
    ],
)
def test_bad_input_is_one_clear_error_and_leaves_no_examples(
    tmp_path: Path, contents: dict[str, bytes], said: str
) -> None:
    (tmp_path / "bad").mkdir()
    for name, content in contents.items():
        (tmp_path / "bad" / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        run(tmp_path, input_base="bad")


def test_input_and_output_cannot_both_name_splits(tmp_path: Path, source: Path) -> None:
    inputs = Input(splits=[Input.Split(name="a", pattern="1*"), Input.Split(name="b", pattern="2*")])
    outputs = Output(split_config=SplitConfig(splits=[SplitConfig.Split(name="x", hash_buckets=1)]))
    with pytest.raises(ParameterError, match="the input is split already.*got: input splits a, b"):
        decide(tmp_path, {"input_base": str(source), "input_config": inputs, "output_config": outputs})


def test_a_split_needs_a_pattern_and_a_name(tmp_path: Path, source: Path) -> None:
    with pytest.raises(ParameterError, match="input split 'a' has no pattern"):
        decide(tmp_path, {"input_base": str(source), "input_config": Input(splits=[Input.Split(name="a")])})
    config = Input(splits=[Input.Split(name="a/b", pattern="*")])
    with pytest.raises(ParameterError, match="'a/b' is no name for a split"):
        decide(tmp_path, {"input_base": str(source), "input_config": config})


def test_a_file_that_changes_after_the_driver_is_noticed(tmp_path: Path, source: Path) -> None:
    decision, bound = decide(tmp_path, {"input_base": str(source)})
    (source / "1.csv").write_text(HEADER)
    work = Work(
        CsvExampleGen.Inputs(),
        CsvExampleGen.Outputs(Examples(str(tmp_path / "out"))),
        bound,
        decision.plan,
        ExecutorContext("p", "r", "n", 1, str(tmp_path), str(tmp_path)),
    )
    with pytest.raises(DataError, match="has changed since the run began"):
        CsvExampleGenExecutor().execute(replace(work))


def test_declaration() -> None:
    component = CsvExampleGen("data", schema=Channel(Schema))
    assert component.type_name() == "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen"
    assert component.outputs["examples"].type is Examples
    assert "schema" in component.inputs
    with pytest.raises(ParameterError, match="examples_format"):
        CsvExampleGen("data", examples_format="csv")
    with pytest.raises(ParameterError, match="'input_base' is missing"):
        CsvExampleGen()


def test_driver_and_publisher_are_light() -> None:
    script = (
        "import sys, penstock.components.csv_example_gen.component, penstock.components.csv_example_gen.driver, "
        "penstock.components.csv_example_gen.publisher as _; "
        "sys.exit(str({'numpy', 'pyarrow', 'tensorflow', 'fsspec', 'tfx_bsl'} & set(sys.modules) or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
