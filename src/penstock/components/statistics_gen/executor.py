# SPDX-License-Identifier: Apache-2.0
"""Executor of StatisticsGen: TFDV statistics, split by split."""

from __future__ import annotations

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

from penstock import files
from penstock.components.statistics_gen.component import (
    SplitStatistics,
    StatisticsGenInputs,
    StatisticsGenOutputs,
    StatisticsGenParameters,
    StatisticsGenPlan,
    StatisticsGenResult,
    StatisticsGenWork,
)
from penstock.errors import DataError
from penstock.runtime.roles import Executor
from penstock.statistics.computing import compute_statistics
from penstock.statistics.files import read_schema, write_statistics
from penstock.statistics.options import parse_options, with_schema
from penstock.statistics.readers import split_reader
from penstock.statistics.splits import split_folders


class StatisticsGenExecutor(
    Executor[
        StatisticsGenInputs,
        StatisticsGenOutputs,
        StatisticsGenParameters,
        StatisticsGenPlan,
        StatisticsGenResult,
    ]
):
    """Computes and writes the statistics of each split."""

    def execute(self, work: StatisticsGenWork) -> StatisticsGenResult:
        schema = read_schema(work.inputs.schema.uri) if work.inputs.schema else None
        options = with_schema(parse_options(work.parameters.stats_options), schema)
        written: dict[str, SplitStatistics] = {}
        for split in work.plan.splits:
            statistics = _split_statistics(work, split, options, sum(s.rows for s in written.values()))
            write_statistics(files.join(work.outputs.statistics.uri, f"Split-{split}"), statistics)
            written[split] = SplitStatistics(
                rows=int(statistics.datasets[0].num_examples), features=len(statistics.datasets[0].features)
            )
        return StatisticsGenResult(written)


def _split_statistics(
    work: StatisticsGenWork, split: str, options: tfdv.StatsOptions, rows_before: int
) -> statistics_pb2.DatasetFeatureStatisticsList:
    context = work.context
    statistics = compute_statistics(
        split_reader(split_folders(work.inputs.examples, split), split),
        options,
        temp_dir=files.join(work.outputs.statistics.uri, ".temp", split),
        beam_pipeline_args=context.beam_pipeline_args,
        report=lambda rows: context.report(rows=rows_before + rows),
    )
    if not statistics.datasets or not statistics.datasets[0].num_examples:
        raise DataError(
            f"no row of split {split!r} is left to compute statistics of",
            input=split,
            expected="at least one row",
            got=f"sample_rate={options.sample_rate}",
            hint="raise sample_rate",
        )
    return statistics
