# SPDX-License-Identifier: Apache-2.0
"""Declaration of ImportSchemaGen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from penstock.artifacts.standard import Schema
from penstock.graph.component import BaseComponent
from penstock.graph.runtime_parameter import RuntimeParameter
from penstock.graph.signature import NoInputs, not_in_cache_key
from penstock.runtime.roles import Work


@dataclass(frozen=True, slots=True)
class ImportSchemaGenOutputs:
    """What ImportSchemaGen makes."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class ImportSchemaGenParameters:
    """Parameters of ImportSchemaGen.

    Attributes:
        schema_file: A schema in text form; a relative path starts at the project's root. What counts for the cache is
            the file's content, not its path.
    """

    schema_file: str = not_in_cache_key()


@dataclass(frozen=True, slots=True)
class ImportSchemaGenPlan:
    """What the driver found.

    Attributes:
        schema_uri: The file.
        fingerprint: SHA-256 (hex) of its content.
    """

    schema_uri: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ImportSchemaGenResult:
    """What the executor reports.

    Attributes:
        features: Number of features in the schema.
        digest: SHA-256 (hex) of the schema's text as written.
    """

    features: int
    digest: str


ImportSchemaGenWork = Work[NoInputs, ImportSchemaGenOutputs, ImportSchemaGenParameters, ImportSchemaGenPlan]
"""What executor and publisher see."""


class ImportSchemaGen(BaseComponent):
    """Checks a schema file that the user keeps and takes it into the pipeline.

    Args:
        schema_file: Path or URI of the schema in text form.
    """

    TYPE_NAME: ClassVar[str] = "tfx.components.schema_gen.import_schema_gen.component.ImportSchemaGen"
    Outputs = ImportSchemaGenOutputs
    Parameters = ImportSchemaGenParameters
    Plan = ImportSchemaGenPlan
    Result = ImportSchemaGenResult
    DRIVER = "penstock.components.import_schema_gen.driver:ImportSchemaGenDriver"
    EXECUTOR = "penstock.components.import_schema_gen.executor:ImportSchemaGenExecutor"
    PUBLISHER = "penstock.components.import_schema_gen.publisher:ImportSchemaGenPublisher"
    REQUIRES = ("tensorflow_metadata",)

    def __init__(self, schema_file: str | RuntimeParameter) -> None:
        super().__init__(parameters={"schema_file": schema_file})
