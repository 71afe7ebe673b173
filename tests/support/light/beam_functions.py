# SPDX-License-Identifier: Apache-2.0
"""Component functions that work with Beam."""

from __future__ import annotations

from pathlib import Path

import apache_beam as beam

from light.functions import Numbers
from penstock.components.function_component.annotations import (
    BeamComponentParameter,
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
)
from penstock.components.function_component.component import component


def _square(text: str) -> int:
    if text == "13":
        raise ValueError("13 brings bad luck")
    return int(text) ** 2


@component(use_beam=True)
def square(
    numbers: InputArtifact[Numbers],
    squares: OutputArtifact[Numbers],
    how: Parameter[str] = "with",
    beam_pipeline: BeamComponentParameter[beam.Pipeline] = None,
) -> OutputDict(runner=str):
    """Squares numbers; the function runs the pipeline itself, or leaves that to the component."""
    target = str(Path(squares.uri, "numbers.txt"))

    def build(pipeline: beam.Pipeline) -> None:
        lines = pipeline | beam.io.ReadFromText(str(Path(numbers.uri, "numbers.txt")))
        squared = lines | beam.Map(_square) | beam.Map(str)
        squared | beam.io.WriteToText(target, shard_name_template="", append_trailing_newlines=True)

    if how == "with":
        with beam_pipeline as pipeline:
            build(pipeline)
        assert Path(target).exists()
    elif how != "unused":
        build(beam_pipeline)
    if how == "run":
        beam_pipeline.run()
    return {"runner": type(beam_pipeline.runner).__name__}
