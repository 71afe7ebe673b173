# SPDX-License-Identifier: Apache-2.0
"""Declaration of CsvExampleGen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from penstock.artifacts.standard import Schema
from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    FileBasedExampleGen,
)
from penstock.graph.channel import Channel
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class CsvExampleGenInputs:
    """What CsvExampleGen reads beside its files.

    Attributes:
        schema: Gives the types of the columns that it names; a cell of another type is then an error.
    """

    schema: Schema | None = None


CsvExampleGenWork = Work[CsvExampleGenInputs, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan]
"""What executor and publisher see."""


class CsvExampleGen(FileBasedExampleGen):
    """Makes examples from CSV files.

    Files have a header line, the same in all of them, commas between cells, quotes around a cell that has commas or
    line ends, and are UTF-8, plain or gzip'd. An empty cell is a missing value. A column is int where all values of
    all rows are, else float, else bytes; if it changes late, a warning names the line.

    Args:
        input_base: Folder with the files.
        input_config: Files per input split, with ``{SPAN}`` and ``{VERSION}`` where the folder has these. ``None``
            means all files in the folder.
        output_config: Splits to make of a single input split; ``None`` means train and eval, 2:1.
        range_config: Which span to take; ``None`` means the latest.
        schema: Schema that gives the columns' types.
        examples_format: Format to write, ``"parquet"`` or ``"tfrecord"``; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out; ``"tfx-sha256"`` gives the splits that TFX made.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen"
    Inputs = CsvExampleGenInputs
    DRIVER = "penstock.components.csv_example_gen.driver:CsvExampleGenDriver"
    EXECUTOR = "penstock.components.csv_example_gen.executor:CsvExampleGenExecutor"
    PUBLISHER = "penstock.components.csv_example_gen.publisher:CsvExampleGenPublisher"
    REQUIRES = ("pyarrow.compute", "pyarrow.csv", "pyarrow.parquet")

    def __init__(
        self,
        input_base: Any = None,
        input_config: Any = None,
        output_config: Any = None,
        range_config: Any = None,
        *,
        schema: Channel | None = None,
        examples_format: Any = None,
        split_algorithm: Any = None,
    ) -> None:
        super().__init__(
            input_base,
            input_config,
            output_config,
            range_config=range_config,
            examples_format=examples_format,
            split_algorithm=split_algorithm,
            inputs={"schema": schema},
        )
