# SPDX-License-Identifier: Apache-2.0
"""Declaration of JsonLinesExampleGen."""

from __future__ import annotations

from typing import Literal

from penstock.authoring import NoInputs, Work
from penstock.data import ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan, FileBasedExampleGen
from penstock.dsl.experimental import RuntimeParameter
from penstock.proto import Input, Output, RangeConfig

JsonLinesExampleGenWork = Work[NoInputs, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan]


class JsonLinesExampleGen(FileBasedExampleGen):
    """Makes examples from JSON Lines files, plain or gzip'd.

    Every line is a JSON object, every key a feature. Numbers, text, ``true`` and ``false`` (1 and 0) are values, lists
    of these too; ``null`` and a key that is not there are a missing value. A feature is int where all numbers of all
    rows are integers of 64 bits, else float; text is bytes. Blank lines do not count.

    Args:
        input_base: Folder with the files.
        input_config: Files per input split, with ``{SPAN}`` and ``{VERSION}`` where the folder has these. ``None``
            means ``*.jsonl*`` in the folder, so also ``.jsonl.gz``, as one split.
        output_config: Splits to make of a single input split; ``None`` means train and eval, 2:1.
        range_config: Which span to take; ``None`` means the latest.
        examples_format: Format to write; ``None`` means the pipeline's.
    """

    DRIVER = "components.json_lines_example_gen.driver:JsonLinesExampleGenDriver"
    EXECUTOR = "components.json_lines_example_gen.executor:JsonLinesExampleGenExecutor"
    PUBLISHER = "components.json_lines_example_gen.publisher:JsonLinesExampleGenPublisher"

    def __init__(
        self,
        input_base: str | RuntimeParameter,
        input_config: Input | None = None,
        output_config: Output | None = None,
        range_config: RangeConfig | None = None,
        *,
        examples_format: Literal["parquet", "tfrecord"] | None = None,
    ) -> None:
        super().__init__(
            input_base, input_config, output_config, range_config, examples_format=examples_format
        )
