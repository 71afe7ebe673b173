# SPDX-License-Identifier: Apache-2.0
"""A component that makes several artifacts where it was asked for one, as Transform does of several Examples."""

import os

from theirs.counter import RowCount

from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter


class PartsExecutor(base_executor.BaseExecutor):
    def Do(self, input_dict, output_dict, exec_properties):
        (whole,) = output_dict["counts"]
        output_dict["counts"] = artifact_utils.replicate_artifacts(whole, exec_properties["parts"])
        for number, count in enumerate(output_dict["counts"]):
            count.rows = number
            fileio.makedirs(count.uri)
            with fileio.open(os.path.join(count.uri, "rows.txt"), "w") as file:
                file.write(str(number))


class PartsSpec(ComponentSpec):
    PARAMETERS = {"parts": ExecutionParameter(type=int)}
    INPUTS = {}
    OUTPUTS = {"counts": ChannelParameter(type=RowCount)}


class Parts(base_component.BaseComponent):
    SPEC_CLASS = PartsSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(PartsExecutor)

    def __init__(self, parts):
        super().__init__(PartsSpec(parts=parts, counts=types.Channel(type=RowCount)))
