# SPDX-License-Identifier: Apache-2.0
"""A pipeline of Penstock in which two components of TFX are guests."""

from theirs.counter import Counter

import penstock as tfx
from penstock.guests import tfx_component
from tfx.v1.components import StatisticsGen


def create_pipeline(data_root: str, times: int = 2) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)
    statistics_gen = tfx_component(StatisticsGen)(examples=example_gen.outputs["examples"])
    schema_gen = tfx.components.SchemaGen(statistics=statistics_gen.outputs["statistics"])
    source = tfx.proto.Input(splits=[tfx.proto.Input.Split(name="all", pattern="*")])
    counter = tfx_component(Counter)(examples=example_gen.outputs["examples"], times=times, source=source)
    return tfx.dsl.Pipeline(
        "shared",
        components=[example_gen, statistics_gen, schema_gen, counter],
        examples_format="tfrecord",
        enable_cache=True,
    )
