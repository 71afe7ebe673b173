# SPDX-License-Identifier: Apache-2.0
"""Publisher of ExampleGens that read files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock.artifacts.artifact import PropertyValue
from penstock.components.example_gen.component import (
    ExampleGenOutputs,
    ExampleGenParameters,
    ExampleGenPlan,
    ExampleGenResult,
)
from penstock.components.example_gen.driver import source_properties
from penstock.examples.payload import PAYLOADS, SPAN, SPLIT_ALGORITHM, VERSION, ExamplesFormat
from penstock.examples.splits import SplitRule
from penstock.runtime.roles import ArtifactRecord, Publisher, Record, Work


class FileBasedExampleGenPublisher(
    Publisher[Any, ExampleGenOutputs, ExampleGenParameters, ExampleGenPlan, ExampleGenResult]
):
    """Records span, version, splits, fingerprint, formats, and rows and bytes by split."""

    def describe(self, work: Work[Any, Any, Any, ExampleGenPlan], result: ExampleGenResult) -> Record:
        plan = work.plan
        return examples_record(source_properties(plan.source), plan.examples_format, plan.rule, result)


def examples_record(
    source: Mapping[str, PropertyValue],
    examples_format: ExamplesFormat,
    rule: SplitRule | None,
    result: ExampleGenResult,
) -> Record:
    """Returns what to record of examples that were made.

    Args:
        source: Custom properties that say where they come from; span and version are declared properties too.
        examples_format: Format that they were written in.
        rule: How rows were shared out, if they were.
        result: What the executor reported, with the splits in order.
    """
    declared: dict[str, PropertyValue] = {"split_names": json.dumps(list(result.splits))}
    declared.update({name: source[name] for name in (SPAN, VERSION) if name in source})
    custom: dict[str, PropertyValue] = {
        **source,
        **PAYLOADS[examples_format].properties(),
        "rows": {name: split.rows for name, split in result.splits.items()},
        "bytes": {name: split.bytes for name, split in result.splits.items()},
        "features": result.features,
    }
    if rule is not None:
        custom[SPLIT_ALGORITHM] = rule.algorithm
    rows = sum(split.rows for split in result.splits.values())
    return Record(
        artifacts={"examples": [ArtifactRecord(properties=declared, custom_properties=custom)]}, rows=rows
    )
