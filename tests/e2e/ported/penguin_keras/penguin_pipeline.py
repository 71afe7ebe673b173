# SPDX-License-Identifier: Apache-2.0
"""The penguin tutorial with Keras and TFMA, and a push on condition; only the import of ``tfx`` is another."""

import os

import tensorflow_model_analysis as tfma

from penstock import v1 as tfx

PIPELINE_NAME = "penguin-tfma"
ROOT = os.environ["PENGUIN_ROOT"]
PIPELINE_ROOT = os.path.join(ROOT, "pipelines", PIPELINE_NAME)
METADATA_PATH = os.path.join(ROOT, "metadata", PIPELINE_NAME, "metadata.db")
SERVING_MODEL_DIR = os.path.join(ROOT, "serving_model", PIPELINE_NAME)
DATA_ROOT = os.environ["PENGUIN_DATA"]
LOWER_BOUND = float(os.environ["PENGUIN_LOWER_BOUND"])


def _create_pipeline(
    pipeline_name: str,
    pipeline_root: str,
    data_root: str,
    module_file: str,
    serving_model_dir: str,
    metadata_path: str,
) -> tfx.dsl.Pipeline:
    example_gen = tfx.components.CsvExampleGen(input_base=data_root)

    trainer = tfx.components.Trainer(
        module_file=module_file,
        examples=example_gen.outputs["examples"],
        train_args=tfx.proto.TrainArgs(num_steps=100),
        eval_args=tfx.proto.EvalArgs(num_steps=5),
    )

    model_resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("latest_blessed_model_resolver")

    eval_config = tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="species")],
        slicing_specs=[
            # all of the data, and each species by itself
            tfma.SlicingSpec(),
            tfma.SlicingSpec(feature_keys=["species"]),
        ],
        metrics_specs=[
            tfma.MetricsSpec(
                # the metric that the model was compiled with
                per_slice_thresholds={
                    "sparse_categorical_accuracy": tfma.PerSliceMetricThresholds(
                        thresholds=[
                            tfma.PerSliceMetricThreshold(
                                slicing_specs=[tfma.SlicingSpec()],
                                threshold=tfma.MetricThreshold(
                                    value_threshold=tfma.GenericValueThreshold(
                                        lower_bound={"value": LOWER_BOUND}
                                    ),
                                    change_threshold=tfma.GenericChangeThreshold(
                                        direction=tfma.MetricDirection.HIGHER_IS_BETTER,
                                        absolute={"value": -1e-10},
                                    ),
                                ),
                            )
                        ]
                    ),
                }
            )
        ],
    )
    evaluator = tfx.components.Evaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=model_resolver.outputs["model"],
        eval_config=eval_config,
    )

    with tfx.dsl.Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        pusher = tfx.components.Pusher(
            model=trainer.outputs["model"],
            push_destination=tfx.proto.PushDestination(
                filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_model_dir)
            ),
        )

    components = [example_gen, trainer, model_resolver, evaluator, pusher]

    return tfx.dsl.Pipeline(
        pipeline_name=pipeline_name,
        pipeline_root=pipeline_root,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            metadata_path
        ),
        enable_cache=True,
        components=components,
    )


if __name__ == "__main__":
    tfx.orchestration.LocalDagRunner().run(
        _create_pipeline(
            pipeline_name=PIPELINE_NAME,
            pipeline_root=PIPELINE_ROOT,
            data_root=DATA_ROOT,
            module_file=os.path.join(os.path.dirname(os.path.abspath(__file__)), "penguin_trainer.py"),
            serving_model_dir=SERVING_MODEL_DIR,
            metadata_path=METADATA_PATH,
        )
    )
