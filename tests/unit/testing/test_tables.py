# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.examples.reader import ExamplesReader
from penstock.testing.tables import to_arrow, to_columns, write_examples

COLUMNS = {
    "a": [1, None, 3],
    "b": [0.5, 1.5, None],
    "c": ["x", None, "y"],
    "d": [True, False, None],
    "e": [[1], [], [2, 3]],
}


@pytest.mark.parametrize(
    "table",
    [
        COLUMNS,
        pa.table(COLUMNS),
        pa.RecordBatch.from_pydict(COLUMNS),
        pa.concat_tables([pa.table(COLUMNS).slice(0, 1), pa.table(COLUMNS).slice(1)]),
    ],
    ids=["dictionary", "table", "batch", "chunks"],
)
def test_every_kind_of_table_becomes_one_batch(table: Any) -> None:
    assert to_arrow(table).to_pydict() == {**COLUMNS, "d": [1, 0, None]}


def test_a_data_frame_has_no_index_column_and_missing_values_stay_missing() -> None:
    frame = pd.DataFrame({"x": [1.5, float("nan")], "y": ["a", None]}, index=[7, 8])
    assert to_arrow(frame).to_pydict() == {"x": [1.5, None], "y": ["a", None]}


@pytest.mark.parametrize("wrong", [{"a": [1], "b": [1, 2]}, {"a": [1, "x"]}, [1, 2], "a.csv"])
def test_what_is_no_table_is_refused(wrong: Any) -> None:
    with pytest.raises(DataError, match="this is not a table"):
        to_arrow(wrong)


@pytest.mark.parametrize("form", ["parquet", "tfrecord"])
def test_examples_come_back_as_they_were(tmp_path: Path, form: Any) -> None:
    if form == "tfrecord":
        pytest.importorskip("tfx_bsl")
    write_examples(str(tmp_path), {"train": COLUMNS, "eval": {"a": [9]}}, form)
    reader = ExamplesReader(str(tmp_path / "Split-train"))
    assert reader.num_rows == 3
    (batch,) = reader.batches()
    assert to_columns(batch).to_pydict() == {**COLUMNS, "d": [1, 0, None]}
