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
)
from penstock.components.bulk_inferrer.prediction import predict
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
            config = work.parameters.inference_config
            delivered = sinks.deliver_all(config.sinks, predicted.files_of, config.key, work.context)
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
