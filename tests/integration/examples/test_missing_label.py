# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pytest
from component_runs import make_examples

from penstock.errors import DataError
from penstock.examples.accessor import TensorFlowDatasetOptions
from penstock.examples.tf_dataset import make_dataset

pytestmark = pytest.mark.tensorflow

ROWS = pa.table(
    {
        "x": pa.array([1.0, 2.0, 3.0], pa.float32()),
        "void": pa.array([None, None, None], pa.int64()),
        "late": pa.array([None, None, 1], pa.int64()),
    }
)


@pytest.mark.parametrize("format", ["parquet", "tfrecord"])
def test_a_label_that_is_all_missing_is_said(tmp_path: Path, format: Literal["parquet", "tfrecord"]) -> None:
    make_examples(tmp_path / "examples", {"train": ROWS}, format=format)
    split = str(tmp_path / "examples" / "Split-train")

    def first_batch(label: str) -> object:
        options = TensorFlowDatasetOptions(batch_size=3, label_key=label, num_epochs=1, shuffle=False)
        return next(iter(make_dataset(split, options, None)))

    with pytest.raises(DataError, match="label 'void' is missing in all 3 examples; input: label_key"):
        first_batch("void")
    _, label = first_batch("late")  # type: ignore[misc]
    assert label.values.numpy().tolist() == [1]
