# SPDX-License-Identifier: Apache-2.0
"""HelloComponent: a custom component that copies examples, as a class with a specification."""

from typing import Optional

from hello_component import executor
from penstock import types
from penstock.dsl.components.base import base_component, executor_spec
from penstock.types import channel_utils, standard_artifacts
from penstock.types.component_spec import ChannelParameter, ExecutionParameter


class HelloComponentSpec(types.ComponentSpec):
    """What HelloComponent takes and makes."""

    PARAMETERS = {
        "name": ExecutionParameter(type=str),
    }
    INPUTS = {
        "input_data": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {
        "output_data": ChannelParameter(type=standard_artifacts.Examples),
    }


class HelloComponent(base_component.BaseComponent):
    """Copies examples and greets."""

    SPEC_CLASS = HelloComponentSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        input_data: types.Channel = None,
        output_data: types.Channel = None,
        name: Optional[str] = None,
    ):
        if not output_data:
            output_data = channel_utils.as_channel([standard_artifacts.Examples()])
        spec = HelloComponentSpec(input_data=input_data, output_data=output_data, name=name)
        super().__init__(spec=spec)
