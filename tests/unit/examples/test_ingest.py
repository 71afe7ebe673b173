# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from penstock.errors import DataError
from penstock.examples.ingest import Ingested, ReadAgainError, SourceRows, ingest
from penstock.examples.payload import ExamplesFormat
from penstock.examples.reader import ExamplesReader
from penstock.examples.splits import TRAIN_AND_EVAL, SplitRule

RULE = SplitRule(TRAIN_AND_EVAL)


def numbers(*values: object) -> pa.RecordBatch:
    return pa.record_batch([pa.array(values)], ["x"])


def run(
    read: Callable[[], Iterator[SourceRows]],
    uri: Path,
    rule: SplitRule | None = RULE,
    format: ExamplesFormat = "parquet",
    splits: tuple[str, ...] = ("train", "eval"),
) -> Ingested:
    return ingest(read, str(uri), format, splits, rule)


def test_rows_are_shared_out_by_the_rule(tmp_path: Path) -> None:
    def read() -> Iterator[SourceRows]:
        yield SourceRows("in", numbers(*range(50)))
        yield SourceRows("in", numbers(*range(50, 90)))

    reported: list[int] = []
    written = ingest(read, str(tmp_path), "parquet", RULE.names, RULE, reported.append)
    assert list(written.splits) == ["train", "eval"]
    assert sum(split.rows for split in written.splits.values()) == reported[-1] == 90
    assert reported == [50, 90]
    assert written.features.names == ("x",)


def test_input_splits_stay_as_they_are_without_a_rule(tmp_path: Path) -> None:
    def read() -> Iterator[SourceRows]:
        yield SourceRows("b", numbers(1))
        yield SourceRows("a", numbers(2, 3))

    written = run(read, tmp_path, None, splits=("a", "b"))
    assert [(name, split.rows) for name, split in written.splits.items()] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("format", ["parquet", "tfrecord"])
def test_a_source_that_changes_its_mind_leaves_nothing_behind(tmp_path: Path, format: ExamplesFormat) -> None:
    passes: list[int] = []

    def read() -> Iterator[SourceRows]:
        passes.append(len(passes))
        if len(passes) == 1:
            yield SourceRows("old", numbers(1))
            yield SourceRows("train", numbers(*range(100_000)))
            raise ReadAgainError
        yield SourceRows("train", numbers("a", "b"))

    written = run(read, tmp_path, None, format, ("train",))
    assert passes == [0, 1]
    assert written.splits["train"].rows == 2
    assert [path.name for path in tmp_path.glob("Split-*")] == ["Split-train"]
    assert ExamplesReader(str(tmp_path / "Split-train")).num_rows == 2


def test_a_split_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"split '(train|eval)' has no rows.*got: 1 rows in all.*hash_buckets"
    ):
        run(lambda: iter([SourceRows("in", numbers(1))]), tmp_path)
    with pytest.raises(DataError, match=r"split 'b' has no rows.*what is read for that split"):
        run(lambda: iter([SourceRows("a", numbers(1))]), tmp_path / "2", None, splits=("a", "b"))


def test_errors_name_the_file(tmp_path: Path) -> None:
    def read() -> Iterator[SourceRows]:
        yield SourceRows("a", numbers(1), "1.parquet")
        yield SourceRows("a", numbers("x"), "2.parquet")

    with pytest.raises(DataError, match=r"'x' changes its kind.*got: bytes, in 2\.parquet"):
        run(read, tmp_path, None, splits=("a",))
    assert not [path for path in tmp_path.glob("Split-*/*") if not path.name.startswith(".")]
