# SPDX-License-Identifier: Apache-2.0
"""Declaration that ExampleGens which read files share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal

from penstock.artifacts.standard import Examples
from penstock.errors import ParameterError
from penstock.examples.source_files import Source
from penstock.examples.splits import SplitRule
from penstock.graph.channel import Channel
from penstock.graph.component import BaseComponent
from penstock.graph.executor_spec import ExecutorSpec
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import NoInputs, not_in_cache_key
from penstock.ir.model import ExecutionBaseType
from penstock.messages.example_gen import CustomConfig, FileFormat, Input, Output, PayloadFormat
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
        custom_config: What only a custom executor understands.
    """

    input_base: str = not_in_cache_key()
    input_config: Input | None = not_in_cache_key(None)
    range_config: RangeConfig | None = not_in_cache_key(None)
    output_config: Output | None = None
    examples_format: Literal["parquet", "tfrecord"] | None = None
    split_algorithm: Literal["penstock-mix64", "tfx-sha256"] = "penstock-mix64"
    custom_config: CustomConfig | None = None


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

    @property
    def base(self) -> str:
        """Folder that the patterns start at."""
        return self.source.base

    @property
    def inputs(self) -> Mapping[str, str]:
        """Pattern of each input split, with span and version filled in."""
        return self.source.patterns

    def check_inputs(self) -> None:
        """Makes sure that the files have not changed since the driver has looked.

        Raises:
            DataError: One has.
        """
        for split in self.source.splits:
            for file in split.files:
                file.check()


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
    """Makes examples from files that a custom executor reads; base of the ExampleGens that read files.

    In TFX's way, ``custom_executor_spec`` names a subclass of ``BaseExampleGenExecutor``, which reads with a Beam
    transform. A new ExampleGen of Penstock's own kind is a subclass that names its executor, a subclass of
    :class:`~penstock.components.example_gen.executor.FileBasedExampleGenExecutor` that says how a file is read; driver
    and publisher can stay as they are. One with more inputs or parameters declares them in dataclasses of its own that
    have these fields too.

    Args:
        input_base: Folder with the files.
        input_config: Files per input split, with ``{SPAN}`` and ``{VERSION}`` where the folder has these.
        output_config: Splits to make.
        custom_config: What only a custom executor understands.
        range_config: Which span to take.
        output_data_format: ``FORMAT_TF_EXAMPLE``; nothing else can be stored.
        output_file_format: ``FORMAT_TFRECORDS_GZIP`` or ``FILE_FORMAT_PARQUET``: TFX's way to say ``examples_format``.
        custom_executor_spec: ``ExecutorClassSpec`` of what reads the files.
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
        custom_config: Any = None,
        range_config: Any = None,
        output_data_format: Any = None,
        output_file_format: Any = None,
        custom_executor_spec: ExecutorSpec | None = None,
        *,
        examples_format: Any = None,
        split_algorithm: Any = None,
        inputs: Mapping[str, Channel | None] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        name = type(self).__name__
        check_data_format(name, output_data_format)
        super().__init__(
            custom_executor_spec=custom_executor_spec,
            inputs=inputs,
            parameters={
                "input_base": input_base,
                "input_config": input_config,
                "output_config": output_config,
                "range_config": range_config,
                "examples_format": examples_format_of(name, examples_format, output_file_format),
                "custom_config": custom_config,
                "split_algorithm": split_algorithm,
                **(parameters or {}),
            },
        )

    @classmethod
    def type_name(cls) -> str:
        """Returns the name of the component's execution type: TFX's, where it is none of a subclass."""
        if cls.__module__ == __name__ and not cls.TYPE_NAME:
            return "tfx.components.example_gen.component.FileBasedExampleGen"
        return super().type_name()


def check_data_format(component: str, given: Any) -> None:
    """Refuses payloads that no Examples artifact holds here.

    Raises:
        ParameterError: It is one.
    """
    name = PayloadFormat.Name(given) if isinstance(given, int) else given
    if name not in (None, "FORMAT_UNSPECIFIED", "FORMAT_TF_EXAMPLE"):
        raise ParameterError(
            "examples of this kind cannot be stored",
            component=component,
            input="output_data_format",
            expected="FORMAT_TF_EXAMPLE",
            got=str(name),
            hint="the features of other records go into a tf.Example, or a dictionary of features",
        )


def examples_format_of(component: str, examples_format: Any, file_format: Any) -> Any:
    """Returns the format to write: ``examples_format``, or what TFX's ``output_file_format`` says.

    Raises:
        ParameterError: They say different things, or the latter is no file format.
    """
    if file_format is None or isinstance(file_format, RuntimeParameter):
        return examples_format
    name = FileFormat.Name(file_format) if isinstance(file_format, int) else file_format
    known = {
        "FORMAT_TFRECORDS_GZIP": "tfrecord",
        "FILE_FORMAT_PARQUET": "parquet",
        "FILE_FORMAT_UNSPECIFIED": None,
    }
    if name not in known or (examples_format is not None and known[name] not in (None, examples_format)):
        raise ParameterError(
            "output_file_format is wrong",
            component=component,
            input="output_file_format",
            expected="FORMAT_TFRECORDS_GZIP or FILE_FORMAT_PARQUET, and the same as examples_format says",
            got=f"{name}, with examples_format={examples_format!r}",
        )
    return known[name] or examples_format


def __getattr__(name: str) -> Any:
    # TFX has both bases in this module; the other lies in a folder that this one knows nothing of.
    if name == "QueryBasedExampleGen":
        return import_module("penstock.components.query_based_example_gen.component").QueryBasedExampleGen
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
