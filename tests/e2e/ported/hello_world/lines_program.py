# SPDX-License-Identifier: Apache-2.0
"""A program whose ExampleGen reads JSON lines with an executor that is defined in it."""

import json
import os

import apache_beam as beam

import penstock as tfx
from penstock.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from penstock.components.example_gen.component import FileBasedExampleGen
from penstock.dsl.components.base import executor_spec


@beam.ptransform_fn
def _read_lines(pipeline, exec_properties, split_pattern):
    pattern = os.path.join(exec_properties["input_base"], split_pattern)
    return pipeline | beam.io.ReadFromText(pattern) | beam.Map(json.loads)


class Executor(BaseExampleGenExecutor):
    def GetInputSourceToExamplePTransform(self):
        return _read_lines


if __name__ == "__main__":
    example_gen = FileBasedExampleGen(
        input_base="lines", custom_executor_spec=executor_spec.BeamExecutorSpec(Executor)
    )
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="lines",
            pipeline_root="root",
            components=[example_gen],
            metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config("m.db"),
        )
    )
