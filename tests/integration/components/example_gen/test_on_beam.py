# SPDX-License-Identifier: Apache-2.0
"""The work on a runner's workers gives what the work in one process gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penstock.artifacts.standard import Examples
from penstock.components.csv_example_gen.component import CsvExampleGen
from penstock.components.csv_example_gen.driver import CsvExampleGenDriver
from penstock.components.csv_example_gen.executor import CsvExampleGenExecutor
from penstock.components.example_gen.component import ExampleGenResult
from penstock.components.import_example_gen.component import ImportExampleGen
from penstock.components.import_example_gen.executor import ImportExampleGenExecutor
from penstock.errors import DataError, PenstockError
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.runtime.roles import DriverContext, ExecutorContext, Work

OTHER_RUNNER = ("--runner=apache_beam.runners.direct.direct_runner.BundleBasedDirectRunner",)


def run(
    component: CsvExampleGen | ImportExampleGen, target: Path, format_: ExamplesFormat, *beam: str
) -> ExampleGenResult:
    parameters = type(component).Parameters(**component.exec_properties)
    context = DriverContext("p", "r", "n", "root", "", format_, store=None)  # type: ignore[arg-type]
    inputs = type(component).Inputs()
    plan = CsvExampleGenDriver().decide(inputs, parameters, context).plan
    outputs = type(component).Outputs(Examples(str(target)))
    work: Work[Any, Any, Any, Any] = Work(
        inputs, outputs, parameters, plan, ExecutorContext("p", "r", "n", 1, "", "", beam_pipeline_args=beam)
    )
    executor = CsvExampleGenExecutor() if isinstance(component, CsvExampleGen) else ImportExampleGenExecutor()
    return executor.execute(work)


def rows(target: Path, split: str) -> list[dict[str, Any]]:
    reader = ExamplesReader(str(target / f"Split-{split}"))
    return sorted(
        (row for batch in reader.batches() for row in batch.to_pylist()), key=lambda row: str(row["n"])
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three files: a column widens from one to the next, one has no value in two of them, one has none at all."""
    folder = tmp_path / "in"
    folder.mkdir()
    for index, (number, late) in enumerate((("{}", ""), ("{}.5", ""), ("00{}", "7"))):
        lines = [f"{i},{number.format(i)},{late},," for i in range(index * 40, index * 40 + 40)]
        (folder / f"{index}.csv").write_text("n,x,late,never,t\n" + "\n".join(lines) + "x\n")
    return folder


@pytest.mark.parametrize("format_", ["parquet", "tfrecord"])
def test_csv(tmp_path: Path, source: Path, format_: ExamplesFormat) -> None:
    direct = run(CsvExampleGen(str(source)), tmp_path / "direct", format_)
    beam = run(CsvExampleGen(str(source)), tmp_path / "beam", format_, *OTHER_RUNNER)
    assert {name: split.rows for name, split in beam.splits.items()} == {
        name: split.rows for name, split in direct.splits.items()
    }
    assert beam.features == direct.features == 5
    for split in ("train", "eval"):
        assert rows(tmp_path / "beam", split) == rows(tmp_path / "direct", split)
        features = [
            ExamplesReader(str(tmp_path / way / f"Split-{split}")).features for way in ("beam", "direct")
        ]
        assert features[0] == features[1]
        assert beam.splits[split].bytes == sum(
            path.stat().st_size for path in (tmp_path / "beam" / f"Split-{split}").iterdir()
        )
    assert not (tmp_path / "beam" / ".temp").exists()


def test_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"n": range(60), "l": [[i] for i in range(60)]}), tmp_path / "in" / "1.parquet")
    pq.write_table(
        pa.table({"n": range(60, 99), "l": [[i, i] for i in range(39)]}), tmp_path / "in" / "2.parquet"
    )
    run(ImportExampleGen(str(tmp_path / "in")), tmp_path / "direct", "parquet")
    run(ImportExampleGen(str(tmp_path / "in")), tmp_path / "beam", "parquet", *OTHER_RUNNER)
    assert rows(tmp_path / "beam", "eval") == rows(tmp_path / "direct", "eval")
    pq.write_table(pa.table({"n": ["a"], "l": [[1]]}), tmp_path / "in" / "2.parquet")
    with pytest.raises(DataError, match="'n' changes its kind"):
        run(ImportExampleGen(str(tmp_path / "in")), tmp_path / "conflict", "parquet", *OTHER_RUNNER)


def test_errors_come_out_as_they_went_in(tmp_path: Path, source: Path) -> None:
    (source / "2.csv").write_text("n,x,late,never,t\n1,2\n")
    with pytest.raises(PenstockError, match=r"wrong number of cells in line 2.*2\.csv|2\.csv.*wrong number"):
        run(CsvExampleGen(str(source)), tmp_path / "beam", "parquet", *OTHER_RUNNER)
    (source / "2.csv").write_text("n,x,late,other,t\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="another header"):
        run(CsvExampleGen(str(source)), tmp_path / "beam", "parquet", *OTHER_RUNNER)
