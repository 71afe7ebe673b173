# SPDX-License-Identifier: Apache-2.0
"""Publisher of StatisticsGen."""

from __future__ import annotations

import json

from penstock.components.statistics_gen.component import (
    StatisticsGenInputs,
    StatisticsGenOutputs,
    StatisticsGenParameters,
    StatisticsGenPlan,
    StatisticsGenResult,
    StatisticsGenWork,
)
from penstock.runtime.roles import ArtifactRecord, Publisher, Record


class StatisticsGenPublisher(
    Publisher[
        StatisticsGenInputs,
        StatisticsGenOutputs,
        StatisticsGenParameters,
        StatisticsGenPlan,
        StatisticsGenResult,
    ]
):
    """Records rows and features by split."""

    def describe(self, work: StatisticsGenWork, result: StatisticsGenResult) -> Record:
        statistics = ArtifactRecord(
            properties={"span": work.plan.span, "split_names": json.dumps(list(work.plan.splits))},
            custom_properties={
                "span": work.plan.span,
                "stats_dashboard_link": "",
                "rows": {split: found.rows for split, found in result.splits.items()},
                "features": {split: found.features for split, found in result.splits.items()},
            },
        )
        return Record(
            artifacts={"statistics": [statistics]}, rows=sum(found.rows for found in result.splits.values())
        )
