# SPDX-License-Identifier: Apache-2.0
"""An ExampleGen of one's own: what it must say, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from penstock.artifacts.standard import Examples
from penstock.components.example_gen.component import FileBasedExampleGen
from penstock.components.example_gen.driver import FileBasedExampleGenDriver
from penstock.components.example_gen.executor import FileBasedExampleGenExecutor
from penstock.components.example_gen.publisher import FileBasedExampleGenPublisher
from penstock.errors import PipelineError
from penstock.examples.ingest import SourceRows
from penstock.graph.signature import NoInputs
from penstock.runtime.roles import DriverContext, ExecutorContext, Work


class LineExecutor(FileBasedExampleGenExecutor):
    """One example for each line of a text file."""

    def reader(self, work: Work[Any, Any, Any, Any]) -> Callable[[], Iterator[SourceRows]]:
        def read() -> Iterator[SourceRows]:
            for split in work.plan.source.splits:
                for file in split.files:
                    lines = Path(file.uri).read_text().splitlines()
                    yield SourceRows(split.name, pa.record_batch([pa.array(lines)], ["line"]), file.uri)

        return read


class LineExampleGen(FileBasedExampleGen):
    """Examples from lines of text."""

    EXECUTOR = f"{__name__}:LineExecutor"


def test_a_reader_is_all_that_a_new_one_needs(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "poem.txt").write_text("\n".join(f"line {i}" for i in range(60)))
    component = LineExampleGen("in")
    parameters = LineExampleGen.Parameters(**component.exec_properties)
    context = DriverContext("p", "r", "n", "root", str(tmp_path), "parquet", store=None)  # type: ignore[arg-type]
    plan = FileBasedExampleGenDriver().decide(NoInputs(), parameters, context).plan
    reported: list[int] = []
    work = Work(
        NoInputs(),
        LineExampleGen.Outputs(Examples(str(tmp_path / "out"))),
        parameters,
        plan,
        ExecutorContext("p", "r", "n", 1, "", "", report=lambda rows=None: reported.append(rows)),
    )
    result = LineExecutor().execute(work)
    record = FileBasedExampleGenPublisher().describe(work, result)
    assert record.rows == 60
    assert reported == [60]
    assert component.type_name() == f"{__name__}.LineExampleGen"


def test_one_without_an_executor_cannot_be_made() -> None:
    with pytest.raises(PipelineError, match="FileBasedExampleGen names no executor"):
        FileBasedExampleGen("in")


def test_an_executor_without_a_reader_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"FileBasedExampleGenExecutor\.reader"):
        FileBasedExampleGenExecutor().reader(None)  # type: ignore[arg-type]
