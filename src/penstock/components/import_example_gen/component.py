# SPDX-License-Identifier: Apache-2.0
"""Declaration of ImportExampleGen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    FileBasedExampleGen,
)
from penstock.errors import ParameterError
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import NoInputs
from penstock.messages.example_gen import PayloadFormat
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class ImportExampleGenParameters(ExampleGenParameters):
    """Parameters of ImportExampleGen.

    Attributes:
        payload_format: What the files must hold; ``None`` for either.
    """

    payload_format: Literal["FORMAT_TF_EXAMPLE", "FORMAT_PARQUET"] | None = None


ImportExampleGenWork = Work[NoInputs, ExampleGenOutputs, ImportExampleGenParameters, ExampleGenPlan]
"""What executor and publisher see."""


class ImportExampleGen(FileBasedExampleGen):
    """Makes examples from TFRecord files of tf.Example, plain or gzip'd, or from Parquet files.

    Which of these the files are is found from their content. In Parquet files columns are integers, floats, decimals,
    booleans, text or bytes, or lists of these; the types of a column must agree between files.

    Args:
        input_base: Folder with the files.
        input_config: Files per input split, with ``{SPAN}`` and ``{VERSION}`` where the folder has these. ``None``
            means all files in the folder.
        output_config: Splits to make of a single input split; ``None`` means train and eval, 2:1.
        range_config: Which span to take; ``None`` means the latest.
        payload_format: What the files must hold, ``FORMAT_TF_EXAMPLE`` or ``FORMAT_PARQUET``; ``None`` for either.
        examples_format: Format to write, ``"parquet"`` or ``"tfrecord"``; ``None`` means the pipeline's.
        split_algorithm: Hash by which rows are shared out; ``"tfx-sha256"`` gives the splits that TFX made.

    Raises:
        ParameterError: ``payload_format`` is one that cannot be read.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.example_gen.import_example_gen.component.ImportExampleGen"
    Parameters = ImportExampleGenParameters
    DRIVER = "penstock.components.import_example_gen.driver:ImportExampleGenDriver"
    EXECUTOR = "penstock.components.import_example_gen.executor:ImportExampleGenExecutor"
    PUBLISHER = "penstock.components.import_example_gen.publisher:ImportExampleGenPublisher"

    def __init__(
        self,
        input_base: Any = None,
        input_config: Any = None,
        output_config: Any = None,
        range_config: Any = None,
        payload_format: PayloadFormat | int | str | RuntimeParameter | None = None,
        *,
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
            parameters={"payload_format": _checked_format(payload_format)},
        )


def _checked_format(given: Any) -> Any:
    if given is None or isinstance(given, RuntimeParameter):
        return given
    name = given if isinstance(given, str) else PayloadFormat.Name(int(given))
    if name in ("FORMAT_TF_EXAMPLE", "FORMAT_PARQUET"):
        return name
    if name == "FORMAT_UNSPECIFIED":
        return None
    raise ParameterError(
        "these files cannot be imported",
        component="ImportExampleGen",
        input="payload_format",
        expected="FORMAT_TF_EXAMPLE or FORMAT_PARQUET",
        got=name,
        hint="write an ExampleGen of your own: a FileBasedExampleGen whose executor reads them",
    )
