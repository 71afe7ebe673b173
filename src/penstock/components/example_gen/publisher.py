# SPDX-License-Identifier: Apache-2.0
"""Publisher of ExampleGens that read files."""

from __future__ import annotations

import json
from typing import Any

from penstock.artifacts.artifact import PropertyValue
from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    ExampleGenResult,
)
from penstock.components.example_gen.driver import source_properties
from penstock.examples.payload import PAYLOADS, SPLIT_ALGORITHM
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class FileBasedExampleGenPublisher(
    Publisher[Any, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan, ExampleGenResult]
):
    """Records span, version, splits, fingerprint, formats, and rows and bytes by split."""

    def describe(self, work: Work[Any, Any, Any, ExampleGenPlan], result: ExampleGenResult) -> Record:
        plan = work.plan
        declared: dict[str, PropertyValue] = {
            "span": plan.source.span,
            "split_names": json.dumps(list(plan.splits)),
        }
        if plan.source.version is not None:
            declared["version"] = plan.source.version
        custom: dict[str, PropertyValue] = {
            **source_properties(plan.source),
            **PAYLOADS[plan.examples_format].properties(),
            "rows": {name: split.rows for name, split in result.splits.items()},
            "bytes": {name: split.bytes for name, split in result.splits.items()},
            "features": result.features,
        }
        if plan.rule is not None:
            custom[SPLIT_ALGORITHM] = plan.rule.algorithm
        rows = sum(split.rows for split in result.splits.values())
        return Record(
            artifacts={"examples": [ArtifactRecord(properties=declared, custom_properties=custom)]}, rows=rows
        )
