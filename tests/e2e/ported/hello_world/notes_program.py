# SPDX-License-Identifier: Apache-2.0
"""A program of one file: type, executor, driver, component and the run are all in it."""

import os
import penstock as tfx
from penstock.dsl.components.base import base_component, base_executor, executor_spec
from penstock.types import artifact_utils
from penstock.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from penstock.orchestration.portable import base_driver
from penstock.proto.orchestration import driver_output_pb2

GREETING = "Hello"


class Note(tfx.types.Artifact):
    TYPE_NAME = "Note"
    PROPERTIES = {"length": tfx.types.Property(tfx.types.PropertyType.INT)}


class Executor(base_executor.BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        note = artifact_utils.get_single_instance(output_dict["note"])
        text = f"{GREETING}, {exec_properties['name']} {len(input_dict.get('before', []))}"
        with tfx.dsl.io.fileio.open(os.path.join(note.uri, "note.txt"), "w") as f:
            f.write(text)
        note.length = len(text)


class Driver(base_driver.BaseDriver):
    def run(self, execution_info):
        out = driver_output_pb2.DriverOutput()
        out.exec_properties["name"].string_value = execution_info.exec_properties["name"].title()
        return out


class NoteSpec(ComponentSpec):
    PARAMETERS = {"name": ExecutionParameter(type=str)}
    INPUTS = {"before": ChannelParameter(type=Note, optional=True)}
    OUTPUTS = {"note": ChannelParameter(type=Note)}


class NoteComponent(base_component.BaseComponent):
    SPEC_CLASS = NoteSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(self, name, before=None):
        super().__init__(spec=NoteSpec(name=name, before=before, note=tfx.types.Channel(type=Note)))


if __name__ == "__main__":
    first = NoteComponent("ann").with_id("First")
    second = NoteComponent("bob", before=first.outputs["note"])
    tfx.orchestration.LocalDagRunner().run(
        tfx.dsl.Pipeline(
            pipeline_name="notes",
            pipeline_root="root",
            components=[first, second],
            enable_cache=True,
            metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config("m.db"),
        )
    )
