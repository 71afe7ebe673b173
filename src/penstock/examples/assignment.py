# SPDX-License-Identifier: Apache-2.0
"""Shares out rows among splits, as a :class:`~penstock.examples.splits.SplitRule` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.errors import DataError, did_you_mean
from penstock.examples.hashing import hash_feature, hash_rows
from penstock.examples.layout import is_list, kind_of, list_parts
from penstock.examples.splits import SplitRule
from penstock.examples.tfx_hash import bucket_feature, bucket_records, bucket_rows


def split_batch(
    batch: pa.RecordBatch, rule: SplitRule, records: Sequence[bytes] | None = None
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yields the rows of each split that has some, in their order; see :func:`assign`.

    Raises:
        DataError: The feature to split by is not there, is missing in a row, or is of floats.
    """
    chosen = assign(batch, rule, records)
    for index, name in enumerate(rule.names):
        rows = np.flatnonzero(chosen == index)
        if len(rows) == batch.num_rows:
            yield name, batch
        elif len(rows):
            yield name, batch.take(pa.array(rows))


def assign(
    batch: pa.RecordBatch, rule: SplitRule, records: Sequence[bytes] | None = None
) -> npt.NDArray[np.int64]:
    """Returns, for each row, the index of its split in ``rule.names``.

    Args:
        batch: The rows, in either layout.
        rule: How to share them out.
        records: The same rows as they were serialized by someone else: ``tfx-sha256`` of whole rows is then that of
            these records, which may leave out features that others have.

    Raises:
        DataError: The feature to split by is not there, is missing in a row, or is of floats.
    """
    ends = np.cumsum([share.buckets for share in rule.shares])
    return np.asarray(np.searchsorted(ends, _buckets(batch, rule, records), side="right"))


def _buckets(
    batch: pa.RecordBatch, rule: SplitRule, records: Sequence[bytes] | None
) -> npt.NDArray[np.int64]:
    total = rule.total_buckets
    if rule.feature is None:
        if rule.algorithm == "tfx-sha256":
            found = bucket_rows(batch, total) if records is None else bucket_records(records, total)
            return np.array(found, dtype=np.int64)
        return (hash_rows(batch) % np.uint64(total)).astype(np.int64)
    column = _partition_column(batch, rule.feature)
    if rule.algorithm == "tfx-sha256":
        return np.array(bucket_feature(column, total), dtype=np.int64)
    return (hash_feature(column) % np.uint64(total)).astype(np.int64)


def _partition_column(batch: pa.RecordBatch, name: str) -> pa.Array:
    index = batch.schema.get_field_index(name)
    if index < 0:
        raise DataError(
            f"there is no feature {name!r} to split by",
            input="partition_feature_name",
            hint=did_you_mean(name, batch.schema.names),
        )
    column = batch.column(index)
    if kind_of(column.type) == "float":
        raise DataError(
            f"feature {name!r} cannot be split by",
            input="partition_feature_name",
            expected="a feature of ints or bytes",
            got="floats",
            hint="floats that should agree often do not, quite; use an id",
        )
    if column.null_count or (is_list(column.type) and np.any(np.diff(list_parts(column)[0]) == 0)):
        raise DataError(
            f"feature {name!r} has no value in some row and cannot be split by",
            input="partition_feature_name",
            hint="split by a feature that every row has, or fill it where the data is made",
        )
    return column
