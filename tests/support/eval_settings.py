# SPDX-License-Identifier: Apache-2.0
"""Settings of evaluations, and examples to evaluate on, as short as tests want them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

ROWS = 400


def config(*metrics: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "model_specs": [{"label_key": "tip"}],
        "slicing_specs": [{}, {"feature_keys": ["hour"]}],
        "metrics_specs": [{"metrics": [{"class_name": "ExampleCount"}, *metrics]}],
        **more,
    }


def accuracy(**threshold: Any) -> dict[str, Any]:
    return (
        {"class_name": "BinaryAccuracy", "threshold": threshold}
        if threshold
        else {"class_name": "BinaryAccuracy"}
    )


def per_slice(slicing: dict[str, Any], **threshold: Any) -> dict[str, Any]:
    return {
        "class_name": "BinaryAccuracy",
        "per_slice_thresholds": [{"slicing_specs": [slicing], "threshold": threshold}],
    }


CHANGE = {"change_threshold": {"absolute": 0.5, "direction": "HIGHER_IS_BETTER"}}


def examples_of(world: Any) -> pa.Table:
    from penstock.examples.reader import ExamplesReader

    return pa.Table.from_batches(ExamplesReader(f"{world.parquet}/Split-eval").batches())


def stored(tmp_path: Path, table: pa.Table) -> str:
    from penstock.examples.kinds import FeatureSet, FeatureSpec
    from penstock.examples.writer import ExamplesWriter

    uri = str(tmp_path / "stored")
    with ExamplesWriter(uri, FeatureSet((FeatureSpec("tip", "int"),))) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write("eval", batch)
    return uri
