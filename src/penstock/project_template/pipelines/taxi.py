# SPDX-License-Identifier: Apache-2.0
"""Will a taxi trip end with a big tip? From CSV files to a pushed model.

Run it from the project's folder::

    penstock run pipelines/taxi.py                                      # the latest span in data/taxi
    penstock run pipelines/taxi.py --config configs/local/taxi.yaml     # what `make run` does
    penstock run pipelines/taxi.py --param data_root=/data/my-trips --param train_steps=5000

The first run blesses a model that is good enough; later ones push a model only where it is no worse than the last
one that was blessed.
"""

from __future__ import annotations

from pathlib import Path

from components.drift_gate.component import DriftGate
from penstock import proto
from penstock.components import (
    CsvExampleGen,
    Evaluator,
    ExampleValidator,
    Pusher,
    SchemaGen,
    StatisticsGen,
    Trainer,
    Transform,
)
from penstock.dsl import Channel, Pipeline, Resolver
from penstock.dsl.experimental import LatestBlessedModelStrategy
from penstock.proto import evaluation
from penstock.types.standard_artifacts import Model, ModelBlessing

PROJECT = Path(__file__).resolve().parents[1]
SPANS = "span-{SPAN}"


def create_pipeline(
    data_root: str = "data/taxi",
    span: int | None = None,
    train_steps: int = 1000,
    eval_steps: int = 100,
    serving_dir: str = ".penstock/serving/taxi",
) -> Pipeline:
    """Returns the pipeline.

    Args:
        data_root: Folder of CSV files, or of folders ``span-1``, ``span-2`` … of these.
        span: Which span to run on; the latest where it is not given.
        train_steps: Number of training steps, of 40 trips each.
        eval_steps: Number of evaluation steps after training.
        serving_dir: Folder that the model is pushed to, for a server to pick up.
    """
    examples = _examples(data_root, span)
    statistics = StatisticsGen(examples=examples.outputs["examples"])
    schema = SchemaGen(statistics=statistics.outputs["statistics"], infer_feature_shape=False)
    validator = ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    drift = DriftGate(statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"])
    transform = Transform(
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        module_file="modules/taxi/preprocessing.py",
    )
    trainer = Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        schema=schema.outputs["schema"],
        module_file="modules/taxi/trainer.py",
        train_args=proto.TrainArgs(num_steps=train_steps),
        eval_args=proto.EvalArgs(num_steps=eval_steps),
    )
    baseline = Resolver(
        LatestBlessedModelStrategy, model=Channel(type=Model), model_blessing=Channel(type=ModelBlessing)
    ).with_id("latest_blessed_model")
    evaluator = Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=baseline.outputs["model"],
        eval_config=_eval_config(),
    )
    pusher = Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        push_destination=proto.PushDestination(
            filesystem=proto.PushDestination.Filesystem(base_directory=serving_dir)
        ),
    )
    return Pipeline(
        pipeline_name="taxi",
        components=[
            examples, statistics, schema, validator, drift, transform, trainer, baseline, evaluator, pusher,
        ],
        enable_cache=True,
    )  # fmt: skip


def _examples(data_root: str, span: int | None) -> CsvExampleGen:
    has_spans = any((PROJECT / data_root).glob(SPANS.format(SPAN="*")))
    if not has_spans and span is not None:
        raise ValueError(f"{data_root} has no folders named span-…, so there is no span {span} in it")
    pattern = f"{SPANS}/*.csv" if has_spans else "*.csv"
    one_span = proto.StaticRange(start_span_number=span or 0, end_span_number=span or 0)
    return CsvExampleGen(
        input_base=data_root,
        input_config=proto.Input(splits=[proto.Input.Split(name="trips", pattern=pattern)]),
        range_config=None if span is None else proto.RangeConfig(static_range=one_span),
    )


def _eval_config() -> evaluation.EvalConfig:
    """Metrics on all trips and by hour; on all trips a model must be good, and no worse than the one before."""
    all_trips = evaluation.SlicingSpec()
    good = evaluation.MetricThreshold(
        value_threshold=evaluation.GenericValueThreshold(lower_bound=0.6),
        change_threshold=evaluation.GenericChangeThreshold(
            direction=evaluation.MetricDirection.HIGHER_IS_BETTER, absolute=-1e-10
        ),
    )
    accuracy = evaluation.MetricConfig(
        class_name="BinaryAccuracy",
        per_slice_thresholds=[evaluation.PerSliceMetricThreshold(slicing_specs=[all_trips], threshold=good)],
    )
    return evaluation.EvalConfig(
        model_specs=[
            evaluation.ModelSpec(
                signature_name="serving_default",
                label_key="big_tip",
                preprocessing_function_names=["transform_features"],
            )
        ],
        slicing_specs=[all_trips, evaluation.SlicingSpec(feature_keys=["trip_start_hour"])],
        metrics_specs=[
            evaluation.MetricsSpec(
                metrics=[
                    evaluation.MetricConfig(class_name="ExampleCount"),
                    accuracy,
                    evaluation.MetricConfig(class_name="AUC"),
                ]
            )
        ],
    )
