# SPDX-License-Identifier: Apache-2.0
"""Puts together what was made of the parts of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from penstock.inference.flow import Positions, make_batch
from penstock.inference.schemas import common_schema, concat_arrays, conform


def merged_columns(parts: Sequence[tuple[Positions, pa.RecordBatch]]) -> pa.RecordBatch | None:
    """Returns the columns of all parts, in the order of the rows; ``None`` where there is no part.

    Args:
        parts: Each with the indices of its rows.
    """
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0][1]
    schema = common_schema(part.schema for _, part in parts)
    batches = [conform(part, schema) for _, part in parts]
    columns = [
        concat_arrays([batch.column(index) for batch in batches]) for index in range(len(schema.names))
    ]
    indices = np.concatenate([indices for indices, _ in parts])
    if (np.diff(indices) < 0).any():
        order = pa.array(np.argsort(indices, kind="stable"))
        columns = [column.take(order) for column in columns]
    return make_batch(schema.names, columns, len(indices))


def merged_mask(
    parts: Sequence[tuple[Positions, npt.NDArray[np.bool_]]], kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Returns the masks of all parts as one.

    Args:
        parts: Each with the indices of its rows.
        kept: Rows of the whole batch that the result is for.
    """
    mask = np.zeros(len(kept), dtype=bool)
    for indices, part in parts:
        mask[indices] = part
    return mask[kept]
