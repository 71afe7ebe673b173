# SPDX-License-Identifier: Apache-2.0
"""Executor of BulkInferrer: one job for all splits, or one for each where the results keep splits apart."""

from __future__ import annotations

from penstock.components.bulk_inferrer.checks import result_columns
from penstock.components.bulk_inferrer.component import (
    BulkInferrerInputs,
    BulkInferrerOutputs,
    BulkInferrerParameters,
    BulkInferrerPlan,
    BulkInferrerResult,
    BulkInferrerWork,
    SinkResult,
)
from penstock.components.bulk_inferrer.prediction import Predicted, predict
from penstock.components.bulk_inferrer.sources import known_features
from penstock.components.bulk_inferrer.totals import together
from penstock.inference import sinks
from penstock.runtime.roles import Executor


class BulkInferrerExecutor(
    Executor[
        BulkInferrerInputs, BulkInferrerOutputs, BulkInferrerParameters, BulkInferrerPlan, BulkInferrerResult
    ]
):
    """Predicts, and delivers to the sinks what may be shown."""

    def execute(self, work: BulkInferrerWork) -> BulkInferrerResult:
        _check_sinks(work)
        with predict(work) as predicted:
            summary = together(predicted.summaries)
            if summary.failed_fraction > work.parameters.inference_config.max_failed_fraction:
                return BulkInferrerResult(summary, withheld=True)
            delivered = _deliver(work, predicted)
        return BulkInferrerResult(
            summary, predicted.split_rows, delivered, num_features=predicted.num_features
        )


def _check_sinks(work: BulkInferrerWork) -> None:
    """Refuses sinks that cannot work before a model is loaded."""
    config = work.parameters.inference_config
    columns = result_columns(work.plan, config, known_features(work.plan.splits)) if config.sinks else None
    for sink in config.sinks:
        sinks.check(
            sink,
            columns,
            work.context.project_root,
            key=config.key,
            beam_pipeline_args=work.context.beam_pipeline_args,
        )


def _deliver(work: BulkInferrerWork, predicted: Predicted) -> tuple[SinkResult, ...]:
    context, config = work.context, work.parameters.inference_config
    delivered = []
    for index, sink in enumerate(config.sinks):
        report = sinks.deliver(
            sink,
            predicted.files_of(sink.source),
            project_root=context.project_root,
            run_token=f"{context.pipeline}/{context.run_id}/{context.node_id}/{index}",
            key=config.key,
            component=context.node_id,
            beam_pipeline_args=context.beam_pipeline_args,
        )
        delivered.append(SinkResult(report.destination, report.rows))
    return tuple(delivered)
