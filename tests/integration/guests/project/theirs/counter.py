# SPDX-License-Identifier: Apache-2.0
"""A component with a specification, an artifact type and an executor of its own."""

import os

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.artifact import Artifact, Property, PropertyType
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter


class RowCount(Artifact):
    TYPE_NAME = "RowCount"
    PROPERTIES = {"rows": Property(type=PropertyType.INT), "seen_as": Property(type=PropertyType.STRING)}


class CounterExecutor(base_executor.BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        import tensorflow as tf

        examples = artifact_utils.get_single_instance(input_dict["examples"])
        rows = 0
        for split in artifact_utils.decode_split_names(examples.split_names):
            folder = artifact_utils.get_split_uri([examples], split)
            files = [os.path.join(folder, name) for name in fileio.listdir(folder)]
            rows += sum(1 for _ in tf.data.TFRecordDataset(files, compression_type="GZIP"))
        count = artifact_utils.get_single_instance(output_dict["count"])
        count.rows = rows * exec_properties["times"]
        count.seen_as = type(examples).__module__
        count.set_string_custom_property("source", exec_properties["source"])
        with fileio.open(os.path.join(count.uri, "rows.txt"), "w") as file:
            file.write(str(rows))


class CounterSpec(ComponentSpec):
    PARAMETERS = {
        "times": ExecutionParameter(type=int),
        "source": ExecutionParameter(type=example_gen_pb2.Input),
    }
    INPUTS = {"examples": ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"count": ChannelParameter(type=RowCount)}


class Counter(base_component.BaseComponent):
    SPEC_CLASS = CounterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(CounterExecutor)

    def __init__(self, examples, times=1, source=None):
        super().__init__(
            CounterSpec(
                examples=examples,
                times=times,
                source=source or example_gen_pb2.Input(),
                count=types.Channel(type=RowCount),
            )
        )
