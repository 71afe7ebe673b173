# SPDX-License-Identifier: Apache-2.0
"""Examples from Avro files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock import files
from penstock.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor

if TYPE_CHECKING:
    import apache_beam as beam


class Executor(BaseExampleGenExecutor):
    """Reads Avro files: numbers, text, bytes and lists of these become features, null is a missing value."""

    def GetInputSourceToExamplePTransform(self) -> Any:  # noqa: N802  TFX's name
        """Returns the transform."""
        return _read


def _read(exec_properties: dict[str, Any], split_pattern: str) -> beam.PTransform:
    import apache_beam as beam

    return beam.io.ReadFromAvro(files.join(exec_properties["input_base"], split_pattern))
