# SPDX-License-Identifier: Apache-2.0
"""A class component of Penstock around an executor that was written for TFX."""

from theirs.counter import CounterExecutor

import penstock as tfx
from penstock.dsl.components.base import base_component, executor_spec
from penstock.types.artifact import Property, PropertyType
from penstock.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter


class RowCount(tfx.dsl.Artifact):
    TYPE_NAME = "RowCount"
    PROPERTIES = {"rows": Property(PropertyType.INT), "seen_as": Property(PropertyType.STRING)}


class CountedSpec(ComponentSpec):
    PARAMETERS = {"times": ExecutionParameter(type=int), "source": ExecutionParameter(type=str)}
    INPUTS = {"examples": ChannelParameter(type=tfx.types.standard_artifacts.Examples)}
    OUTPUTS = {"count": ChannelParameter(type=RowCount)}


class Counted(base_component.BaseComponent):
    SPEC_CLASS = CountedSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(CounterExecutor)

    def __init__(self, examples, times):
        count = tfx.dsl.Channel(type=RowCount)
        super().__init__(CountedSpec(examples=examples, times=times, source="all", count=count))


def create_pipeline(data_root: str) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)
    counted = Counted(example_gen.outputs["examples"], times=3)
    return tfx.dsl.Pipeline("executor", components=[example_gen, counted], examples_format="tfrecord")
