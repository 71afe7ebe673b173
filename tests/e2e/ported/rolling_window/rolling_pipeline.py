# SPDX-License-Identifier: Apache-2.0
"""A pipeline that ingests one span a run and trains on a window of spans, written as TFX's users write it."""

import os

import penstock as tfx
from penstock.proto import example_gen_pb2, range_config_pb2

_HERE = os.path.dirname(os.path.abspath(__file__))


def _create_pipeline(
    pipeline_name: str,
    pipeline_root: str,
    data_root: str,
    metadata_path: str,
    examplegen_range_config: range_config_pb2.RangeConfig,
    resolver_range_config: range_config_pb2.RangeConfig,
) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(
        input_base=data_root,
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name="single_split", pattern="day{SPAN}/*")]
        ),
        range_config=examplegen_range_config,
    )

    # Resolves the data inside the last 'num_spans' (sorted on span number).
    examples_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.SpanRangeStrategy,
        config={"range_config": resolver_range_config},
        examples=tfx.dsl.Channel(
            type=tfx.types.standard_artifacts.Examples, producer_component_id=example_gen.id
        ),
    ).with_id("span_resolver")
    examples_resolver.add_upstream_node(example_gen)

    # The model of the run before, to go on from; there is none in the first run.
    latest_model_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model, producer_component_id="Trainer"),
    ).with_id("latest_model_resolver")

    trainer = tfx.components.Trainer(
        module_file=os.path.join(_HERE, "window_trainer.py"),
        examples=examples_resolver.outputs["examples"],
        base_model=latest_model_resolver.outputs["model"],
        train_args=tfx.proto.TrainArgs(num_steps=1),
        eval_args=tfx.proto.EvalArgs(num_steps=1),
    )

    return tfx.dsl.Pipeline(
        pipeline_name=pipeline_name,
        pipeline_root=pipeline_root,
        components=[example_gen, examples_resolver, latest_model_resolver, trainer],
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            metadata_path
        ),
    )


if __name__ == "__main__":
    span = int(os.environ["SPAN"])
    tfx.orchestration.LocalDagRunner().run(
        _create_pipeline(
            pipeline_name="rolling",
            pipeline_root=os.environ["PIPELINE_ROOT"],
            data_root=os.environ["DATA_ROOT"],
            metadata_path=os.environ["METADATA_PATH"],
            examplegen_range_config=range_config_pb2.RangeConfig(
                static_range=range_config_pb2.StaticRange(start_span_number=span, end_span_number=span)
            ),
            resolver_range_config=range_config_pb2.RangeConfig(
                rolling_range=range_config_pb2.RollingRange(num_spans=2)
            ),
        )
    )
