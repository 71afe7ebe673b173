# SPDX-License-Identifier: Apache-2.0
"""The penguin example with scikit-learn, as far as Trainer and Pusher; only the import of ``tfx`` is another."""

import os
from typing import List

import absl

from penstock import v1 as tfx

_pipeline_name = "penguin_sklearn_local"

_penguin_root = os.environ["PENGUIN_ROOT"]
_data_root = os.environ["PENGUIN_DATA"]
_trainer_module_file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "penguin_utils_sklearn.py")
_serving_model_dir = os.path.join(_penguin_root, "serving_model", _pipeline_name)
_pipeline_root = os.path.join(_penguin_root, "tfx", "pipelines", _pipeline_name)
_metadata_path = os.path.join(_penguin_root, "tfx", "metadata", _pipeline_name, "metadata.db")

_beam_pipeline_args = [
    "--direct_running_mode=multi_threading",
    "--direct_num_workers=1",
]


def _create_pipeline(
    pipeline_name: str,
    pipeline_root: str,
    data_root: str,
    trainer_module_file: str,
    serving_model_dir: str,
    metadata_path: str,
    beam_pipeline_args: List[str],
) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)

    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])

    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"], infer_feature_shape=True
    )

    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )

    trainer = tfx.components.Trainer(
        module_file=trainer_module_file,
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        train_args=tfx.proto.TrainArgs(num_steps=2000),
        eval_args=tfx.proto.EvalArgs(),
    )

    model_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model_resolver")

    pusher = tfx.components.Pusher(
        model=trainer.outputs["model"],
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_model_dir)
        ),
    )

    return tfx.dsl.Pipeline(
        pipeline_name=pipeline_name,
        pipeline_root=pipeline_root,
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            trainer,
            model_resolver,
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            metadata_path
        ),
        beam_pipeline_args=beam_pipeline_args,
    )


if __name__ == "__main__":
    absl.logging.set_verbosity(absl.logging.INFO)
    tfx.orchestration.LocalDagRunner().run(
        _create_pipeline(
            pipeline_name=_pipeline_name,
            pipeline_root=_pipeline_root,
            data_root=_data_root,
            trainer_module_file=_trainer_module_file,
            serving_model_dir=_serving_model_dir,
            metadata_path=_metadata_path,
            beam_pipeline_args=_beam_pipeline_args,
        )
    )
