# SPDX-License-Identifier: Apache-2.0
"""Will a delivery be late? From a history of deliveries to a blessed model, for nightly batches and streams to use.

The pipeline trains boosted trees with XGBoost and blesses them if they are right often enough, and not less often than
the last model that was blessed::

    penstock run pipelines/late_deliveries.py
    penstock run pipelines/late_deliveries.py --param trees=200       # another candidate
    penstock infer configs/inference/nightly.yaml                     # predicts with the newest blessed model
    penstock infer configs/inference/stream.yaml --stream             # predicts what arrives, and follows the pipeline

``docs/how-to/inference.md`` walks through it.
"""

from __future__ import annotations

from penstock.components import CsvExampleGen, Evaluator, Trainer
from penstock.dsl import Channel, Pipeline, Resolver
from penstock.dsl.experimental import LatestBlessedModelStrategy
from penstock.proto import evaluation
from penstock.types.standard_artifacts import Model, ModelBlessing


def create_pipeline(
    history: str = "data/deliveries/history", trees: int = 60, least_accuracy: float = 0.75
) -> Pipeline:
    """Returns the pipeline.

    Args:
        history: Folder of CSV files with deliveries and what came of them.
        trees: Number of trees.
        least_accuracy: Share of the deliveries that a model must judge rightly to be blessed.
    """
    examples = CsvExampleGen(input_base=history)
    trainer = Trainer(
        examples=examples.outputs["examples"],
        run_fn="modules.deliveries.lateness.train_boosted",
        custom_config={"trees": trees},
    )
    baseline = Resolver(
        LatestBlessedModelStrategy, model=Channel(type=Model), model_blessing=Channel(type=ModelBlessing)
    ).with_id("latest_blessed_model")
    evaluator = Evaluator(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=baseline.outputs["model"],
        eval_config=_eval_config(least_accuracy),
    )
    return Pipeline("late_deliveries", components=[examples, trainer, baseline, evaluator], enable_cache=True)


def _eval_config(least_accuracy: float) -> evaluation.EvalConfig:
    """Accuracy on all deliveries and by depot; on all of them it must be good, and not below the model before."""
    everything = evaluation.SlicingSpec()
    good = evaluation.MetricThreshold(
        value_threshold=evaluation.GenericValueThreshold(lower_bound=least_accuracy),
        change_threshold=evaluation.GenericChangeThreshold(
            direction=evaluation.MetricDirection.HIGHER_IS_BETTER, absolute=-0.02
        ),
    )
    accuracy = evaluation.MetricConfig(
        class_name="BinaryAccuracy",
        per_slice_thresholds=[evaluation.PerSliceMetricThreshold(slicing_specs=[everything], threshold=good)],
    )
    return evaluation.EvalConfig(
        model_specs=[evaluation.ModelSpec(label_key="late", prediction_key="label")],
        slicing_specs=[everything, evaluation.SlicingSpec(feature_keys=["depot"])],
        metrics_specs=[
            evaluation.MetricsSpec(metrics=[evaluation.MetricConfig(class_name="ExampleCount"), accuracy])
        ],
    )
