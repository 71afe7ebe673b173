# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.artifacts.standard import Examples
from penstock.components.example_gen.component import ExampleGenResult
from penstock.components.import_example_gen.component import ImportExampleGen
from penstock.components.import_example_gen.driver import ImportExampleGenDriver
from penstock.components.import_example_gen.executor import ImportExampleGenExecutor
from penstock.components.import_example_gen.publisher import ImportExampleGenPublisher
from penstock.errors import DataError, ParameterError
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.examples.writer import ExamplesWriter
from penstock.graph.signature import NoInputs
from penstock.messages.example_gen import Input, PayloadFormat
from penstock.runtime.roles import DriverContext, ExecutorContext, Record, Work

ROWS = pa.record_batch(
    [
        pa.array(range(90)),
        pa.array([[f"tag {i}"] * (i % 3) for i in range(90)]),
        pa.array([None if i % 7 == 0 else i / 4 for i in range(90)], pa.float32()),
    ],
    ["n", "tags", "x"],
)


def run(tmp_path: Path, source: Path, **parameters: Any) -> tuple[ExampleGenResult, Record, Path]:
    component = ImportExampleGen(str(source), **parameters)
    bound = ImportExampleGen.Parameters(**component.exec_properties)
    context = DriverContext("p", "r", "n", "root", str(tmp_path), "parquet", store=None)  # type: ignore[arg-type]
    plan = ImportExampleGenDriver().decide(NoInputs(), bound, context).plan
    uri = tmp_path / "out"
    outputs = ImportExampleGen.Outputs(Examples(str(uri)))
    work = Work(
        NoInputs(), outputs, bound, plan, ExecutorContext("p", "r", "n", 1, str(tmp_path), str(tmp_path))
    )
    result = ImportExampleGenExecutor().execute(work)
    return result, ImportExampleGenPublisher().describe(work, result), uri


def rows(uri: Path, *splits: str) -> list[dict[str, Any]]:
    readers = (ExamplesReader(str(uri / f"Split-{split}")) for split in splits)
    found = [row for reader in readers for batch in reader.batches() for row in batch.to_pylist()]
    return sorted(found, key=lambda row: row["n"])


@pytest.fixture(params=["parquet", "tfrecord"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder: ExamplesFormat = request.param
    with ExamplesWriter(str(tmp_path / folder), format=folder, rows_per_shard=30) as writer:
        for start in range(0, 90, 30):
            writer.write("all", ROWS.slice(start, 30))
    return tmp_path / folder / "Split-all"


@pytest.mark.parametrize("format", ["parquet", "tfrecord"])
def test_either_format_becomes_either_format(tmp_path: Path, source: Path, format: ExamplesFormat) -> None:
    result, record, uri = run(tmp_path, source, examples_format=format)
    assert rows(uri, "train", "eval") == ROWS.to_pylist()
    assert sum(split.rows for split in result.splits.values()) == record.rows == 90
    (artifact,) = record.artifacts["examples"]
    assert artifact.custom_properties["payload_format"] == (
        "FORMAT_PARQUET" if format == "parquet" else "FORMAT_TF_EXAMPLE"
    )


def test_membership_does_not_depend_on_the_format(tmp_path: Path) -> None:
    members = []
    for format_ in ("parquet", "tfrecord"):
        folder = tmp_path / format_
        with ExamplesWriter(str(folder), format=format_) as writer:
            writer.write("all", ROWS)
        _, _, uri = run(folder, folder / "Split-all")
        members.append([row["n"] for row in rows(uri, "eval")])
    assert members[0] == members[1]
    assert 15 < len(members[0]) < 45


def test_input_splits(tmp_path: Path, source: Path) -> None:
    config = Input(
        splits=[Input.Split(name="a", pattern="*-00000-*"), Input.Split(name="b", pattern="*-0000[12]-*")]
    )
    result, _, uri = run(tmp_path, source, input_config=config)
    assert {name: split.rows for name, split in result.splits.items()} == {"a": 30, "b": 60}
    assert rows(uri, "a", "b") == ROWS.to_pylist()


def test_payload_format_is_checked(tmp_path: Path, source: Path) -> None:
    wanted, other = PayloadFormat.FORMAT_TF_EXAMPLE, "FORMAT_PARQUET"
    if source.parent.name == "parquet":
        wanted, other = PayloadFormat.FORMAT_PARQUET, "FORMAT_TF_EXAMPLE"
    run(tmp_path, source, payload_format=wanted)
    run(tmp_path, source, payload_format=int(wanted))
    with pytest.raises(DataError, match=f"is not what payload_format says; .*expected: {other}"):
        run(tmp_path, source, payload_format=other)


@pytest.mark.parametrize("payload_format", [PayloadFormat.FORMAT_PROTO, 7, "FORMAT_OTHER"])
def test_payload_formats_that_cannot_be_read(payload_format: Any) -> None:
    with pytest.raises(ParameterError, match="cannot be imported.*FORMAT_TF_EXAMPLE or FORMAT_PARQUET"):
        ImportExampleGen("data", payload_format=payload_format)


def test_parquet_files_that_disagree_are_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"n": [1]}), tmp_path / "in" / "1.parquet")
    pq.write_table(pa.table({"n": ["a"]}), tmp_path / "in" / "2.parquet")
    with pytest.raises(DataError, match=r"'n' changes its kind.*in .*2\.parquet"):
        run(tmp_path, tmp_path / "in")


def test_files_of_neither_format_are_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.csv").write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n")
    with pytest.raises(DataError, match=r"record 0 of .*x\.csv cannot be read.*expected: TFRecord"):
        run(tmp_path, tmp_path / "in")


def test_declaration() -> None:
    component = ImportExampleGen("data")
    assert component.type_name() == "tfx.components.example_gen.import_example_gen.component.ImportExampleGen"
    assert not component.inputs
