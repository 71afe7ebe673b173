# SPDX-License-Identifier: Apache-2.0
"""Declaration that ExampleGens which read files share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from penstock.artifacts.standard import Examples
from penstock.examples.source_files import Source
from penstock.examples.splits import SplitRule
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.signature import NoInputs, not_in_cache_key
from penstock.ir.model import ExecutionBaseType
from penstock.messages.example_gen import Input, Output
from penstock.messages.range_config import RangeConfig


@dataclass(frozen=True, slots=True)
class ExampleGenOutputs:
    """What an ExampleGen makes."""

    examples: Examples


@dataclass(frozen=True, slots=True)
class ExampleGenParameters:
    """Parameters of an ExampleGen that reads files.

    The first three say which files are read; the cache goes by what is in these.

    Attributes:
        input_base: Folder (path or URI) with the files.
        input_config: Files per input split; ``None`` means all files in the folder, as one split.
        range_config: Which span to take; ``None`` means the latest.
        output_config: Splits to make of a single input split; ``None`` means train and eval, 2:1. Several input
            splits stay as they are.
        examples_format: Format to write; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out. ``tfx-sha256`` gives the splits that TFX made.
    """

    input_base: str = not_in_cache_key()
    input_config: Input | None = not_in_cache_key(None)
    range_config: RangeConfig | None = not_in_cache_key(None)
    output_config: Output | None = None
    examples_format: Literal["parquet", "tfrecord"] | None = None
    split_algorithm: Literal["penstock-mix64", "tfx-sha256"] = "penstock-mix64"


@dataclass(frozen=True, slots=True)
class ExampleGenPlan:
    """What the driver decided.

    Attributes:
        source: The files to read, their span, version and fingerprint.
        splits: Names of the splits to make.
        rule: How rows are shared out among them; ``None`` where they are the input splits.
        examples_format: Format to write.
    """

    source: Source
    splits: tuple[str, ...]
    rule: SplitRule | None
    examples_format: Literal["parquet", "tfrecord"]


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What was written of one split."""

    rows: int
    bytes: int
    shards: int


@dataclass(frozen=True, slots=True)
class ExampleGenResult:
    """What the executor reports.

    Attributes:
        splits: Rows, bytes and files by split.
        features: Number of features.
    """

    splits: dict[str, SplitResult]
    features: int


class FileBasedExampleGen(BaseComponent):
    """Base of ExampleGens that read files.

    A new one names its executor, a subclass of
    :class:`~penstock.components.example_gen.executor.FileBasedExampleGenExecutor` that says how a file is read; driver
    and publisher can stay as they are. One with more inputs or parameters declares them in dataclasses of its own that
    have these fields too.

    Args:
        input_base: Folder with the files.
        input_config: Files per input split, with ``{SPAN}`` and ``{VERSION}`` where the folder has these.
        output_config: Splits to make.
        range_config: Which span to take.
        examples_format: Format to write, ``"parquet"`` or ``"tfrecord"``; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out.
        inputs: Channels of further inputs that the subclass declares.
        parameters: Values of further parameters that the subclass declares.
    """

    BASE_TYPE: ClassVar[ExecutionBaseType | None] = "Process"
    Inputs: ClassVar[type] = NoInputs
    Outputs: ClassVar[type] = ExampleGenOutputs
    Parameters: ClassVar[type] = ExampleGenParameters
    Plan = ExampleGenPlan
    Result = ExampleGenResult
    DRIVER = "penstock.components.example_gen.driver:FileBasedExampleGenDriver"
    PUBLISHER = "penstock.components.example_gen.publisher:FileBasedExampleGenPublisher"
    REQUIRES: ClassVar[tuple[str, ...]] = ("pyarrow.compute", "pyarrow.parquet")

    def __init__(
        self,
        input_base: Any = None,
        input_config: Any = None,
        output_config: Any = None,
        range_config: Any = None,
        *,
        examples_format: Any = None,
        split_algorithm: Any = None,
        inputs: Mapping[str, Channel | None] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            inputs=inputs,
            parameters={
                "input_base": input_base,
                "input_config": input_config,
                "output_config": output_config,
                "range_config": range_config,
                "examples_format": examples_format,
                "split_algorithm": split_algorithm,
                **(parameters or {}),
            },
        )
